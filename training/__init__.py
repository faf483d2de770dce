"""Datasets in, checkpoints and scores out."""
