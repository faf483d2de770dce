"""The compiled network against the one of torch, and what becomes of what was compiled."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from captioning import ENTRIES, captioner_of, load_captioner
from captioning.caption import Caption
from captioning.checkpoint import Checkpoint
from captioning.decoders import DecoderConfig, build_decoder
from captioning.runtime import loading
from captioning.vocabulary import Vocabulary

pytest.importorskip("openvino")


def photos(count: int) -> list[Image.Image]:
    numbers = np.random.default_rng(count)
    small = [numbers.integers(0, 256, (6, 8, 3), dtype=np.uint8) for _ in range(count)]
    return [Image.fromarray(one).resize((160, 120), Image.Resampling.BICUBIC) for one in small]


@pytest.fixture(scope="module")
def trained() -> Checkpoint:
    """Of an untrained encoder all photos look alike."""
    return Checkpoint.load(next(entry.path for entry in ENTRIES.values() if entry.has_attention))


def of_kind(trained: Checkpoint, kind: str, *, both_sides: bool) -> Checkpoint:
    torch.manual_seed(4)
    vocabulary = Vocabulary(f"word{index}" for index in range(40))
    features = trained.decoder_config.feature_size
    embedding = features if kind == "seed-lstm" else 24
    config = DecoderConfig(kind, len(vocabulary), features, embedding, 32, 2, 16)
    decoder = {
        # Large, so that captions depend on the photo.
        f"decoder.{name}": 2 * value if value.ndim > 1 else value
        for name, value in build_decoder(config).state_dict().items()
    }
    encoder = {name: v for name, v in trained.weights.items() if name.startswith("encoder.")}
    return replace(
        trained,
        decoder_config=config,
        vocabulary=vocabulary,
        search=replace(trained.search, max_length=8),
        preprocessing=replace(trained.preprocessing, size=96, both_sides=both_sides),
        weights=encoder | decoder,
    )


def without_numbers(caption: Caption) -> Caption:
    return replace(caption, word_probabilities=(), log_probability=0, confidence=None)


@pytest.mark.parametrize("kind", ["lstm", "attention", "seed-lstm", "seed-attention"])
@pytest.mark.parametrize("both_sides", [False, True])
def test_in_full_precision_it_says_what_torch_says(
    trained: Checkpoint, kind: str, both_sides: bool
) -> None:
    model = of_kind(trained, kind, both_sides=both_sides)
    torchs = captioner_of(model, engine="torch")
    compiled = captioner_of(model, engine="openvino", threads=1, full_precision=True)
    pictures = photos(5)
    for options in ({"beam_size": 1}, {"beam_size": 3, "brevity": 1.5, "alternatives": 4}):
        expected = torchs.caption(pictures, **options)  # type: ignore[arg-type]
        found = compiled.caption(pictures, **options)  # type: ignore[arg-type]
        assert len({round(caption.log_probability, 3) for caption in expected}) > 1
        for one, other in zip(expected, found, strict=True):
            assert without_numbers(one) == without_numbers(other)
            assert one.confidence == pytest.approx(other.confidence, abs=1e-3)
            assert one.log_probability == pytest.approx(other.log_probability, abs=1e-3)
            assert one.word_probabilities == pytest.approx(other.word_probabilities, abs=1e-3)
            if one.attention is None:
                assert other.attention is None
            else:
                assert other.attention is not None
                np.testing.assert_allclose(one.attention, other.attention, atol=1e-3)


@pytest.fixture
def folder(checkpoint_path: Path, tmp_path: Path) -> Path:
    load_captioner(checkpoint_path, engine="openvino", compiled=tmp_path)
    return tmp_path


def test_what_was_compiled_says_the_same_without_torch(
    checkpoint: Checkpoint, checkpoint_path: Path, folder: Path
) -> None:
    picture = photos(1)[0]
    picture.save(folder / "photo.png")
    script = (
        "import sys; from pathlib import Path; from captioning import load_captioner\n"
        "model, folder = Path(sys.argv[1]), Path(sys.argv[2])\n"
        "captioner = load_captioner(model, engine='openvino', compiled=folder)\n"
        "print(captioner.caption([folder / 'photo.png'])[0].text, captioner.fingerprint)\n"
        "assert not {'torch', 'torchvision'} & set(sys.modules)"
    )
    command = [sys.executable, "-c", script, str(checkpoint_path), str(folder)]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert finished.returncode == 0, finished.stderr
    fresh = captioner_of(checkpoint, engine="openvino")
    assert finished.stdout == f"{fresh.caption([picture])[0].text} {fresh.fingerprint}\n"


def compiled(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.compiled"))


def test_another_precision_or_other_weights_are_compiled_anew(
    checkpoint: Checkpoint, checkpoint_path: Path, folder: Path
) -> None:
    load_captioner(checkpoint_path, engine="openvino", compiled=folder, full_precision=True)
    assert len(compiled(folder)) == 2
    name = next(name for name in checkpoint.weights if name.startswith("decoder."))
    other = replace(checkpoint, weights=checkpoint.weights | {name: -checkpoint.weights[name]})
    other.save(folder / "other.safetensors")
    captioner = load_captioner(folder / "other.safetensors", engine="openvino", compiled=folder)
    assert len(compiled(folder)) == 3
    again = load_captioner(folder / "other.safetensors", engine="openvino", compiled=folder)
    assert len(compiled(folder)) == 3
    assert again.fingerprint == captioner.fingerprint


@pytest.mark.parametrize("content", [b"", b"nonsense", None])
def test_what_cannot_be_used_is_compiled_anew(
    checkpoint_path: Path, folder: Path, content: bytes | None
) -> None:
    (path,) = compiled(folder)
    kept = path.read_bytes()
    if content is None:  # whole, but made by something else
        entry = loading.disk.load(folder, path.stem)
        assert entry is not None
        parts = [part[: len(part) // 2] for part in entry.parts]
        loading.disk.save(folder, path.stem, loading.disk.Entry(entry.notes, parts))
    else:
        path.write_bytes(content)
    captioner = load_captioner(checkpoint_path, engine="openvino", compiled=folder)
    assert captioner.caption(photos(1))[0].words
    (path,) = compiled(folder)
    assert len(path.read_bytes()) > 0.9 * len(kept)


def test_a_folder_that_takes_nothing_is_done_without(checkpoint_path: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    captioner = load_captioner(checkpoint_path, engine="openvino", compiled=tmp_path / "file")
    assert captioner.caption(photos(1))[0].words
