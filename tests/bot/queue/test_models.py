"""The models as the worker asks them."""

import asyncio
import threading
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bot.queue.models import ALTERNATIVES, OPTIONS, Candidate, Models, takes_part, threads_for
from bot.queue.steps import Variant
from bot.storage.tables import LONG, NORMAL, SHORT

ALICE = 1001


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


def photo(width: int) -> Image.Image:
    return Image.new("RGB", (width, 4))


def asked(models: Models, *names: str, user_id: int = ALICE) -> dict[str, Variant]:
    variants = models.variants(user_id)
    return {name: variants[name] for name in names}


async def test_each_photo_is_captioned_by_its_models_in_its_detail(
    captioners: dict[str, Captioner],
) -> None:
    models = Models(captioners)
    first, second, third = await models.caption(
        [
            (photo(10), asked(models, "one", "two"), NORMAL),
            (photo(11), asked(models, "two"), SHORT),
            (photo(12), asked(models, "two", "one"), NORMAL),
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
    variant = models.variants(ALICE)["two"]
    assert second[0].options == variant.options[SHORT]
    assert attentive.options == variant.options[NORMAL]


async def test_options_tell_weights_and_details_apart(captioners: dict[str, Captioner]) -> None:
    models = Models(captioners)
    described = [
        variant.options[detail]
        for variant in models.variants(ALICE).values()
        for detail in (SHORT, NORMAL, LONG)
    ]
    await models.close()
    assert len(set(described)) == 6
    assert described[1] == "weights=a"


async def test_a_promotion_counts_for_photos_that_are_claimed_after_it(
    captioners: dict[str, Captioner],
) -> None:
    models = Models(captioners)
    before = asked(models, "one", "two")
    models.serve(captioners | {"one": Captioner("new")})
    after = asked(models, "one", "two")
    old, new = await models.caption([(photo(10), before, NORMAL), (photo(11), after, NORMAL)])
    await models.close()
    assert [caption.text for caption in old] == ["10 wide by a.", "10 wide by b."]
    assert [caption.text for caption in new] == ["11 wide by new.", "11 wide by b."]
    assert old[0].options == before["one"].options[NORMAL] == "weights=a"
    assert new[0].options == after["one"].options[NORMAL] == "weights=new"


async def test_photos_that_wait_for_a_busy_model_are_put_together_by_version(
    captioners: dict[str, Captioner],
) -> None:
    models = Models(captioners)
    busy, let_go = threading.Event(), threading.Event()
    caption = captioners["one"].caption

    def held(images: list[Image.Image], **options: Any) -> list[Any]:
        busy.set()
        assert let_go.wait(10)
        return caption(images, **options)

    captioners["one"].caption = held  # type: ignore[method-assign]
    before = asked(models, "one")
    first = asyncio.create_task(models.caption([(photo(10), before, NORMAL)]))
    assert await asyncio.to_thread(busy.wait, 10)
    promoted = Captioner("new")
    models.serve(captioners | {"one": promoted})
    later = [
        asyncio.create_task(models.caption([(photo(11 + number), variants, NORMAL)]))
        for number, variants in enumerate(
            [before, asked(models, "one"), before, asked(models, "one")]
        )
    ]
    await asyncio.sleep(0)
    # It is looked at every few seconds what answers, also when nothing was promoted.
    models.serve(captioners | {"one": promoted})
    later.append(asyncio.create_task(models.caption([(photo(15), asked(models, "one"), NORMAL)])))
    await asyncio.sleep(0)
    let_go.set()
    texts = [found[0][0].text for found in await asyncio.gather(first, *later)]
    await models.close()
    by = ["a", "a", "new", "a", "new", "new"]
    assert texts == [f"{10 + number} wide by {name}." for number, name in enumerate(by)]
    assert [size for size, _options in captioners["one"].batches] == [1, 2]
    assert [size for size, _options in promoted.batches] == [3]


async def test_a_candidate_answers_the_same_share_of_the_people_every_time(
    captioners: dict[str, Captioner],
) -> None:
    models = Models(captioners)
    candidate = Captioner("candidate")
    candidate.version = "2"
    models.serve(captioners, {"one": Candidate(candidate, 20)})
    again = Models(captioners)
    again.serve(captioners, {"one": Candidate(candidate, 20)})
    served = {person: models.variants(person)["one"].version for person in range(2000)}
    assert served == {person: again.variants(person)["one"].version for person in range(2000)}
    assert 320 < list(served.values()).count("2") < 480
    assert {models.variants(person)["two"].version for person in range(2000)} == {"1"}

    theirs = next(person for person, version in served.items() if version == "2")
    found = await models.caption([(photo(10), asked(models, "one", user_id=theirs), NORMAL)])
    assert found[0][0].text == "10 wide by candidate."
    await models.close()
    await again.close()


def test_nobody_leaves_a_trial_whose_share_grows() -> None:
    people = range(2000)
    shares = [
        {person for person in people if takes_part(person, "model 2", percent)}
        for percent in (5, 20, 50)
    ]
    assert shares[0] < shares[1] < shares[2]
    assert 850 < len(shares[2]) < 1150


def test_another_trial_is_of_other_people() -> None:
    both = [
        person
        for person in range(2000)
        if takes_part(person, "model 2", 50) and takes_part(person, "model 3", 50)
    ]
    assert 400 < len(both) < 600


@pytest.mark.parametrize(
    ("models", "cores", "threads"),
    [(2, 1, 1), (2, 2, 1), (2, 4, 2), (2, 8, 4), (1, 8, 7), (0, 2, 1)],
)
def test_models_share_the_cores_that_the_event_loop_leaves(
    models: int, cores: int, threads: int
) -> None:
    assert threads_for(models, cores) == threads
