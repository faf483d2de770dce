from dataclasses import replace
from pathlib import Path

from captioning import load_captioner
from captioning.checkpoint import Checkpoint
from captioning.fingerprint import fingerprint


def test_the_same_model_has_the_same_fingerprint_after_loading(
    checkpoint: Checkpoint, checkpoint_path: Path
) -> None:
    assert len(fingerprint(checkpoint)) == 12
    assert load_captioner(checkpoint_path, engine="torch").fingerprint == fingerprint(checkpoint)


def test_what_changes_captions_changes_the_fingerprint(checkpoint: Checkpoint) -> None:
    name = next(name for name in checkpoint.weights if name.startswith("decoder."))
    changed = checkpoint.weights[name].clone()
    changed.view(-1)[0] += 0.01
    others = [
        replace(checkpoint, weights=checkpoint.weights | {name: changed}),
        replace(checkpoint, search=replace(checkpoint.search, length_penalty=0.1)),
        replace(checkpoint, vocabulary=checkpoint.vocabulary.counted(["a dog"])),
        replace(checkpoint, preprocessing=replace(checkpoint.preprocessing, size=96)),
    ]
    assert len({fingerprint(it) for it in (checkpoint, *others)}) == 5


def test_what_is_only_told_about_a_model_does_not(checkpoint: Checkpoint) -> None:
    renamed = replace(checkpoint, card=replace(checkpoint.card, version="9", scores={}))
    assert fingerprint(renamed) == fingerprint(checkpoint)
