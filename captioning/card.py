"""What a checkpoint says of itself, readable without torch."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from captioning.errors import CaptioningError

FORMAT_VERSION = 1
METADATA_KEY = "captionbot"
"""Under which a file's metadata holds its JSON document."""


class CheckpointError(CaptioningError):
    """A file is no checkpoint of ours, or does not fit the architecture it names."""


@dataclass(frozen=True, slots=True)
class Card:
    """What people should know of a trained model."""

    model: str
    """The model's name, one word."""
    version: str
    training_data: str = ""
    licence: str = ""
    steps: int = 0
    scores: Mapping[str, float] = field(default_factory=dict)
    """Scores on the dev split, ×100, free-running."""
    notes: str = ""


def read_card(path: Path) -> Card:
    """A checkpoint's card alone, without its weights.

    Raises:
        CheckpointError: saying what is wrong with the file.
    """
    try:
        return Card(**read_document(path)["card"])
    except (KeyError, TypeError) as error:
        raise CheckpointError(f"the metadata of {path} is damaged: {error}") from error


def read_document(path: Path) -> dict[str, Any]:
    """All that a checkpoint says beside its weights.

    Raises:
        CheckpointError: saying what is wrong with the file, or that it is of another format.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata()
    except FileNotFoundError as error:
        raise CheckpointError(f"there is no checkpoint at {path}") from error
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path} is not a readable safetensors file: {error}") from error
    return parse_document(path, (metadata or {}).get(METADATA_KEY))


def parse_document(path: Path, metadata: str | None) -> dict[str, Any]:
    """The JSON document of a checkpoint, of the one format that this version reads.

    Raises:
        CheckpointError: when it is missing, damaged or of another format.
    """
    if metadata is None:
        raise CheckpointError(f"{path} holds weights, but not of a captionbot model")
    try:
        document: dict[str, Any] = json.loads(metadata)
        found = document["format"]
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"the metadata of {path} is damaged: {error}") from error
    if found != FORMAT_VERSION:
        raise CheckpointError(
            f"{path} has checkpoint format {found}, "
            f"this version of captionbot reads format {FORMAT_VERSION}"
        )
    return document
