"""A strong image network in OpenVINO's format, which only looks.

Any classifier will do that was converted with an input ``photo`` (B, 3, H, W), RGB from 0 to 255,
of any size, and the outputs ``grid`` (B, C, h, w), its last feature map, and ``logits`` (B, K).
"""

import hashlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from captioning import CaptioningError
from training.prepared import Split
from training.row_cache import cached_rows

SIZE = 256
"""Side of the photos it is shown, in pixels."""

_OUTPUTS = ("grid", "logits")


class NetworkError(CaptioningError):
    """A file is no network that can be used here."""


class Views(NamedTuple):
    """What the network sees in photos, as a whole."""

    mean: NDArray[np.float16]
    """(N, C), over the grid."""
    maximum: NDArray[np.float16]
    """(N, C), over the grid."""
    logits: NDArray[np.float16]
    """(N, K)."""


class StrongNetwork:
    """A network read from a file.

    Attributes:
        title: what people call it: its file's name.
        channels: C, length of its feature vectors.

    Raises:
        NetworkError: when there is none at `path`, or it is another kind of network; or when
            OpenVINO is not installed.
    """

    def __init__(self, path: Path) -> None:
        try:
            import openvino
        except ImportError as error:
            raise NetworkError(f"{path} needs OpenVINO: pip install openvino") from error
        if not path.is_file():
            raise NetworkError(f"there is no network at {path}")
        core = openvino.Core()
        try:
            model = core.read_model(path)
        except RuntimeError as error:
            reason = str(error).strip().splitlines()[-1]
            raise NetworkError(f"{path} is no network in OpenVINO's format: {reason}") from error
        names = {name for output in model.outputs for name in output.get_names()}
        inputs = [one.get_any_name() for one in model.inputs if one.get_names()]
        if inputs != ["photo"] or not names.issuperset(_OUTPUTS):
            raise NetworkError(
                f"{path} has the inputs {inputs} and outputs {sorted(names)}: it needs the input "
                "photo and the outputs grid and logits"
            )
        sizes = [model.output(name).get_partial_shape() for name in _OUTPUTS]
        if [len(size) for size in sizes] != [4, 2] or any(size[1].is_dynamic for size in sizes):
            raise NetworkError(f"{path} must give a grid (B, C, h, w) and logits (B, K)")
        self.title = path.stem
        self.channels, self._classes = (size[1].get_length() for size in sizes)
        self._compiled = core.compile_model(model, "CPU", {"PERFORMANCE_HINT": "LATENCY"})
        self._files = [path, *(one for one in [path.with_suffix(".bin")] if one.is_file())]

    def views(self, split: Split, folder: Path) -> Views:
        """What it sees in the photos of a prepared split, from `folder` when it is there.

        Raises:
            DatasetError: when the disk is too full.
            NetworkError: when it cannot look at photos of `SIZE`.
        """
        digest = hashlib.sha256(repr((SIZE, split.names)).encode())
        for path in self._files:
            digest.update(path.read_bytes())
        split.hash_pixels(digest)
        shape = (len(split), 2 * self.channels + self._classes)
        rows = cached_rows(
            digest.hexdigest(),
            shape,
            lambda part: self._look(split.pixels[part]),
            folder,
            f"what {self.title} sees",
        )
        return Views(*np.split(rows, [self.channels, 2 * self.channels], axis=1))

    def _look(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(B, S, S, 3) photos → (B, 2C + K)."""
        photos = torch.from_numpy(np.array(pixels)).permute(0, 3, 1, 2).float()
        photos = functional.interpolate(
            photos, (SIZE, SIZE), mode="bicubic", align_corners=False, antialias=True
        ).clamp(0, 255)
        try:
            found = self._compiled([photos.contiguous().numpy()])
        except RuntimeError as error:
            reason = str(error).strip().splitlines()[-1]
            raise NetworkError(
                f"{self.title} cannot look at photos of {SIZE} pixels: {reason}"
            ) from error
        grid, logits = (np.asarray(found[name], np.float32) for name in _OUTPUTS)
        return np.concatenate([grid.mean((2, 3)), grid.max((2, 3)), logits], 1)
