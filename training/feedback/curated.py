"""A curated dataset before it is written, and the rules that it was made by."""

from collections.abc import Mapping
from dataclasses import dataclass

from training.datasets import SPLITS
from training.feedback.agreement import Person
from training.feedback.export_reader import Export
from training.feedback.near_duplicates import NEAR
from training.feedback.text_filters import MAX_WORDS, MIN_WORDS, Reason


@dataclass(frozen=True, slots=True)
class Rules:
    """What a dataset is made by; its manifest names them."""

    min_likes: int = 2
    """So many trusted people must like a model's caption, and more than dislike it."""
    min_trust: float = 0.5
    """Whoever is trusted less takes no part: see `training.feedback.agreement`."""
    min_words: int = MIN_WORDS
    max_words: int = MAX_WORDS
    near: int = NEAR
    """Bits of 128 that the perceptual hashes of a photo and its near-duplicate may differ in."""
    dev_percent: int = 10
    test_percent: int = 10
    """How much of the photos is held out, by their hashes."""
    min_preference: float = 0.5
    """How likely the better caption of a pair must be good and the other one not."""
    pairs_per_photo: int = 8

    def split(self, sha256: str) -> str:
        """The split of a photo: the same in every dataset, whatever else is in it."""
        place = int(sha256[:12], 16) % 100
        train, dev, test = SPLITS
        if place < self.dev_percent:
            return dev
        return test if place < self.dev_percent + self.test_percent else train


@dataclass(frozen=True, slots=True)
class KeptCaption:
    """A text to learn from."""

    text: str
    weight: float
    """From 0 to 1: how sure people are of it."""
    source: str
    """``correction`` or ``liked``."""
    likes: int = 0
    dislikes: int = 0

    @property
    def kind(self) -> str:
        """Of the export's lines that it comes from: ``correction`` or ``caption``."""
        return "correction" if self.source == "correction" else "caption"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two texts about one photo, of which people prefer one."""

    chosen: str
    rejected: str
    weight: float
    """From 0 to 1: how likely the one is good and the other is not."""


@dataclass(frozen=True, slots=True)
class KeptPhoto:
    """A photo of the dataset."""

    sha256: str
    split: str
    captions: tuple[KeptCaption, ...]
    """The surest first; none for a photo of which only preferences are known."""
    pairs: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class Dropped:
    """A text that is not in the dataset."""

    reason: Reason
    text: str
    kind: str
    """``caption`` or ``correction``."""
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Curated:
    """A dataset before it is written."""

    exports: tuple[Export, ...]
    """The newest first: its lines count; photos may come from any."""
    rules: Rules
    photos: tuple[KeptPhoto, ...]
    dropped: tuple[Dropped, ...]
    people: Mapping[str, Person]
    new_words: Mapping[str, int]
    """Words of kept captions that the models do not know, and in how many captions each stands."""

    def photo(self, sha256: str) -> bytes:
        """The bytes of a photo of the dataset."""
        return next(export.photos[sha256] for export in self.exports if sha256 in export.photos)
