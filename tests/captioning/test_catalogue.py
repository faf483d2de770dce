import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import captioning
from captioning import CaptioningError, catalogue, load_captioner
from captioning.card import CheckpointError, read_document
from captioning.catalogue import (
    ENTRIES,
    MODELS,
    REMOTE,
    UnknownModelError,
    attentive_models,
    cached_path,
    default_cache,
    locate,
    preferred_model,
    register,
    short_title,
    title,
    unregister,
)
from captioning.checkpoint import Checkpoint
from captioning.decoder_protocol import DecoderConfig

PACKAGE = Path(captioning.__file__).parent


@pytest.fixture
def third(checkpoint_path: Path) -> Iterator[str]:
    entry = register(checkpoint_path, name="third", title="Third one")
    yield entry.name
    unregister(entry.name)


def test_bundled_models_lie_in_the_package() -> None:
    for entry in catalogue.BUNDLED:
        assert entry.path.parent.name == "weights"
        config = DecoderConfig(**read_document(entry.path)["decoder"])
        assert config.has_attention == entry.has_attention
    for name, entry in ENTRIES.items():
        assert locate(name) == entry.path


def test_only_the_catalogue_knows_models_by_name() -> None:
    names = [*ENTRIES, *REMOTE]
    sources = {path: path.read_text() for path in PACKAGE.rglob("*.py")}
    knowing = {path.name for path, text in sources.items() if any(name in text for name in names)}
    assert knowing == {"catalogue.py"}


def test_any_checkpoint_can_be_made_one_more_model(third: str, checkpoint_path: Path) -> None:
    assert list(ENTRIES)[-1] == list(MODELS)[-1] == third
    assert MODELS[third] == title(third) == "Third one"
    assert short_title(third) == "Third"
    assert ENTRIES[third].has_attention
    assert locate(third) == checkpoint_path
    captioner = load_captioner(third, engine="torch")
    assert captioner.name == third
    assert captioner.title == "Third one"


def test_a_registered_model_is_called_as_its_card_says_unless_told(
    checkpoint: Checkpoint, tmp_path: Path
) -> None:
    path = tmp_path / "file.safetensors"
    replace(checkpoint, card=replace(checkpoint.card, model="mine")).save(path)
    entry = register(path)
    try:
        assert entry.name == entry.title == entry.short_title == "mine"
    finally:
        unregister("mine")
    assert "mine" not in MODELS


def test_two_models_cannot_have_one_name(third: str, checkpoint_path: Path) -> None:
    for name in (None, third, *REMOTE):
        with pytest.raises(CaptioningError, match="another name"):
            register(checkpoint_path, name=name)


@pytest.mark.parametrize("name", [33 * "m", "two words", "a:b", "a,b", "модель", ""])
def test_what_is_no_word_is_no_name(checkpoint: Checkpoint, tmp_path: Path, name: str) -> None:
    path = tmp_path / "file.safetensors"
    replace(checkpoint, card=replace(checkpoint.card, model=name)).save(path)
    with pytest.raises(CaptioningError, match="another one"):
        register(path)


def test_models_are_found_by_what_they_are_for(third: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert attentive_models() == ("mobilenet-attention", third)
    assert preferred_model() == "mobilenet-attention"
    rest = {name: entry for name, entry in ENTRIES.items() if not entry.is_preferred}
    monkeypatch.setattr(catalogue, "_entries", rest)
    assert preferred_model() == "resnet34-lstm", "the first, where none is preferred"


def test_what_is_no_checkpoint_is_not_registered(tmp_path: Path) -> None:
    before = list(ENTRIES)
    (tmp_path / "other.safetensors").write_text("no weights")
    for name in ("other", "absent"):
        with pytest.raises(CheckpointError, match=name):
            register(tmp_path / f"{name}.safetensors")
    assert list(ENTRIES) == before


def test_bundled_models_cannot_be_forgotten() -> None:
    for name in (next(iter(ENTRIES)), "nonsense"):
        with pytest.raises(UnknownModelError, match=name):
            unregister(name)


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
    for kind in (title, short_title):
        titles = [kind(name) for name in [*MODELS, *REMOTE]]
        assert len(set(titles)) == len(titles)
        assert kind("of-ones-own") == "of-ones-own"


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
