"""Images to the normalised square batch that a model sees."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from captioning.images.parallel import in_parallel


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """How an image becomes a model's input; a checkpoint stores it beside the weights."""

    size: int = 224
    """Side of the square input, in pixels."""
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    """Subtracted from each channel (red, green, blue; of pixels between 0 and 1)."""
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)
    """Each channel is divided by it afterwards."""
    resize: Literal["squeeze", "centre-crop"] = "squeeze"
    """`squeeze` shows the model the whole photo, its sides scaled apart; `centre-crop` keeps the
    proportions and loses the edges."""
    resize_to: int | None = None
    """Length of the short side before a centre crop, in pixels; unused by `squeeze`."""
    both_sides: bool = False
    """Whether the encoder sees the photo's mirror image too, and the decoder the mean of both
    (`captioning.encoders.mean_of_both_sides`). It takes twice the time."""

    def __post_init__(self) -> None:
        if self.size < 1:
            raise ValueError(f"size must be at least 1, not {self.size}")
        if len(self.mean) != 3 or len(self.std) != 3:
            raise ValueError("mean and std must have three numbers each")
        if min(self.std) <= 0:
            raise ValueError(f"std must be above 0, not {self.std}")
        if self.resize not in ("squeeze", "centre-crop"):
            raise ValueError(f'resize must be "squeeze" or "centre-crop", not "{self.resize}"')
        if self.resize == "centre-crop" and (self.resize_to or 0) < self.size:
            raise ValueError(f"a centre crop needs resize_to of at least size ({self.size})")


def pixels(images: Sequence[Image.Image], preprocessing: Preprocessing) -> NDArray[np.float32]:
    """Return the batch (B, 3, size, size) of normalised channels; `images` are RGB."""
    mean = np.asarray(preprocessing.mean, dtype=np.float32)
    std = np.asarray(preprocessing.std, dtype=np.float32)
    values = squares(images, preprocessing).astype(np.float32)
    return np.ascontiguousarray(((values / 255 - mean) / std).transpose(0, 3, 1, 2))


def squares(images: Sequence[Image.Image], preprocessing: Preprocessing) -> NDArray[np.uint8]:
    """Return the batch (B, size, size, 3) of what a model sees; `images` are RGB."""
    side = preprocessing.size
    batch = np.empty((len(images), side, side, 3), dtype=np.uint8)
    scaled = in_parallel(lambda image: squared(image, preprocessing), images)
    for row, image in zip(batch, scaled, strict=True):
        row[:] = np.asarray(image)
    return batch


def squared(image: Image.Image, preprocessing: Preprocessing) -> Image.Image:
    """Return the image as the (size, size) square that a model sees."""
    side = preprocessing.size
    if preprocessing.resize == "squeeze" or preprocessing.resize_to is None:
        # A large photo is first averaged over whole pixels, which takes a third of the time.
        return image.resize((side, side), Image.Resampling.BICUBIC, reducing_gap=1.0)
    # Rounded as torchvision's Resize and CenterCrop do, for whose pixels imported models were made.
    shorter = min(image.size)
    width, height = (preprocessing.resize_to * length // shorter for length in image.size)
    left, top = round((width - side) / 2), round((height - side) / 2)
    image = image.resize((width, height), Image.Resampling.BILINEAR)
    return image.crop((left, top, left + side, top + side))
