"""Decisions about captions: saved at once, told by other sites to nobody, heeded by readers."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from feedback_exports import ExportBuilder, photo

from training.datasets import DatasetError, load_dataset
from training.datasets.decisions import load_decisions
from training.feedback.curate import curate
from training.feedback.curation_page import curation_page
from training.feedback.dataset_folder import write_dataset
from training.feedback.export_reader import read_export
from training.feedback.review import Review, ReviewError
from training.feedback.review_server import ReviewStartError, serve

WORDS = "dog runs on grass number".split()


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    builder = ExportBuilder()
    for number in range(3):
        builder.caption(photo(number), f"A liked dog number {number}.", up=tuple(range(number + 2)))
    builder.correction(photo(0), "A dog runs on grass.", 9)
    export = read_export(builder.write(tmp_path / "export.zip"))
    write_dataset(curate([export], WORDS), tmp_path / "dataset", curation_page)
    return tmp_path / "dataset"


def captions(dataset: Path) -> set[str]:
    records = []
    for split in ("train", "dev", "test"):
        try:
            records += load_dataset(dataset, split)
        except DatasetError as error:
            assert "lists no photo" in str(error)
    return {caption for record in records for caption in record.captions}


def test_the_least_sure_come_first(dataset: Path) -> None:
    review = Review(dataset)
    weights = [item.weight for item in review.items]
    assert len(weights) == 4
    assert weights == sorted(weights)
    shown = review.shown(0)
    assert shown["caption"] == "A dog runs on grass."
    assert shown["others"] == ("A liked dog number 0.",)
    assert shown["decision"] is None


def test_decisions_are_saved_and_can_be_taken_back(dataset: Path) -> None:
    review = Review(dataset)
    review.decide(0, "drop")
    review.decide(1, "fix", " A  better\u200b dog. ")
    review.decide(2, "keep")
    assert captions(dataset) == {"A better dog.", review.items[2].caption, review.items[3].caption}
    again = Review(dataset)
    assert again.counts() == {"all": 4, "keep": 1, "fix": 1, "drop": 1}
    assert again.next_open() == 3
    again.decide(0, None)
    assert "A dog runs on grass." in captions(dataset)
    assert Review(dataset).next_open() == 0


@pytest.mark.parametrize(
    ("number", "action", "text", "message"),
    [
        (0, "burn", "", "no action 'burn'"),
        (0, "fix", " … ", "needs words"),
        (0, "fix", "a dog " * 40, "at most 200"),
        (4, "keep", "", "no such caption"),
        (-1, "keep", "", "no such caption"),
    ],
)
def test_refused_decisions(
    dataset: Path, number: int, action: str, text: str, message: str
) -> None:
    review = Review(dataset)
    with pytest.raises(ReviewError, match=message):
        review.decide(number, action, text)
    assert load_decisions(dataset).made == {}


def test_a_decision_that_cannot_be_saved_is_none(
    dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    review = Review(dataset)
    review.decide(0, "keep")

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", full)
        for number in (0, 1):
            with pytest.raises(OSError, match="No space"):
                review.decide(number, "drop")
    assert review.counts() == {"all": 4, "keep": 1, "fix": 0, "drop": 0}
    assert Review(dataset).counts() == review.counts()
    assert not [path for path in dataset.iterdir() if path.name.startswith(".")]


def test_other_datasets_are_not_reviewed(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="is missing"):
        Review(tmp_path)
    (tmp_path / "captions.json").write_text('[{"image": "a.jpg", "captions": ["A dog."]}]')
    with pytest.raises(DatasetError, match="not written by 'caption-train curate'"):
        Review(tmp_path)


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def test_the_api(dataset: Path, http: aiohttp.ClientSession) -> None:
    async with serve(dataset, port=0) as url:
        async with http.get(f"{url}/api/progress") as response:
            assert (await response.json())["next"] == 0
        async with http.post(f"{url}/api/captions/0", json={"action": "drop"}) as response:
            state: dict[str, Any] = await response.json()
        assert (state["next"], state["counts"]["drop"]) == (1, 1)
        async with http.get(f"{url}/photos/0") as response:
            assert (await response.read())[:2] == b"\xff\xd8"
            assert response.headers["Cache-Control"] == "no-store"
        for body in ({}, [], {"action": 5}, {"action": "fix", "text": 5}):
            async with http.post(f"{url}/api/captions/0", json=body) as response:
                assert response.status == 400
        async with http.get(f"{url}/api/captions/99") as response:
            assert response.status == 400
    assert "A dog runs on grass." not in captions(dataset)


async def test_other_sites_may_not_decide(dataset: Path, http: aiohttp.ClientSession) -> None:
    async with serve(dataset, port=0) as url:
        target = f"{url}/api/captions/0"
        attempts: list[tuple[dict[str, Any], int]] = [
            ({"json": {"action": "drop"}, "headers": {"Origin": "https://evil.example"}}, 403),
            ({"json": {"action": "drop"}, "headers": {"Host": "evil.example"}}, 403),
            ({"data": '{"action": "drop"}', "headers": {"Content-Type": "text/plain"}}, 415),
        ]
        for options, status in attempts:
            async with http.post(target, **options) as response:
                assert response.status == status
        async with http.get(f"{url}/photos/0", headers={"Host": "evil.example"}) as response:
            assert response.status == 403
    assert load_decisions(dataset).made == {}


async def test_a_port_that_is_taken(dataset: Path) -> None:
    async with serve(dataset, port=0) as url:
        with pytest.raises(ReviewStartError, match="choose another --port"):
            async with serve(dataset, port=int(url.rpartition(":")[2])):
                pass
