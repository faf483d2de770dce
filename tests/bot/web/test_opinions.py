"""What is stored of visitors, and above all what is not."""

import pytest
from sqlalchemy import func, select
from web_parts import ANOTHER, OTHER, VISITOR, Parts

from bot.feedback.caption_rules import CaptionRefusedError
from bot.people.privacy import Privacy
from bot.queue.claims import Claims
from bot.storage import Database
from bot.storage.columns import Base
from bot.storage.tables import Answer, Caption, Correction, Job, Photo, Rating, User

OWN = "An astronaut smiles in front of a flag."


async def rows(database: Database, *tables: type[Base]) -> list[int]:
    async with database.read() as session:
        return [await session.scalar(select(func.count()).select_from(it)) or 0 for it in tables]


async def nothing_is_stored(parts: Parts) -> bool:
    counts = await rows(parts.database, User, Photo, Job, Caption, Answer, Rating, Correction)
    return counts == [0] * 7 and parts.kept == []


async def test_nothing_is_stored_until_a_caption_is_rated(parts: Parts) -> None:
    upload = await parts.captioned()
    await parts.fetch()
    assert await nothing_is_stored(parts)
    assert await parts.opinions.rate(upload, 1, -1, "ru") == -1
    await parts.fetch()
    assert len(parts.kept) == 1
    assert await rows(parts.database, User, Photo, Job, Rating) == [1, 1, 1, 1]
    async with parts.database.read() as session:
        text = await session.scalar(select(Caption.text).join(Rating))
        assert text == upload.captions[1].text


async def test_a_rating_taken_back_takes_everything_with_it(parts: Parts) -> None:
    upload = await parts.captioned()
    await parts.opinions.rate(upload, 0, 1, "en")
    await parts.fetch()
    assert await parts.opinions.rate(upload, 0, 1, "en") == 0
    assert await nothing_is_stored(parts)
    assert await parts.opinions.rate(upload, 0, -1, "en") == -1
    await parts.fetch()
    assert len(parts.kept) == 1


async def test_a_correction_is_stored_replaced_and_withdrawn(parts: Parts) -> None:
    upload = await parts.captioned()
    assert await parts.opinions.correct(upload, f"  {OWN} ", "en") == OWN
    assert await parts.opinions.correct(upload, OWN + " Twice.", "en") == OWN + " Twice."
    assert await rows(parts.database, Correction, Job) == [1, 1]
    await parts.fetch()
    assert len(parts.kept) == 1
    await parts.opinions.withdraw(upload)
    assert await nothing_is_stored(parts)


async def test_what_is_refused_stores_nothing(parts: Parts) -> None:
    upload = await parts.captioned()
    with pytest.raises(CaptionRefusedError):
        await parts.opinions.correct(upload, "www.example.com", "en")
    with pytest.raises(IndexError):
        await parts.opinions.rate(upload, len(upload.captions), 1, "en")
    with pytest.raises(IndexError):
        await parts.opinions.rate(upload, -1, 1, "en")
    assert await nothing_is_stored(parts)


async def test_two_who_send_the_same_photo_keep_it_once(parts: Parts) -> None:
    one, other = await parts.captioned(), await parts.captioned(OTHER)
    await parts.opinions.rate(one, 0, 1, "en")
    await parts.opinions.rate(other, 0, -1, "en")
    await parts.fetch()
    assert await rows(parts.database, Photo, Job, Rating) == [1, 2, 2]
    await parts.opinions.forget(one)
    assert await rows(parts.database, User, Photo, Job, Rating) == [1, 1, 1, 1]
    assert len(parts.kept) == 1
    await parts.opinions.forget(other)
    assert await nothing_is_stored(parts)


async def test_who_has_other_photos_keeps_them(parts: Parts) -> None:
    one, other = await parts.captioned(), await parts.captioned(data=ANOTHER)
    await parts.opinions.rate(one, 0, 1, "en")
    await parts.opinions.rate(other, 0, 1, "en")
    await parts.opinions.forget(one)
    assert await rows(parts.database, User, Photo, Job, Rating) == [1, 1, 1, 1]


async def test_who_was_forgotten_can_rate_again(parts: Parts) -> None:
    upload = await parts.captioned()
    await parts.opinions.rate(upload, 0, 1, "en")
    assert await Privacy(parts.database, parts.kept_photos).forget(VISITOR)
    assert await parts.opinions.rate(upload, 0, 1, "en") == 1
    assert await rows(parts.database, User, Rating) == [1, 1]


async def test_what_was_said_about_a_photo_is_known_when_it_is_sent_again(parts: Parts) -> None:
    upload = await parts.captioned()
    await parts.opinions.rate(upload, 1, -1, "en")
    await parts.opinions.correct(upload, OWN, "en")
    parts.uploads.drop(upload)  # its hour is over
    again = await parts.captioned(captions=upload.captions)
    assert again is not upload
    await parts.opinions.recall(again)
    assert (again.ratings, again.correction and again.correction[1]) == ({0: 0, 1: -1}, OWN)
    assert await parts.opinions.rate(again, 1, -1, "en") == 0
    await parts.opinions.withdraw(again)
    assert await nothing_is_stored(parts)


async def test_no_worker_takes_it_up(parts: Parts) -> None:
    upload = await parts.captioned()
    await parts.opinions.rate(upload, 0, 1, "en")
    claims = Claims(parts.database, 4242, parts.models.variants)
    assert not await claims.unannounced(10)
    assert not await claims.uncaptioned(10)
    assert not await claims.unshown(10)
