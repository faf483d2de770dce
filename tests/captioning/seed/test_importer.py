"""Imported models against the seed's decoding rule, written here a second time."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor, nn

from captioning import CaptioningError, load_captioner
from captioning.catalogue import REMOTE
from captioning.checkpoint import Checkpoint, CheckpointError
from captioning.decoders import build_decoder
from captioning.encoders import Encoder, EncoderError, load_encoder_weights
from captioning.seed.importer import SeedImportError, convert
from captioning.torch_search import search
from captioning.torchvision_compat import torchvision

SMALL = 16
KINDS = {"lstm": "resnet34", "attention": "mobilenet_v3_small"}


@torch.no_grad()
def small_module(seed: Any, kind: str, spread: float | None = None) -> nn.Module:
    """A small module whose captions wander: large weights make every word depend on the photo."""
    torch.manual_seed(7)
    sizes = (512, 16, 3) if kind == "lstm" else (12, 16, 8)
    module: nn.Module = getattr(seed, kind)(SMALL, *sizes)
    for parameter in module.parameters():
        parameter.normal_(0, spread or (1.0 if kind == "lstm" else 0.5))
    output = module.linear if kind == "lstm" else module.fc
    output.bias.zero_()
    return module.eval()


@pytest.fixture(scope="module", params=KINDS)
def imported(
    request: pytest.FixtureRequest,
    seed: Any,
    encoder_states: dict[str, dict[str, Tensor]],
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[str, nn.Module, Checkpoint]:
    """One of the seed's architectures, a small module of it, and what that was converted to."""
    kind, folder = request.param, tmp_path_factory.mktemp("seed")
    module = small_module(seed, kind)
    weights = seed.save(module, folder / "model.pt")
    vocabulary = seed.save_words(seed.words(SMALL), folder / "vocab.pkl")
    states = encoder_states[KINDS[kind]]
    return kind, module, convert(weights, vocabulary, encoder_weights=states)


@torch.no_grad()
def seed_caption(module: Any, features: Tensor, words: list[str]) -> tuple[list[str], bool]:
    """The described rule for one photo's (P, C) features: its words, and whether EOS came."""
    mean = features.mean(0, keepdim=True)
    attentive = hasattr(module, "attention")
    if attentive:
        h, c = module.init_h(mean), module.init_c(mean)
    else:
        _, state = module.lstm_cell(mean)
    said: list[str] = []
    last = words.index("BOS")
    while len(said) < 31:
        embedded = module.embed(torch.tensor([last]))
        if attentive:
            attention = module.attention
            summed = attention.encoder_attn(features) + attention.decoder_attn(h)
            alpha = attention.full_attn(summed.relu()).softmax(0)  # (P, 1)
            context = (alpha * features).sum(0, keepdim=True) * module.f_beta(h).sigmoid()
            h, c = module.lstm_cell(torch.cat((embedded, context), 1), (h, c))
            scores = module.fc(h)[0]
        else:
            output, state = module.lstm_cell(embedded, state)
            scores = module.linear(output)[0]
        last = int(scores.argmax())
        if words[last] == "EOS":
            return said, True
        said.append(words[last])
    return said, False


def photo(number: int, size: tuple[int, int]) -> Image.Image:
    noise = np.random.default_rng(number).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC)


@pytest.mark.parametrize("engine", ["torch", "openvino"])
def test_photos_get_the_captions_of_the_described_rule(
    engine: str,
    seed: Any,
    imported: tuple[str, nn.Module, Checkpoint],
    encoder_states: dict[str, dict[str, Tensor]],
    tmp_path: Path,
) -> None:
    """Whatever the engine would do to go faster on this processor."""
    pytest.importorskip(engine)
    kind, module, checkpoint = imported
    path = tmp_path / "imported.safetensors"
    checkpoint.save(path)
    captioner = load_captioner(path, engine=engine)

    transforms = torchvision.transforms
    prepare = transforms.Compose(
        [
            transforms.Resize(256),
            transforms.CenterCrop(224),
            transforms.ToTensor(),
            transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
        ]
    )
    classifier = torchvision.models.get_model(KINDS[kind], weights=None)
    classifier.load_state_dict(encoder_states[KINDS[kind]])
    classifier.eval()
    photos = [photo(1, (500, 333)), photo(2, (301, 417)), photo(3, (640, 257))]
    captions = captioner.caption(photos)
    for image, caption in zip(photos, captions, strict=True):
        batch = prepare(image).unsqueeze(0)
        with torch.no_grad():
            if kind == "lstm":
                classifier.fc = nn.Identity()
                features = classifier(batch)  # (1, 512): one position
            else:
                features = classifier.features(batch)[0].flatten(1).T  # (49, 576)
        words, ended = seed_caption(module, features, seed.words(SMALL))
        assert (list(caption.words), caption.finished) == (words, ended)
        assert len(caption.word_probabilities) == len(words)
        written = " ".join(word for word in words if word)
        assert caption.text.lower() == (written + ("." if ended else "…")).lower()


def test_any_features_get_the_captions_of_the_described_rule(
    seed: Any, imported: tuple[str, nn.Module, Checkpoint]
) -> None:
    _, module, checkpoint = imported
    words = seed.words(SMALL)
    channels = checkpoint.decoder_config.feature_size
    features = torch.randn(40, 9, channels, generator=torch.Generator().manual_seed(2))
    expected = [seed_caption(module, one, words) for one in features]
    # The odd words that the seed may say are among them.
    assert {"PAD", "UNK", ""} <= {word for caption, _ in expected for word in caption}
    assert {True, False} == {ended for _, ended in expected}

    decoder = build_decoder(checkpoint.decoder_config).eval()
    weights = checkpoint.weights.items()
    decoder.load_state_dict(
        {
            name.removeprefix("decoder."): tensor
            for name, tensor in weights
            if name.startswith("decoder.")
        }
    )
    ranked = search(decoder, features, checkpoint.search)
    found = [(checkpoint.vocabulary.decode(best.tokens), best.finished) for best, *_ in ranked]
    assert found == expected


@pytest.mark.parametrize(
    ("kind", "model", "megabytes"),
    [("lstm", "seed-resnet-lstm", 29), ("attention", "seed-mobilenet-attention", 112)],
)
def test_the_seeds_own_sizes_fit(
    seed: Any,
    kind: str,
    model: str,
    megabytes: int,
    encoder_states: dict[str, dict[str, Tensor]],
    tmp_path: Path,
) -> None:
    weights = seed.save(getattr(seed, kind)(5910), tmp_path / "model.pt")
    assert weights.stat().st_size / 1e6 == pytest.approx(megabytes, rel=0.15)
    vocabulary = seed.save_words(seed.words(5910), tmp_path / "vocab.pkl")
    checkpoint = convert(weights, vocabulary, encoder_weights=encoder_states[KINDS[kind]])
    assert checkpoint.card.model == model
    assert model in REMOTE
    assert len(checkpoint.vocabulary) == checkpoint.decoder_config.vocabulary_size


def test_the_seeds_own_vocabulary_is_read(
    seed: Any, encoder_states: dict[str, dict[str, Tensor]], tmp_path: Path
) -> None:
    vocabulary = Path(__file__).parents[3] / ".." / "shared" / "seed" / "vocab.pkl"
    if not vocabulary.exists():
        pytest.skip("the seed's vocabulary is not here")
    weights = seed.save(seed.attention(5910, 4, 4, 4), tmp_path / "model.pt")
    state = encoder_states["mobilenet_v3_small"]
    checkpoint = convert(weights, vocabulary, encoder_weights=state)
    assert len(checkpoint.vocabulary) == 5913
    assert {"PAD", "UNK", "BOS", "<empty>", "man", "sitting"} < set(checkpoint.vocabulary.words)


def test_a_models_version_follows_its_content(
    seed: Any, encoder_states: dict[str, dict[str, Tensor]], tmp_path: Path
) -> None:
    vocabulary = seed.save_words(seed.words(SMALL), tmp_path / "vocab.pkl")
    state = encoder_states["mobilenet_v3_small"]
    versions = []
    for spread in (0.3, 0.3, 0.4):
        weights = seed.save(small_module(seed, "attention", spread=spread), tmp_path / "model.pt")
        versions.append(convert(weights, vocabulary, encoder_weights=state).card.version)
    assert versions[0] == versions[1] != versions[2]


def convert_small(seed: Any, folder: Path, module: nn.Module, words: list[str]) -> Checkpoint:
    weights = seed.save(module, folder / "model.pt")
    return convert(weights, seed.save_words(words, folder / "vocab.pkl"), encoder_weights={})


def test_what_does_not_belong_together_is_said(seed: Any, tmp_path: Path) -> None:
    module = small_module(seed, "lstm")
    words = seed.words(SMALL)
    with pytest.raises(SeedImportError, match=r"has 17 words.*embed\.weight is for 16"):
        convert_small(seed, tmp_path, module, seed.words(17))
    with pytest.raises(SeedImportError, match="does not start with PAD, UNK, EOS, BOS"):
        convert_small(seed, tmp_path, module, words[::-1])
    with pytest.raises(SeedImportError, match="lists a word twice"):
        convert_small(seed, tmp_path, module, [*words[:-1], "w5"])
    with pytest.raises(SeedImportError, match=r"Linear, which is neither of the seed's"):
        convert_small(seed, tmp_path, nn.Linear(2, 2), words)
    del module.embed
    with pytest.raises(SeedImportError, match=r"no matrix embed\.weight"):
        convert_small(seed, tmp_path, module, words)


def test_missing_and_extra_parameters_are_named(
    seed: Any, encoder_states: dict[str, dict[str, Tensor]], tmp_path: Path
) -> None:
    module = small_module(seed, "attention")
    module.extra = nn.Linear(2, 2)
    del module.f_beta
    weights = seed.save(module, tmp_path / "model.pt")
    vocabulary = seed.save_words(seed.words(SMALL), tmp_path / "vocab.pkl")
    with pytest.raises(CheckpointError) as caught:
        convert(weights, vocabulary, encoder_weights=encoder_states["mobilenet_v3_small"])
    assert "missing decoder.f_beta.bias" in str(caught.value)
    assert "unexpected decoder.extra.bias" in str(caught.value)


def test_a_missing_file_is_one_sentence(seed: Any, tmp_path: Path) -> None:
    vocabulary = seed.save_words(seed.words(SMALL), tmp_path / "vocab.pkl")
    with pytest.raises(SeedImportError, match=r"nowhere\.pt cannot be read: No such file"):
        convert(tmp_path / "nowhere.pt", vocabulary)


@pytest.mark.parametrize("name", KINDS.values())
def test_the_encoders_weights_are_the_ones_the_seed_had(name: str) -> None:
    weights = torchvision.models.get_model_weights(name)
    assert weights["IMAGENET1K_V1"] is weights["DEFAULT"]


def test_encoder_weights_come_from_files(
    encoder_states: dict[str, dict[str, Tensor]], tmp_path: Path
) -> None:
    state = encoder_states["mobilenet_v3_small"]
    save_file(state, tmp_path / "encoder.safetensors")
    torch.save(state, tmp_path / "encoder.pth")
    for file in ("encoder.safetensors", "encoder.pth"):
        loaded = load_encoder_weights("mobilenet_v3_small", tmp_path / file)
        encoder = Encoder("mobilenet_v3_small")
        encoder.load_backbone(loaded)
        found = encoder.state_dict()["trunk.0.0.weight"]
        assert torch.equal(found, state["features.0.0.weight"])


def test_unusable_encoder_weights_are_explained(tmp_path: Path) -> None:
    torch.save(nn.Linear(2, 2), tmp_path / "module.pth")
    torch.save([1, 2], tmp_path / "list.pth")
    (tmp_path / "text.pth").write_text("hello")
    (tmp_path / "text.safetensors").write_text("hello")
    (tmp_path / "page.safetensors").write_text("\ufeff <!DOCTYPE html>")
    for file, reason in (
        ("module.pth", "hold something else than tensors"),
        ("list.pth", "no state_dict"),
        ("text.pth", "encoder weights"),
        ("text.safetensors", "cannot be read"),
        ("nowhere.pth", "cannot be read"),
        ("page.safetensors", "is a web page that came in place of the file"),
    ):
        with pytest.raises(EncoderError, match=reason):
            load_encoder_weights("resnet34", tmp_path / file)


def test_without_a_network_the_encoder_asks_for_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*_: Any, **__: Any) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr(torchvision.models._api, "load_state_dict_from_url", offline)
    with pytest.raises(EncoderError, match=r"no route to host.*--encoder-weights"):
        load_encoder_weights("resnet34")


def test_damaged_weights_in_the_hubs_cache_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    (tmp_path / "checkpoints").mkdir()
    cached = tmp_path / "checkpoints" / "resnet34-b627a593.pth"
    for content in (b"", b"<html>", b"PK\x03\x04 cut"):
        cached.write_bytes(content)
        with pytest.raises(EncoderError, match=r"resnet34-b627a593\.pth are damaged: delete the"):
            load_encoder_weights("resnet34")


def test_weights_of_another_encoder_are_one_sentence(
    encoder_states: dict[str, dict[str, Tensor]],
) -> None:
    with pytest.raises(EncoderError, match=r"mobilenet_v3_small: missing .* more") as got:
        Encoder("mobilenet_v3_small").load_backbone(encoder_states["resnet34"])
    assert len(str(got.value)) < 400
    # Those that torch's hub has of old do not count batches.
    state = encoder_states["mobilenet_v3_small"]
    kept = {name: value for name, value in state.items() if "num_batches" not in name}
    assert len(kept) < len(state)
    Encoder("mobilenet_v3_small").load_backbone(kept)


def test_a_pickle_of_other_things_is_no_vocabulary(seed: Any, tmp_path: Path) -> None:
    weights = seed.save(small_module(seed, "lstm"), tmp_path / "model.pt")
    for content in ({"a": 1}, ["PAD", 1], "PAD"):
        (tmp_path / "vocab.pkl").write_bytes(pickle.dumps(content))
        with pytest.raises(CaptioningError, match=r"vocab\.pkl is a pickle, but of something else"):
            convert(weights, tmp_path / "vocab.pkl", encoder_weights={})
