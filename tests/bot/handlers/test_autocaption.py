"""Alternative texts for every photo: who may choose them, and what is stored then."""

from typing import Any

import pytest
from aiogram.exceptions import TelegramBadRequest
from aiogram.methods import GetChatMember
from aiogram.types import Chat, Document, Message, PhotoSize
from sqlalchemy import select

from bot.storage import Database
from bot.storage.tables import ALT_TEXT, ANSWER, Job, User
from bot.texts.groups import (
    autocaption_is_for_chats_text,
    autocaption_text,
    autocaption_usage_text,
    cannot_check_administrators_text,
    only_administrators_text,
)
from captioning import MODELS

ALICE, BOB, BOT, GROUP, CHANNEL = 1001, 1002, 4242, -100, -1003001


def photo(name: str = "photo") -> list[PhotoSize]:
    return [PhotoSize(file_id=name, file_unique_id=f"unique-{name}", width=640, height=480)]


def post(conversation: Any, **content: Any) -> Message:
    """A post in a channel: it comes from the channel, and from nobody."""
    of_somebody: Message = conversation.message(ALICE, **content)
    channel = Chat(id=CHANNEL, type="channel", title="City in pictures")
    return of_somebody.model_copy(
        update={"chat": channel, "sender_chat": channel, "from_user": None}
    )


async def posted(conversation: Any, kind: str = "channel_post", **content: Any) -> list[Any]:
    message = post(conversation, **content)
    calls: list[Any] = await conversation.calls_of(conversation.feed(**{kind: message}))
    return calls


async def in_group(conversation: Any, user_id: int = ALICE, **content: Any) -> list[Any]:
    calls: list[Any] = await conversation.say(user_id, chat_type="supergroup", **content)
    return [call for call in calls if not isinstance(call, GetChatMember)]


async def jobs(database: Database) -> list[Job]:
    async with database.read() as session:
        return list(await session.scalars(select(Job).order_by(Job.id)))


async def test_a_channel(conversation: Any, database: Database) -> None:
    assert await posted(conversation, photo=photo("before")) == []
    assert await jobs(database) == []

    (reply,) = await posted(conversation, text="/autocaption on")
    assert (reply.chat_id, reply.text) == (CHANNEL, autocaption_text(is_on=True))
    message = post(conversation, photo=photo("a"), media_group_id="album")
    for _ in range(2):
        assert await conversation.calls_of(conversation.feed(channel_post=message)) == []
    image = Document(file_id="b", file_unique_id="b", mime_type="image/png")
    assert await posted(conversation, document=image) == []
    pdf = Document(file_id="c", file_unique_id="c", mime_type="application/pdf")
    assert await posted(conversation, document=pdf) == [], "nobody has asked for a refusal"
    assert await posted(conversation, text="No photo") == []
    edited = message.model_copy(update={"photo": photo("d")})
    await conversation.feed(edited_channel_post=edited)

    first, *others = await jobs(database)
    assert (first.chat_id, first.message_id, first.user_id) == (
        CHANNEL,
        message.message_id,
        CHANNEL,
    )
    assert (first.purpose, first.media_group_id) == (ALT_TEXT, "album")
    [model] = first.models  # one sentence is enough
    assert model in MODELS
    assert len(others) == 2

    (reply,) = await posted(conversation, text="/autocaption off")
    assert reply.text == autocaption_text(is_on=False)
    await posted(conversation, photo=photo("after"))
    assert len(await jobs(database)) == 3


@pytest.mark.parametrize("text", ["/autocaption", "/autocaption maybe"])
async def test_the_state_is_told(conversation: Any, text: str) -> None:
    (reply,) = await posted(conversation, text=text)
    assert reply.text == autocaption_usage_text(is_on=False)
    await posted(conversation, text="/autocaption ON")
    (reply,) = await posted(conversation, text=text)
    assert reply.text == autocaption_usage_text(is_on=True)


async def test_a_private_chat_has_no_such_choice(conversation: Any) -> None:
    (reply,) = await conversation.say(text="/autocaption on")
    assert reply.text == autocaption_is_for_chats_text()


async def test_a_group_s_administrator(conversation: Any, database: Database) -> None:
    conversation.session.administrators = {ALICE, BOT}
    (reply,) = await in_group(conversation, text="/autocaption on")
    assert reply.text == autocaption_text(is_on=True)

    assert await in_group(conversation, BOB, photo=photo()) == []
    (job,) = await jobs(database)
    assert (job.purpose, job.chat_id, job.user_id) == (ALT_TEXT, GROUP, GROUP)
    async with database.read() as session:
        assert await session.get(User, BOB) is None, "who posts a photo has asked for nothing"

    # Who asks gets an answer all the same.
    caption = {"caption": "/caption", "photo": photo("asked")}
    assert await in_group(conversation, BOB, **caption) == []
    assert (await jobs(database))[-1].purpose == ANSWER


async def test_a_bot_that_cannot_see_the_photos_says_so(conversation: Any) -> None:
    conversation.session.administrators = {ALICE}
    (reply,) = await in_group(conversation, text="/autocaption on")
    assert reply.text == autocaption_text(is_on=True, is_blind=True)
    assert "From now on I reply" not in reply.text
    (reply,) = await in_group(conversation, text="/autocaption")
    assert "does not show me the photos" in reply.text
    assert "gets a description" not in reply.text
    (reply,) = await in_group(conversation, text="/autocaption off")
    assert reply.text == autocaption_text(is_on=False)


async def test_others_cannot_choose(conversation: Any, database: Database) -> None:
    conversation.session.administrators = {ALICE}
    (reply,) = await in_group(conversation, BOB, text="/autocaption on")
    assert reply.text == only_administrators_text()
    await in_group(conversation, photo=photo())
    assert await jobs(database) == []


async def test_telegram_does_not_tell_who_is_an_administrator(
    conversation: Any, database: Database
) -> None:
    method = GetChatMember(chat_id=GROUP, user_id=ALICE)
    refusal = TelegramBadRequest(method, "Bad Request: CHAT_ADMIN_REQUIRED")
    conversation.session.errors.append(refusal)
    (reply,) = await in_group(conversation, text="/autocaption on")
    assert reply.text == cannot_check_administrators_text()
    await in_group(conversation, photo=photo())
    assert await jobs(database) == []


async def test_an_anonymous_administrator(conversation: Any, database: Database) -> None:
    nobody = 1087968824  # Telegram's "GroupAnonymousBot"
    message = conversation.message(nobody, "supergroup", text="/autocaption on")
    message = message.model_copy(update={"sender_chat": Chat(id=GROUP, type="supergroup")})
    await conversation.calls_of(conversation.feed(message=message))
    await in_group(conversation, photo=photo())
    assert [job.purpose for job in await jobs(database)] == [ALT_TEXT]

    # A channel that writes in the group is no administrator of it.
    message = message.model_copy(
        update={"sender_chat": Chat(id=CHANNEL, type="channel"), "message_id": 9999}
    )
    calls = await conversation.calls_of(conversation.feed(message=message))
    assert calls[-1].text == only_administrators_text()


async def test_the_discussion_of_a_channel_is_not_told_twice(
    conversation: Any, database: Database
) -> None:
    settings = conversation.services["chat_settings"]
    await settings.set_autocaption(GROUP, "supergroup", True)
    forwarded = conversation.message(777000, "supergroup", photo=photo()).model_copy(
        update={"is_automatic_forward": True, "sender_chat": Chat(id=CHANNEL, type="channel")}
    )
    await settings.set_autocaption(CHANNEL, "channel", True)
    await conversation.feed(message=forwarded)
    assert await jobs(database) == []
    await settings.set_autocaption(CHANNEL, "channel", False)
    await conversation.feed(message=forwarded)
    assert len(await jobs(database)) == 1
