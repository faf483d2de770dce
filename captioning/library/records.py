"""What is kept of one photo of a library: enough to write every kind of output from."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from captioning.captioner import Caption


class Sidecar(StrEnum):
    """Kinds of files beside a photo."""

    TXT = "txt"
    """IMG_1.txt: every caption on a line, as data sets have them."""
    XMP = "xmp"
    """IMG_1.jpg.xmp, as photo programs read it: the caption that is likeliest to fit."""


@dataclass(frozen=True, slots=True)
class Said:
    """One caption by one model."""

    model: str
    version: str
    text: str
    words: tuple[str, ...]
    log_probability: float
    confidence: float | None

    @classmethod
    def of(cls, caption: "Caption") -> "Said":
        return cls(
            model=caption.model,
            version=caption.version,
            text=caption.text,
            words=tuple(caption.words),
            log_probability=caption.log_probability,
            confidence=caption.confidence,
        )


@dataclass(frozen=True, slots=True)
class Record:
    """A photo with its captions, or with the error that there was instead."""

    file: str
    """The name as it was given, or as the folder that was given leads to it."""
    captions: tuple[Said, ...] = ()
    error: str | None = None
    stamp: tuple[int, int] | None = None
    """Size in bytes and time of the last change in nanoseconds: another one is another photo."""
    thumbnail: str = ""
    """A small WebP of it in base64; empty where no gallery was asked for."""
    size: tuple[int, int] = (0, 0)
    """Width and height of the thumbnail in pixels."""
    beside: tuple[str, ...] = ()
    """What was written beside the photo, or into it: values of `Sidecar`, "embed", and those that
    something is in the way of."""

    def ranked(self) -> list[Said]:
        """The captions, the one that is likeliest to fit first."""
        return sorted(self.captions, key=lambda said: -(said.confidence or 0.0))

    def document(self) -> dict[str, Any]:
        """As JSON can hold it; `record_of` reads it."""
        return asdict(self)


def record_of(document: dict[str, Any]) -> Record:
    """The record of a `document`.

    Raises:
        KeyError, TypeError: it is none.
    """
    captions = tuple(
        Said(**{**said, "words": tuple(said["words"])}) for said in document["captions"]
    )
    stamp = document["stamp"]
    return Record(
        **{
            **document,
            "captions": captions,
            "stamp": None if stamp is None else (stamp[0], stamp[1]),
            "size": (document["size"][0], document["size"][1]),
            "beside": tuple(document["beside"]),
        }
    )


def public(file: str, captions: Sequence[Said], error: str | None) -> dict[str, object]:
    """What `caption --json` and a .jsonl tell of a photo."""
    if error is not None:
        return {"file": file, "error": error}
    return {"file": file, "captions": [asdict(said) for said in captions]}
