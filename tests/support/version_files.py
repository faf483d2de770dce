"""Files of versions, and models of them that answer at once."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from checkpoints import small_checkpoint
from fakes import SmallCaptioner

from captioning.card import read_card

MOBILENET, RESNET = "mobilenet-attention", "resnet34-lstm"


def checkpoint_file(path: Path, version: str = "0.7.0", name: str = MOBILENET) -> Path:
    """A real checkpoint, whose card says a version."""
    checkpoint = small_checkpoint(name)
    checkpoint.card = replace(checkpoint.card, version=version)
    checkpoint.save(path)
    return path


def quick_load(path: Path) -> Any:
    """A captioner with the version that a checkpoint has, and no other weights."""
    card = read_card(path)
    captioner = SmallCaptioner(card.model)
    captioner.version = card.version
    captioner.fingerprint = f"weights-of-{card.version}"
    return captioner
