"""Who asks for captions, and what they are told of a limit."""

from datetime import timedelta
from typing import Any

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
    jobs, notices = conversation.services["jobs"], conversation.services["limit_notices"]
    message = conversation.message(ALICE)
    accepted = await accept(message, IMAGE, asker, conversation.bot, jobs, notices)
    assert isinstance(accepted, Accepted)
    async with database.read() as session:
        job = await session.get_one(Job, accepted.job_id)
    assert (job.models, job.detail, job.purpose) == (("resnet34-lstm",), LONG, ANSWER)


class Decided:
    """Accepts photos, or not, as was decided before."""

    def __init__(self, *decisions: Accepted | Refusal) -> None:
        self._decisions = list(decisions)

    async def accept(self, **_photo: Any) -> Accepted | Refusal:
        return self._decisions.pop(0)


async def test_people_hear_of_what_waits_and_of_what_was_refused(conversation: Any) -> None:
    jobs: Any = Decided(
        Accepted(1, is_new=True),
        Accepted(2, is_new=True, wait=timedelta(seconds=30), per_minute=20),
        Refusal("day", 300, timedelta(hours=3)),
    )
    notices = conversation.services["limit_notices"]
    for _ in range(3):
        message = conversation.message(ALICE).as_(conversation.bot)
        await accept(message, IMAGE, Person(ALICE), conversation.bot, jobs, notices)
    await conversation.outbox.drain(30)
    waits, refused = [call.text for call in conversation.session.calls]
    assert "waits for its turn" in waits
    assert "300 photos a day" in refused
