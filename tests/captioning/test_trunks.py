"""What an encoder gives is what the classifier computes before its head."""

import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from captioning import captioner_of
from captioning.card import Card
from captioning.checkpoint import Checkpoint, Model
from captioning.decoders import DecoderConfig
from captioning.encoders import Encoder, EncoderError
from captioning.images import Preprocessing
from captioning.search import SearchOptions
from captioning.trunks import classifier
from captioning.vocabulary import Vocabulary

PIXELS = torch.rand(2, 3, 224, 224, generator=torch.Generator().manual_seed(0))


@torch.no_grad()
def both(name: str) -> tuple[nn.Module, Encoder, Tensor]:
    """A classifier whose features are not all alike, the encoder made of it, and its features."""
    torch.manual_seed(0)
    network = classifier(name).eval()
    encoder = Encoder(name).eval()
    encoder.load_backbone(network.state_dict())
    return network, encoder, encoder(PIXELS)


@pytest.mark.parametrize("name", ["resnet18", "googlenet", "inception_v3"])
@torch.no_grad()
def test_chains_go_on_to_the_classes(name: str) -> None:
    network, _, features = both(name)
    network.transform_input = True  # as torchvision does with the ImageNet weights of two of them
    head = network.get_submodule("fc")
    torch.testing.assert_close(head(features.mean(1)), network(PIXELS))


@torch.no_grad()
def test_maxvit_goes_on_to_the_classes() -> None:
    network, encoder, features = both("maxvit_t")
    head = network.get_submodule("classifier")
    grid = features.transpose(1, 2).unflatten(2, (7, 7))
    torch.testing.assert_close(head(grid), network(PIXELS))
    with pytest.raises(EncoderError, match="takes photos of 224 pixels a side, not 128: set image"):
        encoder(torch.rand(1, 3, 128, 128))


@torch.no_grad()
def test_a_vision_transformers_patches_are_its_grid() -> None:
    network, encoder, features = both("vit_b_32")
    tokens: list[Tensor] = []
    network.get_submodule("encoder").register_forward_hook(
        lambda _, __, output: tokens.append(output)
    )
    network(PIXELS)
    assert features.shape == (2, 49, 768)
    torch.testing.assert_close(features, tokens[0][:, 1:])
    # Photos of another size find their places between those that were learned.
    assert encoder(torch.rand(1, 3, 96, 96)).shape == (1, 9, 768)


@torch.no_grad()
def test_a_vision_transformer_runs_in_the_other_engine() -> None:
    pytest.importorskip("openvino")
    torch.manual_seed(2)
    vocabulary = Vocabulary(["dog", "cat"])
    config = DecoderConfig("attention", len(vocabulary), 768, 8, 8, 1, 4)
    checkpoint = Checkpoint(
        card=Card("transformer", "1"),
        encoder_name="vit_b_32",
        decoder_config=config,
        vocabulary=vocabulary,
        preprocessing=Preprocessing(size=224),
        search=SearchOptions(beam_size=1, max_length=3),
        weights=Model("vit_b_32", config).state_dict(),
    )
    photo = Image.effect_noise((300, 200), 90).convert("RGB")
    captions = [
        captioner_of(checkpoint, engine=engine, threads=1, full_precision=True).caption([photo])[0]
        for engine in ("torch", "openvino")
    ]
    assert captions[0].words == captions[1].words
    assert captions[0].log_probability == pytest.approx(captions[1].log_probability, abs=1e-4)
