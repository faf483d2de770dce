"""Datasets as records: one photo with its captions, whatever layout they came in."""

from training.datasets.layouts import Dataset, load_dataset, open_dataset
from training.datasets.records import SPLITS, DatasetError, Record, canonical_split
from training.datasets.texts import Text, read_texts

__all__ = [
    "SPLITS",
    "Dataset",
    "DatasetError",
    "Record",
    "Text",
    "canonical_split",
    "load_dataset",
    "open_dataset",
    "read_texts",
]
