"""What a person decided about the captions of a dataset of one's own, in a file beside it.

``review.json`` holds one decision for each caption that was looked at::

    {"format": 1, "decisions": [
        {"image": "photos/1.jpg", "caption": "A dgo runs.", "action": "fix", "text": "A dog runs."},
        {"image": "photos/1.jpg", "caption": "A dog.", "action": "keep"}, …]}

The captions themselves stay as they are, so that a decision can be taken back, and a dataset that
is curated again keeps what was decided about the captions that are still in it.
"""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from training.datasets.records import DatasetError, checked_caption, entries, field, read_json

FILE = "review.json"
KEEP, FIX, DROP = "keep", "fix", "drop"
ACTIONS = (KEEP, FIX, DROP)

_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one caption."""

    action: str
    """One of `ACTIONS`."""
    text: str = ""
    """What it reads after a fix."""


class Decisions:
    """Decisions by the photo's name and the caption as it was before any fix."""

    def __init__(self, made: Mapping[tuple[str, str], Decision] | None = None) -> None:
        self.made = dict(made or {})

    def text(self, name: str, caption: str) -> str | None:
        """What a caption reads now; None when it was dropped."""
        decision = self.made.get((name, caption))
        if decision is None or decision.action == KEEP:
            return caption
        return decision.text if decision.action == FIX else None

    def among(self, captions: Iterable[tuple[str, str]]) -> "Decisions":
        """Those about the given captions only."""
        known = set(captions)
        return Decisions({key: made for key, made in self.made.items() if key in known})

    def save(self, folder: Path) -> None:
        """Write them so that whatever happens the file holds either the old or the new ones."""
        document = {
            "format": _FORMAT,
            "decisions": [
                {"image": name, "caption": caption, "action": decision.action}
                | ({"text": decision.text} if decision.action == FIX else {})
                for (name, caption), decision in self.made.items()
            ],
        }
        with NamedTemporaryFile(
            "w", encoding="utf-8", dir=folder, prefix=f".{FILE}-", delete=False
        ) as file:
            try:
                json.dump(document, file, ensure_ascii=False, indent=1)
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).replace(folder / FILE)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise


def load_decisions(folder: Path) -> Decisions:
    """The decisions about the dataset in `folder`; none when nobody has made any.

    Raises:
        DatasetError: for a damaged file, naming the entry.
    """
    path = folder / FILE
    if not path.exists():
        return Decisions()
    document = read_json(path)
    if not isinstance(document, dict) or document.get("format") != _FORMAT:
        raise DatasetError(f"{path}: not written by this version of 'caption-train review'")
    made = {}
    for where, entry in entries(path, document, "decisions"):
        name, caption, action = (
            field(entry, key, str, where) for key in ("image", "caption", "action")
        )
        if action not in ACTIONS:
            raise DatasetError(f"{where}: the action {action!r} is none of {', '.join(ACTIONS)}")
        text = checked_caption(entry.get("text"), where) if action == FIX else ""
        made[name, caption] = Decision(action, text)
    return Decisions(made)
