"""The models as the worker asks them."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bot.queue.models import ALTERNATIVES, OPTIONS, Models, threads_for
from bot.storage.tables import LONG, NORMAL, SHORT


class Captioner:
    """Says what it was asked."""

    version = "1"

    def __init__(self, fingerprint: str) -> None:
        self.fingerprint = fingerprint
        self.batches: list[tuple[int, dict[str, Any]]] = []

    def caption(self, images: list[Image.Image], **options: Any) -> list[Any]:
        self.batches.append((len(images), options))
        return [
            SimpleNamespace(
                text=f"{image.width} wide by {self.fingerprint}.",
                words=("a",),
                word_probabilities=(0.5,),
                log_probability=-1.0,
                confidence=0.25,
                alternatives=("Another.",),
                attention=np.ones((1, 7, 7), np.float32) if self.fingerprint == "b" else None,
            )
            for image in images
        ]


@pytest.fixture
def captioners() -> dict[str, Captioner]:
    return {"one": Captioner("a"), "two": Captioner("b")}


async def test_each_photo_is_captioned_by_its_models_in_its_detail(
    captioners: dict[str, Captioner],
) -> None:
    models = Models(captioners)
    photos = [Image.new("RGB", (width, 4)) for width in (10, 11, 12)]
    first, second, third = await models.caption(
        [
            (photos[0], ("one", "two"), NORMAL),
            (photos[1], ("two",), SHORT),
            (photos[2], ("two", "one"), NORMAL),
        ]
    )
    await models.close()
    assert [caption.text for caption in first] == ["10 wide by a.", "10 wide by b."]
    assert [caption.text for caption in second] == ["11 wide by b."]
    assert [caption.confidence for caption in second] == [0.25]
    assert [caption.text for caption in third] == ["12 wide by a.", "12 wide by b."]
    assert captioners["one"].batches == [(2, {"alternatives": ALTERNATIVES})]
    assert sorted(captioners["two"].batches, key=lambda batch: batch[0]) == [
        (1, {"alternatives": ALTERNATIVES, **OPTIONS[SHORT]}),
        (2, {"alternatives": ALTERNATIVES}),
    ]
    plain, attentive = first
    assert (plain.alternatives, plain.attention) == (("Another.",), None)
    assert attentive.attention is not None
    assert attentive.attention.shape == (1, 7, 7)
    variant = models.variants["two"]
    assert second[0].options == variant.options[SHORT]
    assert attentive.options == variant.options[NORMAL]


async def test_options_tell_weights_and_details_apart(captioners: dict[str, Captioner]) -> None:
    models = Models(captioners)
    described = [
        variant.options[detail]
        for variant in models.variants.values()
        for detail in (SHORT, NORMAL, LONG)
    ]
    await models.close()
    assert len(set(described)) == 6
    assert described[1] == "weights=a"


@pytest.mark.parametrize(
    ("models", "cores", "threads"),
    [(2, 1, 1), (2, 2, 1), (2, 4, 2), (2, 8, 4), (1, 8, 7), (0, 2, 1)],
)
def test_models_share_the_cores_that_the_event_loop_leaves(
    models: int, cores: int, threads: int
) -> None:
    assert threads_for(models, cores) == threads
