"""From photos to what a network takes."""

import numpy as np
import pytest
from PIL import Image
from scenes import COLOURS, quarters

from captioning.images import Preprocessing, pixels, squared
from captioning.torchvision_compat import torchvision

PLAIN = Preprocessing(size=8, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))


def test_pixels_squeezes_the_whole_photo() -> None:
    batch = pixels([quarters(), quarters().resize((31, 77))], PLAIN)
    assert batch.shape == (2, 3, 8, 8)
    assert batch.dtype == np.float32
    corners = batch[:, :, [1, 1, 6, 6], [1, 6, 1, 6]].transpose(0, 2, 1)
    expected = np.array(COLOURS, dtype=np.float32) / 255
    np.testing.assert_allclose(corners[0], expected, atol=0.05)
    np.testing.assert_allclose(corners[1], expected, atol=0.05)


def test_pixels_crops_the_centre() -> None:
    image = Image.new("RGB", (300, 100), "red")
    image.paste("blue", (100, 0, 200, 100))
    crop = Preprocessing(
        size=80, mean=PLAIN.mean, std=PLAIN.std, resize="centre-crop", resize_to=100
    )
    batch = pixels([image], crop)
    assert batch.shape == (1, 3, 80, 80)
    np.testing.assert_allclose(batch[0, 2], 1)
    np.testing.assert_allclose(batch[0, 0], 0)


@pytest.mark.parametrize("size", [(500, 333), (301, 417), (256, 256), (37, 1000), (641, 259)])
def test_a_centre_crop_has_the_very_pixels_of_torchvisions(size: tuple[int, int]) -> None:
    transforms = torchvision.transforms
    noise = np.random.default_rng(3).integers(0, 256, (*size[::-1], 3), dtype=np.uint8)
    image = Image.fromarray(noise)
    theirs = transforms.CenterCrop(224)(transforms.Resize(256)(image))
    crop = Preprocessing(size=224, resize="centre-crop", resize_to=256)
    np.testing.assert_array_equal(np.asarray(squared(image, crop)), np.asarray(theirs))


def test_pixels_normalises_each_channel() -> None:
    preprocessing = Preprocessing(size=2, mean=(0.5, 0.25, 0.0), std=(0.5, 0.25, 2.0))
    batch = pixels([Image.new("RGB", (2, 2), (255, 0, 255))], preprocessing)
    np.testing.assert_allclose(batch[0, :, 0, 0], [1.0, -1.0, 0.5])


def test_pixels_of_nothing_is_an_empty_batch() -> None:
    assert pixels([], PLAIN).shape == (0, 3, 8, 8)


def test_scaling_down_keeps_fine_patterns_from_aliasing() -> None:
    stripes = np.zeros((64, 64, 3), dtype=np.uint8)
    stripes[:, ::2] = 255
    batch = pixels([Image.fromarray(stripes)], PLAIN)
    np.testing.assert_allclose(batch, 0.5, atol=0.1)


@pytest.mark.parametrize(
    "options",
    [
        {"size": 0},
        {"mean": (0.5, 0.5)},
        {"std": (0.5, 0.5, 0.0)},
        {"resize": "stretch"},
        {"resize": "centre-crop"},
        {"resize": "centre-crop", "resize_to": 100},
    ],
)
def test_preprocessing_refuses_nonsense(options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"size|mean|std|resize"):
        Preprocessing(**options)
