"""The review of a dataset in a real browser, with keys."""

from pathlib import Path
from typing import Any

import pytest
from browsers import NEEDS_BROWSER, open_page
from feedback_exports import ExportBuilder, photo

from training.datasets.decisions import load_decisions
from training.feedback.curate import curate
from training.feedback.curation_page import curation_page
from training.feedback.dataset_folder import write_dataset
from training.feedback.export_reader import read_export
from training.feedback.review_server import serve

playwright_api = pytest.importorskip("playwright.async_api", reason="playwright is not installed")
expect = playwright_api.expect
pytestmark = NEEDS_BROWSER

CAPTIONS = 4


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    builder = ExportBuilder()
    for number in range(CAPTIONS):
        people = tuple(range(number + 2))  # surer and surer
        builder.caption(photo(number), f"A dog & cat number {number}.", up=people)
    export = read_export(builder.write(tmp_path / "export.zip"))
    curated = curate([export], "dog cat number".split())
    write_dataset(curated, tmp_path / "dataset", curation_page)
    return tmp_path / "dataset"


def decided(dataset: Path) -> dict[str, tuple[str, str]]:
    return {
        caption: (decision.action, decision.text)
        for (_, caption), decision in load_decisions(dataset).made.items()
    }


async def shows(page: Any, number: int) -> None:
    await expect(page.locator("#caption")).to_have_text(f"A dog & cat number {number}.")


async def test_keep_fix_and_drop_with_keys(dataset: Path) -> None:
    async with serve(dataset, port=0) as url, open_page(url) as page:
        await shows(page, 0)
        photo_shown = page.locator("#photo")
        assert await photo_shown.evaluate("image => image.decode().then(() => image.naturalWidth)")

        await page.keyboard.press("k")
        await shows(page, 1)
        assert decided(dataset) == {"A dog & cat number 0.": ("keep", "")}

        await page.keyboard.press("f")
        field = page.get_by_label("Better:")
        await expect(field).to_have_value("A dog & cat number 1.")
        await field.fill("Keep dogs, drop cats")  # its letters are no keys
        await page.keyboard.press("Enter")
        await shows(page, 2)
        assert decided(dataset)["A dog & cat number 1."] == ("fix", "Keep dogs, drop cats")

        await page.reload()
        await shows(page, 2)
        await expect(page.locator("#counts")).to_have_text("2 of 4: 1 kept, 1 fixed, 0 dropped")

        await page.keyboard.press("d")
        await shows(page, 3)
        await page.keyboard.press("Enter")
        await expect(page.locator("#done")).to_be_visible()
        assert decided(dataset)["A dog & cat number 2."] == ("drop", "")
        assert len(decided(dataset)) == CAPTIONS

        await page.keyboard.press("ArrowLeft")
        await page.keyboard.press("ArrowLeft")
        await shows(page, 2)
        await expect(page.locator("#decision")).to_have_text("Dropped")
        await page.keyboard.press("u")
        await expect(page.locator("#decision")).to_have_text("")
        assert "A dog & cat number 2." not in decided(dataset)


async def test_a_fix_can_be_left(dataset: Path) -> None:
    async with serve(dataset, port=0) as url, open_page(url) as page:
        await shows(page, 0)
        await page.get_by_role("button", name="Fix").click()
        field = page.get_by_label("Better:")
        await field.fill("Nonsense")
        await page.keyboard.press("Escape")
        await expect(field).to_be_hidden()
        await shows(page, 0)
        assert decided(dataset) == {}
        await page.get_by_role("button", name="Drop").click()
        await shows(page, 1)
        assert decided(dataset) == {"A dog & cat number 0.": ("drop", "")}


async def test_on_a_phone(dataset: Path) -> None:
    async with serve(dataset, port=0) as url, open_page(url, width=360, height=740) as page:
        await shows(page, 0)
        wider = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not await page.evaluate(wider)
        await page.get_by_role("button", name="Keep").click()
        await shows(page, 1)
