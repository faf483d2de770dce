"""Which captions a step learns."""

import numpy as np

from training.objectives.caption_choice import CaptionChoice

OWN = [[[1], [2], [3], [4]], [[5]], []]
PSEUDO = [[], [[6], [7], [8]], [[9], [10]]]


def begun(per_photo: int | None, seed: int = 0) -> CaptionChoice:
    choice = CaptionChoice(OWN, PSEUDO, per_photo)
    choice.begin_epoch(np.random.default_rng(seed))
    return choice


def test_without_a_number_all_own_captions_are_learned_and_else_all_pseudo_captions() -> None:
    assert begun(None).of_step([0, 1, 2]) == {0: OWN[0], 1: OWN[1], 2: PSEUDO[2]}
    assert CaptionChoice(OWN, [], None).of_step([1, 2]) == {1: OWN[1], 2: ()}


def test_own_captions_come_first_and_pseudo_captions_fill_up() -> None:
    drawn = begun(3).of_step([0, 1, 2])
    assert all(
        len(captions) == count for captions, count in zip(drawn.values(), (3, 3, 2), strict=True)
    )
    assert all(words in OWN[0] for words in drawn[0])
    assert drawn[1][0] == [5]
    assert all(words in PSEUDO[1] for words in drawn[1][1:])
    for captions in drawn.values():
        assert len({tuple(words) for words in captions}) == len(captions)


def test_draws_are_alike_wherever_a_step_is_made_and_differ_between_steps_and_epochs() -> None:
    def seen(epochs: range, steps: list[list[int]]) -> set[tuple[int, ...]]:
        return {
            tuple(words[0] for words in begun(2, epoch).of_step(step)[0])
            for epoch in epochs
            for step in steps
        }

    assert begun(2).of_step([0, 1]) == begun(2).of_step([0, 1])
    assert len(seen(range(1), [[0, 1, number] for number in range(3)] * 2)) > 1
    # In time every pair of captions comes, in either order.
    assert len(seen(range(200), [[0]])) == 12


def test_photos_without_captions_are_no_examples_and_some_come_more_often() -> None:
    own = [[[1]], [[2]], [], []]
    choice = CaptionChoice(own, [[], [], [[3]], []], 1)
    datasets = ["first", "second", "second", "second"]
    assert choice.examples(datasets, {"second": 3}) == [0, 1, 1, 1, 2]
    assert choice.examples((), {}) == [0, 1, 2]
    assert CaptionChoice(own, [], 1).examples(datasets, {}) == [0, 1]
