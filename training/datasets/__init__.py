"""Datasets as records: one photo with its captions, whatever layout they came in."""

from training.datasets.layouts import Dataset, load_dataset, open_dataset
from training.datasets.records import (
    SPLITS,
    DatasetError,
    MissingPhotoError,
    Record,
    canonical_split,
    leaving_out_missing,
)
from training.datasets.texts import Text, read_texts

__all__ = [
    "SPLITS",
    "Dataset",
    "DatasetError",
    "MissingPhotoError",
    "Record",
    "Text",
    "canonical_split",
    "leaving_out_missing",
    "load_dataset",
    "open_dataset",
    "read_texts",
]
