"""Torchvision's classification backbones as extractors of grid features."""

import math
import pickle
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path, PurePosixPath
from typing import TypeVar
from urllib.parse import urlsplit

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from captioning.torchvision_compat import torchvision
from captioning.trunks import EncoderError as EncoderError
from captioning.trunks import channels_of, classifier, trunk_of
from captioning.web_pages import BEGINNING, EXPLANATION, is_web_page

_Module = TypeVar("_Module", bound=nn.Module)


class Encoder(nn.Module):
    """A classifier's trunk: photo in, one feature vector per cell of a coarse grid out.

    Args:
        name: a backbone's name in torchvision's registry, such as ``resnet34``.

    Attributes:
        channels: C, the length of each feature vector.

    Raises:
        EncoderError: for a name torchvision does not know, or an architecture not known here.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        known = torchvision.models.list_models(module=torchvision.models)
        if name not in known:
            alike = " or ".join(get_close_matches(name, known)) or "resnet34 or another of its list"
            raise EncoderError(f"torchvision has no classifier called {name!r}: try {alike}")
        self.name = name
        self.trunk = trunk_of(classifier(name), name)
        self.channels = channels_of(self.trunk, name)

    def forward(self, pixels: Tensor) -> Tensor:
        """Extract features: (B, 3, H, W) normalised pixels → (B, P, C).

        P is H/32 · W/32, more in transformers and a few old architectures.
        """
        grid: Tensor = self.trunk(pixels)  # (B, C, h, w)
        return grid.flatten(2).transpose(1, 2)

    def load_backbone(self, weights: dict[str, Tensor]) -> None:
        """Take a whole torchvision classifier's weights, classifier head included.

        Raises:
            EncoderError: when a tensor is missing, unknown or misshapen.
        """
        network = classifier(self.name)
        expected = {
            name: value
            for name, value in network.state_dict().items()
            # Which older files lack, and nobody needs.
            if name in weights or not name.endswith("num_batches_tracked")
        }
        if problems := differences(expected, weights):
            raise EncoderError(f"these weights do not fit {self.name}: {'; '.join(problems)}")
        network.load_state_dict({key: value.float() for key, value in weights.items()})
        self.trunk.load_state_dict(trunk_of(network, self.name).state_dict())


def mean_of_both_sides(features: Tensor, of_mirror_image: Tensor) -> Tensor:
    """The mean of what an encoder sees in photos and in their mirror images, cell by cell.

    What is true of a photo is mostly true of its mirror image, and the noise in the features is
    not the same. Source: Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale
    Image Recognition" (2015), there of class scores.

    Args:
        features, of_mirror_image: (B, P, C) each, of a square grid.
    """
    batch, cells, channels = features.shape
    side = math.isqrt(cells)
    grid = of_mirror_image.reshape(batch, side, side, channels)
    return (features + grid.flip(2).reshape(features.shape)) / 2


def load_encoder_weights(name: str, path: Path | None = None) -> dict[str, Tensor]:
    """The ImageNet weights of a torchvision classifier, head included.

    Args:
        name: the classifier's name in torchvision's registry.
        path: a safetensors file or a pickled state dict (read with `weights_only`). None takes
            torchvision's own weights from its hub, which keeps them once they were downloaded.

    Raises:
        EncoderError: when the file is unreadable or the download fails.
    """
    if path is None:
        # The first published ones, which the field compares by, whatever the default becomes.
        weights = next(iter(torchvision.models.get_model_weights(name)))
        cached = _cached(weights.url)
        was_cached = cached.is_file()
        try:
            state = weights.get_state_dict(progress=True, check_hash=True)
        except Exception as error:  # no network, a hash that differs; or what torch's reader raises
            if was_cached:
                raise EncoderError(
                    f"the ImageNet weights in {cached} are damaged: delete the file, and it is "
                    "downloaded again"
                ) from error
            raise EncoderError(
                f"the ImageNet weights of {name} could not be downloaded ({error}): try again when "
                "online, or give a file of them with --encoder-weights"
            ) from error
        return dict(state)
    try:
        with path.open("rb") as file:
            if is_web_page(file.read(BEGINNING)):
                raise EncoderError(f"{path} {EXPLANATION}")
        if path.suffix == ".safetensors":
            return load_file(path)
        state = torch.load(path, map_location="cpu", weights_only=True)
    except EncoderError:
        raise
    except pickle.UnpicklingError as error:
        raise EncoderError(
            f"the encoder weights {path} hold something else than tensors: save their state_dict()"
        ) from error
    except Exception as error:  # torch's reader may raise anything at what is no such file
        raise EncoderError(f"the encoder weights {path} cannot be read: {error}") from error
    if not isinstance(state, Mapping) or not all(isinstance(v, Tensor) for v in state.values()):
        raise EncoderError(f"the encoder weights {path} are no state_dict() of {name}")
    return dict(state)


def _cached(url: str) -> Path:
    """Where torch's hub keeps a file."""
    return Path(torch.hub.get_dir()) / "checkpoints" / PurePosixPath(urlsplit(url).path).name


def differences(expected: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> list[str]:
    """Human-readable differences between two sets of tensors, a few of each sort."""
    shown = 3
    problems = []
    for title, names in (
        ("missing", sorted(expected.keys() - found.keys())),
        ("unexpected", sorted(found.keys() - expected.keys())),
    ):
        if names:
            more = f" and {len(names) - shown} more" if len(names) > shown else ""
            problems.append(f"{title} {', '.join(names[:shown])}{more}")
    problems += [
        f"{name} is {tuple(found[name].shape)}, not {tuple(expected[name].shape)}"
        for name in sorted(expected.keys() & found.keys())
        if found[name].shape != expected[name].shape
    ][:shown]
    return problems


def channels_last(module: _Module) -> _Module:
    """The module with its kernels laid out as processors and GPUs convolve them fastest."""
    # torch's type stubs lack the argument.
    return module.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]
