from dataclasses import replace
from pathlib import Path

import pytest

from captioning.card import Card
from training.run_facts import BegunPhase, RunFacts, load_facts, save_facts, title_of

FROZEN = BegunPhase(0, "cross-entropy", None)
TRAINED = BegunPhase(100, "cross-entropy", 0, ("teacher 1", "teacher 2"))


def test_facts_come_back(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    assert load_facts(path) is None
    facts = RunFacts("model 1.0", (FROZEN, TRAINED))
    save_facts(path, facts)
    assert load_facts(path) == facts
    assert [one.name for one in tmp_path.iterdir()] == ["run.json"]


@pytest.mark.parametrize(
    ("facts", "steps", "encoder"),
    [
        (RunFacts(None, (FROZEN,)), 100, "frozen, with its ImageNet weights"),
        (RunFacts("model 1.0", (FROZEN,)), 100, "as in model 1.0"),
        (RunFacts(None, (FROZEN, TRAINED)), 200, "every parameter fine-tuned"),
        # Of a checkpoint from before the phase that trains it.
        (RunFacts(None, (FROZEN, TRAINED)), 100, "frozen, with its ImageNet weights"),
        (
            RunFacts(None, (FROZEN, replace(TRAINED, train_from=8))),
            200,
            "fine-tuned from part 9 of its trunk on",
        ),
    ],
)
def test_the_encoder_is_as_it_was_trained(facts: RunFacts, steps: int, encoder: str) -> None:
    assert facts.encoder(steps) == encoder


def test_teachers_are_told_once_and_when_they_have_taught() -> None:
    facts = RunFacts(None, (FROZEN, TRAINED, replace(TRAINED, first_step=150)))
    assert facts.teachers(100) == []
    assert facts.teachers(200) == ["teacher 1", "teacher 2"]


def test_models_are_called_by_their_version_once_they_have_one() -> None:
    assert title_of(Card("model", "1.0")) == "model 1.0"
    assert title_of(Card("model", "training")) == "a training of model"
