"""Who asks for captions, and what they are told of a limit."""

from datetime import timedelta
from typing import Any

import pytest
from aiogram.types import Chat

from bot.handlers.intake import accept, asker_of
from bot.people.users import Person
from bot.queue.jobs import Accepted, PhotoRef, Refusal
from bot.storage import Database
from bot.storage.tables import ANSWER, LONG, Job

ALICE, CHANNEL = 1001, -1003001
IMAGE = PhotoRef("file", "unique", 64, 48)


def test_a_message_in_the_name_of_a_chat_is_that_chats(conversation: Any) -> None:
    alice = Person(ALICE)
    message = conversation.message(ALICE)
    assert asker_of(message, alice) is alice
    posted = message.model_copy(update={"sender_chat": Chat(id=CHANNEL, type="channel")})
    assert asker_of(posted, alice) == Person(CHANNEL)
    assert asker_of(message.model_copy(update={"from_user": None}), None) == Person(ALICE)


async def test_the_persons_choices_go_into_the_job(conversation: Any, database: Database) -> None:
    asker = Person(ALICE, model_choice="resnet34-lstm", detail=LONG)
    jobs, outbox = conversation.services["jobs"], conversation.outbox
    message = conversation.message(ALICE)
    accepted = await accept(message, IMAGE, asker, conversation.bot, jobs, outbox)
    assert isinstance(accepted, Accepted)
    async with database.read() as session:
        job = await session.get_one(Job, accepted.job_id)
    assert (job.models, job.detail, job.purpose) == (("resnet34-lstm",), LONG, ANSWER)


class Full:
    """Accepts nothing."""

    def __init__(self, refusal: Refusal) -> None:
        self._refusal = refusal

    async def accept(self, **_photo: Any) -> Refusal:
        return self._refusal


@pytest.mark.parametrize("is_first", [True, False])
async def test_a_limit_is_told_the_first_time_only(conversation: Any, is_first: bool) -> None:
    jobs: Any = Full(Refusal("day", 300, timedelta(hours=3), is_first=is_first))
    message = conversation.message(ALICE).as_(conversation.bot)
    await accept(message, IMAGE, Person(ALICE), conversation.bot, jobs, conversation.outbox)
    await conversation.outbox.drain(30)
    told = [call.text for call in conversation.session.calls]
    assert len(told) == is_first
    assert all("300 photos a day" in text for text in told)
