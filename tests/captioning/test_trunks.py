"""What an encoder gives is what the classifier computes before its head."""

import pytest
import torch
from torch import Tensor, nn

from captioning.encoders import Encoder, EncoderError
from captioning.engine import create_engine
from captioning.trunks import classifier

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
    _, encoder, features = both("vit_b_32")
    engine = create_engine("openvino", encoder, 224, threads=1, full_precision=True)
    torch.testing.assert_close(engine.encode(PIXELS.numpy()), features, atol=1e-4, rtol=1e-3)
