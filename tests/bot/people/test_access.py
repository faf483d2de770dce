"""Whom the bot serves."""

from typing import Any

import pytest

from bot.people.access import Access, Banned, CannotBanError, Verdict
from bot.people.chat_settings import ChatSettings
from bot.storage import Database
from bot.storage.tables import CAPTIONED, DONE, FAILED, QUEUED, Job

ALICE, BOB, ADMIN, GROUP, BOT = 1001, 1002, 1003, -100200300, 4242


@pytest.fixture
def access(database: Database) -> Access:
    return Access(database, admin_ids=frozenset({ADMIN}))


async def test_everyone_is_served_until_banned(access: Access) -> None:
    assert await access.check(ALICE, ALICE) is Verdict.SERVED
    assert (await access.ban(ALICE, by=ADMIN, bot_id=BOT)).is_new
    assert not (await access.ban(ALICE, by=ADMIN, bot_id=BOT)).is_new
    assert await access.check(ALICE, GROUP) is Verdict.BANNED
    assert await access.check(BOB, GROUP) is Verdict.SERVED
    assert await access.unban(ALICE)
    assert not await access.unban(ALICE)
    assert await access.check(ALICE, ALICE) is Verdict.SERVED


async def test_a_banned_chat_serves_administrators_only(access: Access) -> None:
    await access.ban(GROUP, by=ADMIN, bot_id=BOT)
    assert await access.check(ALICE, GROUP) is Verdict.BANNED
    assert await access.check(None, GROUP) is Verdict.BANNED
    assert await access.check(ADMIN, GROUP) is Verdict.SERVED


async def test_a_private_bot_serves_its_list(database: Database) -> None:
    access = Access(database, allowed_ids=frozenset({ALICE, GROUP}), admin_ids=frozenset({ADMIN}))
    assert await access.check(ALICE, ALICE) is Verdict.SERVED
    assert await access.check(BOB, BOB) is Verdict.NOT_INVITED
    assert await access.check(BOB, GROUP) is Verdict.SERVED
    assert await access.check(None, -5) is Verdict.NOT_INVITED
    assert await access.check(ADMIN, ADMIN) is Verdict.SERVED


async def test_a_group_stays_on_the_list_when_it_becomes_a_supergroup(database: Database) -> None:
    supergroup = -1000000000300
    access = Access(database, allowed_ids=frozenset({GROUP}))
    assert await access.check(BOB, supergroup) is Verdict.NOT_INVITED
    await ChatSettings(database).follow(GROUP, supergroup)
    assert await access.check(BOB, supergroup) is Verdict.SERVED
    assert await access.check(BOB, BOB) is Verdict.NOT_INVITED


async def test_a_refusal_is_told_once(access: Access) -> None:
    assert await access.is_first_refusal(ALICE)
    assert not await access.is_first_refusal(ALICE)
    assert await access.is_first_refusal(BOB)


@pytest.mark.parametrize("subject", [ADMIN, BOT])
async def test_some_cannot_be_banned(access: Access, subject: int) -> None:
    with pytest.raises(CannotBanError):
        await access.ban(subject, by=ADMIN, bot_id=BOT)
    assert not await access.unban(subject)


async def test_waiting_photos_of_a_banned_person_are_dropped(
    access: Access, database: Database, filler: Any
) -> None:
    answered = await filler.photo_sent(ALICE, placeholder_id=5)
    waiting = await filler.photo_sent(ALICE, state=QUEUED, placeholder_id=6)
    captioned = await filler.photo_sent(ALICE, state=CAPTIONED)
    others = await filler.photo_sent(BOB, state=QUEUED, placeholder_id=7)

    assert await access.ban(ALICE, by=ADMIN, bot_id=BOT) == Banned(True, 2, ((ALICE, 6),))
    async with database.read() as session:
        states = {
            sent.job_id: (await session.get_one(Job, sent.job_id)).state
            for sent in (answered, waiting, captioned, others)
        }
    assert list(states.values()) == [DONE, FAILED, FAILED, QUEUED]
