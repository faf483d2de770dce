import hashlib
from pathlib import Path

import pytest

from captioning.catalogue import (
    MODELS,
    REMOTE,
    UnknownModelError,
    bundled_path,
    cached_path,
    default_cache,
    locate,
    short_title,
    title,
)


def test_bundled_models_lie_in_the_package() -> None:
    for name in MODELS:
        assert locate(name) == bundled_path(name)
        assert bundled_path(name).parent.name == "weights"


def test_downloaded_models_lie_in_the_cache(tmp_path: Path) -> None:
    for name in REMOTE:
        with pytest.raises(UnknownModelError, match=f"caption download {name}"):
            locate(name, tmp_path)
        cached_path(name, tmp_path).touch()
        assert locate(name, tmp_path) == tmp_path / f"{name}.safetensors"


def test_the_cache_is_the_users_own() -> None:
    assert cached_path("seed-resnet-lstm").parent == default_cache()
    assert default_cache().parts[-2:] == ("captionbot", "models")


def test_a_path_is_a_model_too(tmp_path: Path) -> None:
    path = tmp_path / "mine.safetensors"
    path.touch()
    assert locate(path) == locate(str(path)) == path


def test_an_unknown_name_is_answered_with_what_exists() -> None:
    with pytest.raises(UnknownModelError) as caught:
        locate("nonsense")
    assert all(name in str(caught.value) for name in [*MODELS, *REMOTE])


def test_every_model_has_a_title() -> None:
    titles = [title(name) for name in [*MODELS, *REMOTE]]
    assert len(set(titles)) == len(titles)
    assert title("of-ones-own") == "of-ones-own"


def test_a_short_title_is_one_word() -> None:
    assert short_title("resnet34-lstm") == "ResNet-34"
    assert short_title("of-ones-own") == "of-ones-own"


def test_remote_files_come_over_https() -> None:
    for model in REMOTE.values():
        for file in (model.weights, model.vocabulary):
            assert file.url.startswith("https://")
            assert file.drive_id is None or file.drive_id in file.url


def test_the_vocabularys_checksum_is_that_of_the_seeds() -> None:
    path = Path(__file__).parents[2] / ".." / "shared" / "seed" / "vocab.pkl"
    if not path.exists():
        pytest.skip("the seed's vocabulary is not here")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert {model.vocabulary.sha256 for model in REMOTE.values()} == {digest}
