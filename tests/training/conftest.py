"""A tiny dataset in Flickr8k's official layout, drawn and captioned here."""

from pathlib import Path

import pytest
import torch
from PIL import Image, ImageDraw
from safetensors.torch import save_file

from captioning.torchvision_compat import torchvision
from training.prepare import prepare

COLOURS = {"red": (220, 30, 30), "green": (30, 180, 60), "blue": (40, 60, 220)}
SHAPES = ("circle", "square")


def _draw(colour: str, shape: str, offset: int) -> Image.Image:
    image = Image.new("RGB", (96, 80), (235, 235, 235))
    box = (16 + offset, 12, 64 + offset, 60)
    draw = ImageDraw.Draw(image)
    (draw.ellipse if shape == "circle" else draw.rectangle)(box, COLOURS[colour])
    return image


@pytest.fixture(scope="session")
def flickr8k(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("flickr8k")
    images, texts = root / "Flicker8k_Dataset", root / "Flickr8k_text"
    images.mkdir()
    texts.mkdir()
    captions: list[str] = []
    splits: dict[str, list[str]] = {"train": [], "dev": []}
    for offset in range(3):
        for colour in COLOURS:
            for shape in SHAPES:
                name = f"{colour}_{shape}_{offset}.jpg"
                _draw(colour, shape, offset * 4).save(images / name)
                splits["dev" if offset == 2 else "train"].append(name)
                captions += [
                    f"{name}#0\tA {colour} {shape} .",
                    f"{name}#1\tThere is a {colour} {shape} on white paper .",
                ]
    (texts / "Flickr8k.token.txt").write_text("\n".join(captions) + "\n", encoding="utf-8")
    for split, names in splits.items():
        listing = texts / f"Flickr_8k.{split}Images.txt"
        listing.write_text("\n".join(names) + "\n", encoding="utf-8")
    return root


@pytest.fixture(scope="session")
def prepared(flickr8k: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("prepared") / "flickr8k"
    prepare([flickr8k], out, min_count=1)
    return out


@pytest.fixture(scope="session")
def encoder_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "mobilenet_v3_small.safetensors"
    save_file(torchvision.models.mobilenet_v3_small().state_dict(), path)
    return path
