"""The captions of a dataset as a person goes through them, and what was decided of each."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from captioning.vocabulary import tokenise
from training.datasets import DatasetError
from training.datasets.decisions import ACTIONS, FIX, Decision, load_decisions
from training.datasets.records import read_json
from training.feedback.dataset_folder import CAPTIONS
from training.feedback.text_filters import MAX_CHARACTERS
from training.feedback.words import tidy


class ReviewError(ValueError):
    """A decision cannot be taken; the text says why."""


@dataclass(frozen=True, slots=True)
class Item:
    """One caption to look at."""

    image: str
    caption: str
    split: str
    weight: float
    source: str
    likes: int
    dislikes: int
    others: tuple[str, ...]
    """The photo's other captions."""


class Review:
    """The captions of a curated dataset, those that people are least sure of first.

    Each decision is on disk before `decide` returns, so that nothing is lost whatever happens to
    the page or the process.

    Raises:
        DatasetError: when the folder holds no curated dataset, or a damaged one.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._decisions = load_decisions(folder)
        items = list(_items(folder / CAPTIONS))
        self.items = sorted(items, key=lambda item: (item.weight, item.image, item.caption))

    def next_open(self) -> int:
        """The first caption that nobody has decided on; as many as there are when all are done."""
        undecided = (number for number in range(len(self.items)) if self._decision(number) is None)
        return next(undecided, len(self.items))

    def shown(self, number: int) -> dict[str, Any]:
        """A caption with its decision, as the page shows it; `number` counts from 0.

        Raises:
            ReviewError: when there is none of that number.
        """
        decision = self._decision(number)
        decided = None if decision is None else asdict(decision)
        return {"number": number, **asdict(self.items[number]), "decision": decided}

    def counts(self) -> dict[str, int]:
        """How many captions there are, and how many were decided, by action."""
        made = (self._decision(number) for number in range(len(self.items)))
        actions = Counter(decision.action for decision in made if decision is not None)
        return {"all": len(self.items), **{action: actions[action] for action in ACTIONS}}

    def decide(self, number: int, action: str | None, text: str = "") -> None:
        """Keep, fix or drop a caption, or take the decision back (None).

        Raises:
            ReviewError: for a number or action that there is not, or a fix without words.
            OSError: when it cannot be saved; then nothing has changed.
        """
        before = self._decision(number)
        key = self._key(number)
        if action is None:
            self._decisions.made.pop(key, None)
        else:
            self._decisions.made[key] = _checked(action, tidy(text))
        try:
            self._decisions.save(self.folder)
        except OSError:
            if before is None:
                self._decisions.made.pop(key, None)
            else:
                self._decisions.made[key] = before
            raise

    def photo(self, number: int) -> Path:
        """The photo's file.

        Raises:
            ReviewError: when there is no such caption.
        """
        return self.folder / self._key(number)[0]

    def _decision(self, number: int) -> Decision | None:
        return self._decisions.made.get(self._key(number))

    def _key(self, number: int) -> tuple[str, str]:
        if not 0 <= number < len(self.items):
            raise ReviewError("There is no such caption.")
        return self.items[number].image, self.items[number].caption


def _checked(action: str, text: str) -> Decision:
    if action not in ACTIONS:
        raise ReviewError(f"There is no action {action!r}.")
    if action != FIX:
        return Decision(action)
    if not tokenise(text):
        raise ReviewError("A caption needs words.")
    if len(text) > MAX_CHARACTERS:
        raise ReviewError(f"A caption has at most {MAX_CHARACTERS} characters.")
    return Decision(FIX, text)


def _items(path: Path) -> Iterator[Item]:
    document = read_json(path)
    try:
        for entry in document:
            captions: list[str] = entry["captions"]
            for place, caption in enumerate(captions):
                source: Mapping[str, Any] = entry["sources"][place]
                yield Item(
                    image=str(entry["image"]),
                    caption=str(caption),
                    split=str(entry["split"]),
                    weight=float(entry["weights"][place]),
                    source=str(source["from"]),
                    likes=int(source["likes"]),
                    dislikes=int(source["dislikes"]),
                    others=tuple(captions[:place] + captions[place + 1 :]),
                )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise DatasetError(f"{path} was not written by 'caption-train curate'") from error
