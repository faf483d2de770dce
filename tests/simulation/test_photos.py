"""Which photos are spoken of, withheld and guarded."""

from pathlib import Path

import pytest

from simulation.photos import PhotosError, choose, write_dataset
from training.datasets import Record, load_dataset


def test_no_photo_is_both_spoken_of_and_withheld(spoken: Path, guard: Path) -> None:
    chosen = choose(
        [(spoken, "train"), (spoken, "dev")], (guard, "dev"), withhold=20, most_guards=3
    )
    spoken_of, withheld = (
        {record.image for record in records} for records in (chosen.spoken_of, chosen.withheld)
    )
    assert (len(spoken_of), len(withheld), len(chosen.guard)) == (60, 20, 3)
    assert not spoken_of & withheld


def test_photos_with_five_captions_are_withheld_first(spoken: Path, guard: Path) -> None:
    records = load_dataset(spoken, "train")
    poor = [Record(one.name, one.image, one.captions[:1]) for one in records[:30]]
    folder = write_dataset({"train": [*poor, *records[30:]]}, spoken.parent / "mixed")
    chosen = choose([(folder, "train")], (guard, "dev"), withhold=15, most_guards=9)
    assert {len(record.captions) for record in chosen.withheld} == {5}
    assert len(chosen.spoken_of) == 57


def test_too_few_photos(spoken: Path, guard: Path) -> None:
    with pytest.raises(PhotosError, match="there are 8 photos, and 5 are to be withheld"):
        choose([(spoken, "dev")], (guard, "dev"), withhold=5, most_guards=9)


def test_a_written_dataset_keeps_weights_and_splits(spoken: Path) -> None:
    (first, *_) = load_dataset(spoken, "train")
    weighted = Record(first.name, first.image, ("A dog.", "A cat."), weights=(0.9, 0.4))
    folder = write_dataset({"test": [weighted]}, spoken.parent / "weighted")
    (found,) = load_dataset(folder, "test")
    assert (found.captions, found.weights) == (weighted.captions, weighted.weights)
