from web_parts import PHOTO, VISITOR, Parts

from bot.queue.failures import Failure
from bot.web.answers import described
from captioning.catalogue import attentive_models, title


async def test_captions_come_with_how_sure_and_where_the_models_looked(parts: Parts) -> None:
    upload = await parts.captioned()
    told = described(upload, 0)
    assert told["status"] == "done"
    captions = told["captions"]
    assert isinstance(captions, list)
    assert [it["title"] for it in captions] == [title(it.model) for it in upload.captions]
    by_title = {it["title"]: it for it in captions}
    weights = by_title[title(attentive_models()[0])]["attention"]
    assert len(weights) == 2
    assert [len(row) for row in weights[0]] == [7] * 7
    assert any(it["attention"] is None for it in captions)
    assert all(it["confidence"] is None and not it["unsure"] for it in captions)


async def test_says_how_many_photos_are_before_it(parts: Parts) -> None:
    upload = parts.uploads.add(VISITOR, 7, PHOTO)
    assert described(upload, 3) == {"id": upload.id, "status": "waiting", "before": 2}
    assert described(upload, 0)["before"] == 0


async def test_says_why_there_are_no_captions(parts: Parts) -> None:
    upload = parts.uploads.add(VISITOR, 7, b"")
    upload.problem = Failure.BAD_IMAGE
    upload.done.set()
    told = described(upload, 0)
    assert told["status"] == "failed"
    assert "cannot be read" in str(told["error"])


async def test_opinions_are_part_of_it(parts: Parts) -> None:
    upload = await parts.captioned()
    await parts.opinions.rate(upload, 1, -1, "en")
    await parts.opinions.correct(upload, "An astronaut smiles.", "en")
    told = described(upload, 0)
    assert [it["rating"] for it in told["captions"]] == [0, -1]  # type: ignore[attr-defined]
    assert told["own"] == "An astronaut smiles."
