from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot.people.users import Person
from bot.queue.claims import Claims
from bot.queue.failures import Failure
from bot.queue.jobs import Accepted, Jobs, PhotoRef
from bot.queue.steps import NewCaption, Outcome, Variant
from bot.storage import Database
from bot.storage.tables import ALT_TEXT, ANSWER, DONE, FAILED, LONG, NORMAL, SHORT, Job, utc_now
from bot.telegram.answer_view import outcome_keyboard, outcome_text

BOT_ID = 42
RESNET, MOBILENET = "resnet34-lstm", "mobilenet-attention"
VARIANTS = {RESNET: Variant("1", dict.fromkeys((SHORT, NORMAL, LONG), "default"))}


@pytest.fixture
def claims(database: Database) -> Claims:
    return Claims(database, BOT_ID, VARIANTS)


class Sender:
    """Sends photos of one album."""

    def __init__(self, database: Database) -> None:
        self.jobs = Jobs(database)

    async def send(
        self,
        message_id: int,
        photo: str | None = None,
        purpose: str = ANSWER,
        models: Sequence[str] = (RESNET,),
    ) -> int:
        unique = photo or f"unique-{message_id}"
        accepted = await self.jobs.accept(
            bot_id=BOT_ID,
            chat_id=7,
            message_id=message_id,
            user=Person(7, "en"),
            photo=PhotoRef(f"file-{unique}", unique),
            models=models,
            media_group_id="album",
            purpose=purpose,
        )
        assert isinstance(accepted, Accepted)
        return accepted.job_id


@pytest.fixture
def sender(database: Database) -> Sender:
    return Sender(database)


async def gather(database: Database) -> None:
    """Let the moment pass in which more photos are waited for."""
    async with database.write() as session:
        past = utc_now() - timedelta(seconds=1)
        await session.execute(update(Job).values(gather_until=past, run_after=past))


async def caption_all(claims: Claims) -> None:
    for work in await claims.unannounced(100):
        await claims.announced(work.claim, 1000 + work.message_id)
    for task in await claims.uncaptioned(100):
        texts = [
            NewCaption(name, "1", "default", f"{task.file_id}.", ("a",), (0.5,), -0.7, 12.0)
            for name in task.missing
        ]
        await claims.store({task.claim: texts})


async def shown(claims: Claims, database: Database) -> Outcome:
    await caption_all(claims)
    await gather(database)
    [outcome] = await claims.unshown(10)
    return outcome


def photos(outcome: Outcome) -> list[str]:
    return [answer.failure or answer.captions[0].text for answer in outcome.answers]


async def states(database: Database) -> set[str]:
    async with database.read() as session:
        return set(await session.scalars(select(Job.state)))


async def test_one_answer_in_the_order_of_the_messages(
    claims: Claims, database: Database, sender: Sender
) -> None:
    lead = await sender.send(3)
    for message_id in (1, 2, 1):
        await sender.send(message_id)
    [announcement] = await claims.unannounced(10)
    assert announcement.is_album
    await claims.announced(announcement.claim, 1000)
    outcome = await shown(claims, database)
    assert outcome.claim.job_id == lead
    assert photos(outcome) == ["file-unique-1.", "file-unique-2.", "file-unique-3."]
    assert await claims.finish(outcome.claim)
    assert await states(database) == {DONE}
    assert await claims.unshown(10) == []


async def test_nothing_is_shown_while_photos_may_come_or_are_captioned(
    claims: Claims, database: Database, sender: Sender
) -> None:
    await sender.send(1)
    await caption_all(claims)
    assert await claims.unshown(10) == []
    await sender.send(2)
    await gather(database)
    assert await claims.unshown(10) == []
    assert len((await shown(claims, database)).answers) == 2


async def test_a_late_photo_opens_the_answer_again(
    claims: Claims, database: Database, sender: Sender
) -> None:
    await sender.send(1)
    first = await shown(claims, database)
    await sender.send(2)
    await caption_all(claims)  # while the first is being shown
    await claims.finish(first.claim)
    second = await shown(claims, database)
    assert len(second.answers) == 2
    await claims.finish(second.claim)
    await sender.send(3)
    third = await shown(claims, database)
    assert third.placeholder_id == 1001
    assert len(third.answers) == 3


async def test_a_photo_that_comes_after_a_kill_while_sending_has_its_own_answer(
    claims: Claims, database: Database, sender: Sender
) -> None:
    await sender.send(1)
    await sender.send(2)
    outcome = await shown(claims, database)
    await claims.sending(outcome.claim)
    await sender.send(3)
    await caption_all(claims)
    await claims.free()
    in_doubt = await shown(claims, database)
    assert in_doubt.in_doubt
    assert await claims.finish(in_doubt.claim)
    again = await shown(claims, database)
    assert not again.in_doubt
    assert photos(again) == ["file-unique-3."]
    await claims.finish(again.claim, 5)
    assert await states(database) == {DONE}
    await sender.send(4)
    assert photos(await shown(claims, database)) == ["file-unique-3.", "file-unique-4."]


async def test_a_claim_that_ran_out_is_taken_over_with_the_album(
    claims: Claims, database: Database, sender: Sender
) -> None:
    await sender.send(1)
    await sender.send(2)
    old = await shown(claims, database)
    async with database.write() as session:
        await session.execute(update(Job).values(lease_until=utc_now() - timedelta(seconds=1)))
    new = await shown(claims, database)
    assert not await claims.finish(old.claim)
    assert await claims.finish(new.claim)
    assert await states(database) == {DONE}


async def test_the_lease_of_an_album_is_renewed_as_a_whole(
    claims: Claims, database: Database, sender: Sender
) -> None:
    await sender.send(1)
    await sender.send(2)
    outcome = await shown(claims, database)
    async with database.write() as session:
        await session.execute(update(Job).values(lease_until=utc_now() - timedelta(seconds=1)))
    await claims.renew([outcome.claim])
    async with database.read() as session:
        leases = list(await session.scalars(select(Job.lease_until)))
    assert len(leases) == 2
    assert min(leases) > utc_now()


async def test_who_cannot_be_told_leaves_nothing_to_do(
    claims: Claims, database: Database, sender: Sender
) -> None:
    await sender.send(1)
    await sender.send(2)
    [announcement] = await claims.unannounced(10)
    await claims.abandon(announcement.claim, Failure.BLOCKED, blocked=True)
    assert await states(database) == {FAILED}
    assert await claims.uncaptioned(10) == []


async def test_a_photo_that_fails_has_its_reason_in_its_line(
    claims: Claims, database: Database, sender: Sender
) -> None:
    lead = await sender.send(1)
    second = await sender.send(2)
    [announcement] = await claims.unannounced(10)
    await claims.announced(announcement.claim, 1000)
    for task in await claims.uncaptioned(10):
        if task.claim.job_id == lead:
            await claims.fail(task.claim, Failure.BAD_IMAGE)
        else:
            await claims.give_back(task.claim)
    outcome = await shown(claims, database)
    assert photos(outcome) == ["bad_image", "file-unique-2."]
    assert outcome_text(outcome).startswith("<b>ResNet-34 + LSTM</b>\n1. ⚠️ I could not read")
    keyboard = outcome_keyboard(outcome)
    assert keyboard is not None
    assert keyboard.inline_keyboard[0][0].callback_data.startswith(f"r:{second}:")


async def test_an_edited_message_shows_its_newest_photo(
    claims: Claims, database: Database, sender: Sender
) -> None:
    await sender.send(1)
    await sender.send(2)
    await sender.send(1, "edited")
    assert photos(await shown(claims, database)) == ["file-edited.", "file-unique-2."]


async def test_an_album_of_known_photos_is_answered_without_a_placeholder(
    claims: Claims, database: Database, sender: Sender
) -> None:
    await sender.send(1)
    await sender.send(2)
    await claims.finish((await shown(claims, database)).claim)
    async with database.write() as session:
        await session.execute(update(Job).values(media_group_id="before"))
    await sender.send(3, "unique-1")
    await sender.send(4, "unique-2")
    assert await claims.unannounced(10) == []
    await caption_all(claims)
    await gather(database)
    assert await claims.unannounced(10) == []
    [outcome] = await claims.unshown(10)
    assert outcome.placeholder_id is None
    assert photos(outcome) == ["file-unique-1.", "file-unique-2."]


async def test_another_model_is_asked_about_all_photos(
    claims: Claims, database: Database, sender: Sender
) -> None:
    await sender.send(1)
    second = await sender.send(2)
    await claims.finish((await shown(claims, database)).claim)
    assert await sender.jobs.also_ask(second, MOBILENET)
    assert not await sender.jobs.also_ask(second, MOBILENET)
    both = Claims(
        database, BOT_ID, {name: Variant("1", {NORMAL: "default"}) for name in (RESNET, MOBILENET)}
    )
    outcome = await shown(both, database)
    assert [len(answer.captions) for answer in outcome.answers] == [2, 2]


async def test_an_alternative_text_has_no_placeholder_and_its_failure_no_message(
    claims: Claims, database: Database, sender: Sender
) -> None:
    await sender.send(1, purpose=ALT_TEXT)
    await sender.send(2, purpose=ALT_TEXT)
    assert await claims.unannounced(10) == []
    for task in await claims.uncaptioned(10):
        await claims.fail(task.claim, Failure.BAD_IMAGE)
    await gather(database)
    assert await claims.unshown(10) == []
    assert await states(database) == {FAILED}
