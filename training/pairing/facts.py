"""What was paired, for model cards: ``pairing.json`` in a prepared folder."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from training.prepared import write_json

_FILE = "pairing.json"


@dataclass(frozen=True, slots=True)
class Pairing:
    """One run of `training.pairing.pair`."""

    texts: str
    """The file's name."""
    sources: tuple[str, ...]
    """Of the texts, where only some were taken."""
    count: int
    """How many different texts with words that could be learned there were."""
    photos: int
    """That were given some of them."""
    keep: int
    """Texts that each was given."""
    network: str
    """That looked at the photos."""
    dev_cider: Mapping[str, float]
    """Of the first text that each dev photo would be given, by dataset."""

    def __str__(self) -> str:
        """As model cards tell of it."""
        return (
            f"{self.photos:,} photos with few captions or none, to each of which {self.keep} of "
            f"{self.count:,} captions of other photos ({self.texts}) were matched by what "
            f"{self.network} sees in it"
        )


def save_pairing(prepared: Path, pairing: Pairing) -> None:
    """Note in a prepared folder what was paired."""
    write_json(prepared / _FILE, asdict(pairing))


def load_pairing(prepared: Path) -> Pairing | None:
    """What `save_pairing` wrote; None where nothing was paired."""
    path = prepared / _FILE
    if not path.is_file():
        return None
    document = json.loads(path.read_text(encoding="utf-8"))
    return Pairing(**document | {"sources": tuple(document["sources"])})
