"""Image bytes in, captions out."""
