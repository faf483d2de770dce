"""Which files are taken in as versions, and what is said of the others."""

from pathlib import Path
from typing import Any

import pytest
from checkpoints import small_checkpoint
from fakes import SmallCaptioner
from version_files import MOBILENET, RESNET, checkpoint_file

from bot.queue.version_files import (
    VersionFileError,
    load_file,
    open_version,
    path_of,
    take_in,
)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoint_file(tmp_path_factory.mktemp("files") / "good.safetensors")


def fake(path: Path) -> Any:
    return SmallCaptioner(MOBILENET)


def broken(path: Path) -> Any:
    raise RuntimeError(f"shapes in {path}\ndo not fit")


def refusal(source: Path, folder: Path, **options: Any) -> str:
    with pytest.raises(VersionFileError) as caught:
        take_in(source, folder, **{"load": fake, **options})
    assert list(folder.glob("*")) == [], "nothing is left behind"
    line = str(caught.value)
    assert "\n" not in line
    assert str(source) in line
    assert ".new-" not in line
    return line


def test_a_checkpoint_is_tried_copied_and_opened(good: Path, tmp_path: Path) -> None:
    folder = tmp_path / "models"
    file = take_in(good, folder)
    assert (file.model, file.version) == (MOBILENET, "0.7.0")
    path = path_of(folder, file.model, file.version, file.sha256)
    assert list(folder.iterdir()) == [path]
    assert path.read_bytes() == good.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o644
    assert open_version(path, file.sha256).version == "0.7.0"
    assert take_in(good, folder) == file
    assert list(folder.iterdir()) == [path]


def test_what_is_no_checkpoint_is_refused(good: Path, tmp_path: Path) -> None:
    folder = tmp_path / "models"
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(good.read_bytes()[:1000])
    pickle = tmp_path / "model.pt"
    pickle.write_bytes(b"\x80\x04N.")
    assert "not a readable safetensors file" in refusal(cut, folder)
    assert "not a readable safetensors file" in refusal(pickle, folder)
    assert "no checkpoint" in refusal(tmp_path / "none", folder)
    refusal(tmp_path, folder)


def test_a_model_that_cannot_caption_is_refused(good: Path, tmp_path: Path) -> None:
    line = refusal(good, tmp_path / "models", load=broken)
    assert line.endswith("do not fit")


def test_weights_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    checkpoint = small_checkpoint()
    checkpoint.weights.popitem()
    checkpoint.save(source := tmp_path / "lacking.safetensors")
    assert "do not fit" in refusal(source, tmp_path / "models", load=load_file)


def test_another_model_is_refused_or_named(tmp_path: Path) -> None:
    source = checkpoint_file(tmp_path / "other.safetensors", name="other")
    assert "--model" in refusal(source, tmp_path / "models")
    assert take_in(source, tmp_path / "models", model=MOBILENET, load=fake).model == MOBILENET


def test_a_model_of_another_kind_is_refused(good: Path, tmp_path: Path) -> None:
    assert "without attention" in refusal(good, tmp_path / "models", model=RESNET)


@pytest.mark.parametrize("version", ["", "../evil", "0 7", "v" * 33])
def test_a_version_that_is_no_name_is_refused(tmp_path: Path, version: str) -> None:
    source = checkpoint_file(tmp_path / "odd.safetensors", version)
    assert "publish it under a version" in refusal(source, tmp_path / "models")


def test_a_file_that_is_gone_or_another_is_not_opened(good: Path, tmp_path: Path) -> None:
    file = take_in(good, tmp_path, load=fake)
    path = path_of(tmp_path, file.model, file.version, file.sha256)
    with pytest.raises(VersionFileError, match="cannot be used: shapes"):
        open_version(path, file.sha256, broken)
    path.write_bytes(b"others")
    with pytest.raises(VersionFileError, match="not the one that was added"):
        open_version(path, file.sha256, fake)
    path.unlink()
    with pytest.raises(VersionFileError, match="is missing"):
        open_version(path, file.sha256, fake)
