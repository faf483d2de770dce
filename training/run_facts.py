"""What was done in a run, for its model's card: ``run.json`` in the run's folder."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from captioning.card import Card

UNPUBLISHED = "training"
"""The version of a run's checkpoints, until `publish` gives them one."""


@dataclass(frozen=True, slots=True)
class BegunPhase:
    """A phase that has begun."""

    first_step: int
    """Steps that the model was trained for before it."""
    objective: str
    """Its kind."""
    train_from: int | None
    """First child of the encoder's trunk that it trains; None where the encoder is frozen."""
    teachers: tuple[str, ...] = ()
    """Models that it learns from, with their versions."""


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What is known of a run."""

    start: str | None
    """The model it goes on from, with its version."""
    phases: tuple[BegunPhase, ...] = ()

    def encoder(self, steps: int) -> str:
        """How the encoder of a checkpoint after so many steps came to be, for people."""
        trained = [phase.train_from for phase in self._until(steps) if phase.train_from is not None]
        if trained and min(trained) == 0:
            return "every parameter fine-tuned"
        if trained:
            return f"fine-tuned from part {min(trained) + 1} of its trunk on"
        return f"as in {self.start}" if self.start else "frozen, with its ImageNet weights"

    def teachers(self, steps: int) -> list[str]:
        """The models that a checkpoint after so many steps learned from, each once."""
        named = (name for phase in self._until(steps) for name in phase.teachers)
        return list(dict.fromkeys(named))

    def _until(self, steps: int) -> list[BegunPhase]:
        return [phase for phase in self.phases if phase.first_step < steps]


def title_of(card: Card) -> str:
    """What another model's card calls a model."""
    if card.version == UNPUBLISHED:
        return f"a training of {card.model}"
    return f"{card.model} {card.version}"


def save_facts(path: Path, facts: RunFacts) -> None:
    """Write a run's facts, through a temporary neighbour."""
    temporary = path.with_name(path.name + ".part")
    temporary.write_text(json.dumps(asdict(facts), indent=1), encoding="utf-8")
    temporary.replace(path)


def load_facts(path: Path) -> RunFacts | None:
    """What `save_facts` wrote; None of a run from before there were facts."""
    if not path.is_file():
        return None
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    phases = tuple(
        BegunPhase(**phase | {"teachers": tuple(phase["teachers"])}) for phase in document["phases"]
    )
    return RunFacts(document["start"], phases)
