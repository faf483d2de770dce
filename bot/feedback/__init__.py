"""What people say about captions, and the photos that are kept because of it."""
