import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from captioning.card import read_document
from captioning.checkpoint import Checkpoint, CheckpointError, store_confidence
from captioning.confidence import Bin, ConfidenceModel, Reliability
from captioning.description import read_description
from captioning.fingerprint import fingerprint


def test_everything_survives_the_file(checkpoint: Checkpoint, checkpoint_path: Path) -> None:
    loaded = Checkpoint.load(checkpoint_path)
    assert loaded.vocabulary.counts == checkpoint.vocabulary.counts
    for name in ("card", "encoder_name", "decoder_config", "preprocessing", "search", "vocabulary"):
        assert getattr(loaded, name) == getattr(checkpoint, name)
    assert loaded.weights.keys() == checkpoint.weights.keys()
    for name, tensor in checkpoint.weights.items():
        assert torch.equal(loaded.weights[name], tensor)


def test_quantised_weights_are_a_quarter_and_close(checkpoint: Checkpoint, tmp_path: Path) -> None:
    whole, small = tmp_path / "whole.safetensors", tmp_path / "small.safetensors"
    checkpoint.save(whole)
    checkpoint.save(small, quantise=("encoder", "decoder"))
    assert small.stat().st_size < 0.4 * whole.stat().st_size
    loaded = Checkpoint.load(small)
    loaded.build()
    for name, tensor in checkpoint.weights.items():
        if not tensor.is_floating_point():
            assert torch.equal(loaded.weights[name], tensor)
            continue
        # Half a step of 1/127 of the row's largest value, or fp16's relative error.
        limit = tensor.abs().max() / 127 * 0.51 + 1e-4
        assert (loaded.weights[name] - tensor).abs().max() <= limit, name
        assert loaded.weights[name].dtype == torch.float32


def test_missing_extra_and_misshapen_tensors_are_named(checkpoint: Checkpoint) -> None:
    weights = dict(checkpoint.weights)
    weights["decoder.extra"] = weights.pop("decoder.bias")
    weights["decoder.score.weight"] = torch.zeros(2, 16)
    with pytest.raises(CheckpointError) as caught:
        replace(checkpoint, weights=weights).build()
    message = str(caught.value)
    assert "missing decoder.bias" in message
    assert "unexpected decoder.extra" in message
    assert "decoder.score.weight is (2, 16), not (1, 16)" in message


def test_another_format_version_is_refused(checkpoint_path: Path, tmp_path: Path) -> None:
    from safetensors import safe_open

    with safe_open(checkpoint_path, framework="pt") as file:
        document = json.loads(file.metadata()["captionbot"])
    document["format"] = 99
    path = tmp_path / "future.safetensors"
    save_file(load_file(checkpoint_path), path, metadata={"captionbot": json.dumps(document)})
    with pytest.raises(CheckpointError, match=r"format 99.*reads format 1"):
        Checkpoint.load(path)


def test_other_files_are_refused_with_a_reason(checkpoint_path: Path, tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.safetensors"
    save_file({"x": torch.zeros(1)}, foreign)
    with pytest.raises(CheckpointError, match="not of a captionbot model"):
        Checkpoint.load(foreign)
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(checkpoint_path.read_bytes()[:5000])
    with pytest.raises(CheckpointError, match="not a readable safetensors file"):
        Checkpoint.load(cut)
    with pytest.raises(CheckpointError, match="no checkpoint at"):
        Checkpoint.load(tmp_path / "absent.safetensors")
    damaged = tmp_path / "damaged.safetensors"
    save_file({"x": torch.zeros(1)}, damaged, metadata={"captionbot": '{"format": 1}'})
    with pytest.raises(CheckpointError, match=r"metadata .* is damaged"):
        Checkpoint.load(damaged)


def test_one_part_can_be_quantised_and_the_other_kept(
    checkpoint: Checkpoint, tmp_path: Path
) -> None:
    path = tmp_path / "model.safetensors"
    checkpoint.save(path, quantise=("decoder",))
    loaded = Checkpoint.load(path)
    for name, tensor in checkpoint.weights.items():
        if name.startswith("encoder.") and tensor.is_floating_point():
            torch.testing.assert_close(loaded.weights[name], tensor.half().float())
    stored = load_file(path)
    assert {name.split(".")[0] for name in stored if name.endswith(":scale")} == {"decoder"}


@pytest.fixture
def confidence() -> ConfidenceModel:
    found = Reliability(4, 0.75, 0.8, 0.1, 0.05, (Bin(0.7, 0.75, 4),))
    return ConfidenceModel(("length",), (4.0,), (2.0,), (-1.0,), (0.01,) * 576, 0.5, found)


def test_confidence_survives_the_file(
    checkpoint: Checkpoint, confidence: ConfidenceModel, tmp_path: Path
) -> None:
    path = tmp_path / "sure.safetensors"
    replace(checkpoint, confidence=confidence).save(path)
    assert Checkpoint.load(path).confidence == confidence
    assert read_description(path).confidence == confidence


def test_confidence_is_stored_beside_weights_as_they_are(
    checkpoint: Checkpoint, confidence: ConfidenceModel, tmp_path: Path
) -> None:
    before, after = tmp_path / "before.safetensors", tmp_path / "after.safetensors"
    checkpoint.save(before, quantise=("encoder", "decoder"))
    store_confidence(before, after, confidence)
    assert read_description(before).confidence is None
    assert read_description(after).confidence == confidence
    old, new = load_file(before), load_file(after)
    assert old.keys() == new.keys()
    assert all(torch.equal(old[name], new[name]) for name in old)
    store_confidence(after, after, replace(confidence, bias=1.0))
    assert read_description(after).confidence == replace(confidence, bias=1.0)
    assert fingerprint(Checkpoint.load(after)) == fingerprint(Checkpoint.load(before))


def test_a_damaged_confidence_is_named(
    checkpoint: Checkpoint, confidence: ConfidenceModel, tmp_path: Path
) -> None:
    path = tmp_path / "damaged.safetensors"
    replace(checkpoint, confidence=replace(confidence, photo_weights=(1.0,))).save(path)
    with pytest.raises(CheckpointError, match="1 photo_weights, the encoder gives 576 channels"):
        Checkpoint.load(path)


def test_checkpoints_of_earlier_versions_have_no_confidence(
    checkpoint_path: Path, tmp_path: Path
) -> None:
    document = read_document(checkpoint_path)
    del document["confidence"]
    path = tmp_path / "earlier.safetensors"
    save_file(load_file(checkpoint_path), path, metadata={"captionbot": json.dumps(document)})
    assert Checkpoint.load(path).confidence is None
