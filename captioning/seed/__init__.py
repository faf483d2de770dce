"""The checkpoints of the repository this project grew from: read safely, and run as they are."""
