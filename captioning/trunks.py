"""Torchvision's classifiers without their heads: pixels in, a grid of features out."""

import math
import re

import torch
from torch import Tensor, nn
from torch.nn import functional

from captioning.errors import CaptioningError
from captioning.torchvision_compat import torchvision

_HEAD = {"avgpool", "classifier", "dropout", "fc", "aux1", "aux2", "AuxLogits"}
_CHAINS = {
    *("resnet", "resnext", "wide", "regnet", "shufflenet", "mnasnet", "googlenet", "inception"),
}
"""Families whose children, the head left out, simply follow one another."""
_INCEPTIONS = {"googlenet", "inception_v3"}
_SMALLEST = {"inception_v3": 96, "maxvit_t": 224}
"""Sides in pixels of the smallest photos that the choosier networks take."""


class EncoderError(CaptioningError):
    """The named backbone does not exist or cannot give grid features."""


def classifier(name: str) -> nn.Module:
    """A whole classifier, freshly initialised."""
    # Initialising these two takes their authors' way half a minute.
    options = {"init_weights": False} if name in _INCEPTIONS else {}
    network: nn.Module = torchvision.models.get_model(name, weights=None, **options)
    return network


def trunk_of(network: nn.Module, name: str) -> nn.Sequential:
    """The part of a classifier that turns (B, 3, H, W) into (B, C, h, w).

    Raises:
        EncoderError: for a family that has no such part known here.
    """
    family = re.match("[a-z]*", name)[0]  # type: ignore[index]
    features = getattr(network, "features", None)
    if isinstance(features, nn.Sequential):
        if family == "swin":  # which keeps its channels last until the end
            return nn.Sequential(*features, *map(network.get_submodule, ("norm", "permute")))
        return features
    if family in _CHAINS:
        children = [child for key, child in network.named_children() if key not in _HEAD]
        return nn.Sequential(*[_InceptionInput()] * (name in _INCEPTIONS), *children)
    if family == "vit":
        encoder = network.get_submodule("encoder")
        layers = encoder.get_submodule("layers").children()
        return nn.Sequential(_Patches(network), *layers, encoder.get_submodule("ln"), _Grid())
    if family == "maxvit":
        blocks = network.get_submodule("blocks").children()
        return nn.Sequential(_OneSize(_SMALLEST[name]), network.get_submodule("stem"), *blocks)
    raise EncoderError(
        f"it is not known here which part of {name} gives grid features: choose a backbone such as "
        "resnet50, mobilenet_v3_large, efficientnet_b0, convnext_tiny, swin_t or vit_b_16"
    )


@torch.no_grad()
def channels_of(trunk: nn.Sequential, name: str) -> int:
    """C, found out with the smallest photo that the trunk takes."""
    side = _SMALLEST.get(name, 64)
    was_training = trunk.training
    channels = trunk.eval()(torch.zeros(1, 3, side, side)).shape[1]
    trunk.train(was_training)
    return int(channels)


class _InceptionInput(nn.Module):
    """Pixels as the two oldest networks' ImageNet weights expect them: from -1 to 1."""

    def __init__(self) -> None:
        super().__init__()
        mean, std = torch.tensor((0.485, 0.456, 0.406)), torch.tensor((0.229, 0.224, 0.225))
        for name, value in (("scale", std / 0.5), ("offset", (mean - 0.5) / 0.5)):
            self.register_buffer(name, value.view(1, 3, 1, 1), persistent=False)

    def forward(self, pixels: Tensor) -> Tensor:
        return torch.addcmul(self.offset, pixels, self.scale)  # type: ignore[arg-type]


class _Patches(nn.Module):
    """The first part of a vision transformer: the class token and every patch, at their places."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.conv_proj = network.get_submodule("conv_proj")
        self.class_token = network.get_parameter("class_token")
        self.positions = network.get_parameter("encoder.pos_embedding")  # (1, 1 + P, C)

    def forward(self, pixels: Tensor) -> Tensor:
        """(B, 3, H, W) → (B, 1 + P, C)."""
        grid = self.conv_proj(pixels)
        first, rest = self.positions[:, :1], self.positions[:, 1:]
        side = math.isqrt(rest.shape[1])
        if grid.shape[-1] != side:  # photos of another size than the network was made for
            places = rest.transpose(1, 2).unflatten(2, (side, side))
            places = functional.interpolate(places, grid.shape[-2:], mode="bicubic")
            rest = places.flatten(2).transpose(1, 2)
        patches = grid.flatten(2).transpose(1, 2) + rest
        token = (self.class_token + first).expand(patches.shape[0], -1, -1)
        return torch.cat([token, patches], 1)


class _Grid(nn.Module):
    """(B, 1 + P, C) → (B, C, h, w) of a square photo; the class token is left out."""

    def forward(self, tokens: Tensor) -> Tensor:
        side = math.isqrt(tokens.shape[1] - 1)
        grid: Tensor = tokens[:, 1:].transpose(1, 2).unflatten(2, (side, side))
        return grid


class _OneSize(nn.Module):
    """Lets nothing pass but what the network can divide."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, pixels: Tensor) -> Tensor:
        height, width = map(int, pixels.shape[-2:])
        if (height, width) != (self.size, self.size):
            raise EncoderError(
                f"this encoder takes photos of {self.size} pixels a side, not {height}: set "
                f"image_size = {self.size}, or choose another encoder"
            )
        return pixels
