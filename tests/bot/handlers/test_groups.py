"""Groups: the bot answers who asks, is quiet otherwise, and stores nobody who has not asked."""

from typing import Any

import pytest
from aiogram.types import (
    Chat,
    ExternalReplyInfo,
    MessageEntity,
    MessageOriginHiddenUser,
    PhotoSize,
    User,
    Video,
)
from sqlalchemy import select

from bot.people.limits import Limits
from bot.storage import Database
from bot.storage.tables import ANSWER, DONE, FAILED, QUEUED, Job
from bot.storage.tables import User as StoredUser
from bot.texts.groups import captioned_already_text, reply_to_a_photo_text
from bot.texts.unreadable import Unreadable, unreadable_text

ALICE, BOB, BOT, GROUP = 1001, 1002, 4242, -100
NAME = "@Caption_Bot"


def mention(text: str, name: str = NAME) -> list[MessageEntity]:
    return [MessageEntity(type="mention", offset=text.index(name), length=len(name))]


def photo(name: str = "photo") -> list[PhotoSize]:
    return [PhotoSize(file_id=name, file_unique_id=f"unique-{name}", width=640, height=480)]


class Group:
    """A group in which things are said; each method returns the bot's calls."""

    def __init__(self, conversation: Any) -> None:
        self._conversation = conversation

    def message(self, user_id: int = ALICE, **content: Any) -> Any:
        return self._conversation.message(user_id, "supergroup", **content)

    async def say(self, user_id: int = ALICE, **content: Any) -> list[Any]:
        return await self.tell(self.message(user_id, **content))

    async def tell(self, message: Any, kind: str = "message") -> list[Any]:
        calls: list[Any] = await self._conversation.calls_of(
            self._conversation.feed(**{kind: message})
        )
        return calls


@pytest.fixture
def group(conversation: Any) -> Group:
    return Group(conversation)


async def jobs(database: Database) -> list[Job]:
    async with database.read() as session:
        return list(await session.scalars(select(Job).order_by(Job.id)))


async def people(database: Database) -> list[int]:
    async with database.read() as session:
        return list(await session.scalars(select(StoredUser.id).order_by(StoredUser.id)))


async def test_quiet_otherwise(group: Group, database: Database) -> None:
    posted = group.message(photo=photo())
    other = "Look, @another_bot"
    for message in (
        posted,
        group.message(
            photo=photo("b"), caption=other, caption_entities=mention(other, "@another_bot")
        ),
        group.message(text="Hello!"),
        group.message(text=f"{NAME} hello", entities=mention(f"{NAME} hello")),
        group.message(text="/caption@another_bot", reply_to_message=posted),
        group.message(text="What a photo", reply_to_message=posted),
        group.message(video=Video(file_id="v", file_unique_id="v", width=1, height=1, duration=1)),
    ):
        assert await group.tell(message) == []
    assert await group.tell(posted, "edited_message") == []
    assert await jobs(database) == []
    assert await people(database) == [], "nobody is stored who has not asked"


async def test_a_caption_that_mentions_the_bot(group: Group, database: Database) -> None:
    caption = f"👩🏽‍🚀 what is this, {NAME}?"  # Telegram counts in UTF-16
    offset = len(caption[: caption.index(NAME)].encode("utf-16-le")) // 2
    entity = MessageEntity(type="mention", offset=offset, length=len(NAME))
    message = group.message(photo=photo(), caption=caption, caption_entities=[entity])
    for _ in range(2):
        assert await group.tell(message) == []
    (job,) = await jobs(database)
    assert (job.chat_id, job.message_id, job.user_id) == (GROUP, message.message_id, ALICE)
    assert (job.purpose, job.models) == (ANSWER, ("resnet34-lstm", "mobilenet-attention"))
    assert await people(database) == [ALICE]


async def test_a_link_to_the_bot_is_a_mention(group: Group, database: Database) -> None:
    bot = User(id=BOT, is_bot=True, first_name="Caption bot")
    entity = MessageEntity(type="text_mention", offset=0, length=7, user=bot)
    await group.say(photo=photo(), caption="Caption bot?", caption_entities=[entity])
    assert len(await jobs(database)) == 1


async def test_an_edit_that_mentions_the_bot_or_shows_another_photo(
    group: Group, database: Database
) -> None:
    message = group.message(photo=photo())
    await group.tell(message)
    asked = message.model_copy(update={"caption": NAME, "caption_entities": mention(NAME)})
    await group.tell(asked, "edited_message")
    assert len(await jobs(database)) == 1
    other = asked.model_copy(update={"photo": photo("other")})
    for _ in range(2):
        await group.tell(other, "edited_message")
    assert [job.message_id for job in await jobs(database)] == [message.message_id] * 2


@pytest.mark.parametrize("text", ["/caption", "/caption@caption_bot", "/CAPTION please", NAME])
async def test_a_reply_asks_about_the_photo(group: Group, database: Database, text: str) -> None:
    posted = group.message(ALICE, photo=photo(), media_group_id="album")
    entities = mention(text) if text == NAME else None
    assert await group.say(BOB, text=text, entities=entities, reply_to_message=posted) == []
    (job,) = await jobs(database)
    assert (job.message_id, job.user_id) == (posted.message_id, BOB)
    assert job.media_group_id is None, "one photo of the album is asked about"
    assert await people(database) == [BOB]


async def test_caption_without_a_photo(group: Group, conversation: Any) -> None:
    (reply,) = await group.say(text="/caption")
    assert reply.text == reply_to_a_photo_text()
    said = group.message(BOB, text="Hello!")
    (reply,) = await group.say(text="/caption", reply_to_message=said)
    assert reply.text == reply_to_a_photo_text()
    (reply,) = await conversation.say(text="/caption")
    assert reply.text == reply_to_a_photo_text()


async def test_pictures_of_the_bot_are_not_captioned(group: Group, database: Database) -> None:
    own = group.message(photo=photo())
    bot = User(id=BOT, is_bot=True, first_name="Caption bot")
    own = own.model_copy(update={"from_user": bot})
    (reply,) = await group.say(text="/caption", reply_to_message=own)
    assert reply.text == reply_to_a_photo_text()
    assert await group.say(text=NAME, entities=mention(NAME), reply_to_message=own) == []
    assert await jobs(database) == []


async def test_who_asks_is_told_why_not(group: Group) -> None:
    video = Video(file_id="v", file_unique_id="v", width=1, height=1, duration=1)
    posted = group.message(BOB, video=video)
    (reply,) = await group.say(text="/caption", reply_to_message=posted)
    assert reply.text == unreadable_text(Unreadable("video"))
    assert reply.reply_parameters.message_id == posted.message_id


async def test_asking_again_points_at_the_answer(group: Group, database: Database) -> None:
    posted = group.message(photo=photo())
    for _ in range(2):  # no answer is there yet, so there is nothing to point at
        assert await group.say(text="/caption", reply_to_message=posted) == []
    async with database.write() as session:
        (await session.scalars(select(Job))).one().placeholder_id = 777
    (pointer,) = await group.say(BOB, text="/caption", reply_to_message=posted)
    assert pointer.text == captioned_already_text()
    assert pointer.reply_parameters.message_id == 777
    assert len(await jobs(database)) == 1


async def test_the_rest_of_an_album_follows(group: Group, database: Database) -> None:
    def part(name: str, **more: Any) -> Any:
        return group.message(photo=photo(name), media_group_id="album", **more)

    await group.tell(part("first", caption=NAME, caption_entities=mention(NAME)))
    await group.tell(part("second"))
    await group.tell(group.message(photo=photo("third"), media_group_id="another"))
    assert [job.media_group_id for job in await jobs(database)] == ["album", "album"]


async def test_an_anonymous_administrator_is_the_group(group: Group, database: Database) -> None:
    nobody = 1087968824  # Telegram's "GroupAnonymousBot"
    message = group.message(nobody, photo=photo(), caption=NAME, caption_entities=mention(NAME))
    sender = Chat(id=GROUP, type="supergroup")
    await group.tell(message.model_copy(update={"sender_chat": sender}))
    assert [job.user_id for job in await jobs(database)] == [GROUP]
    assert await people(database) == [GROUP]


async def test_photos_beyond_a_limit_are_told_once(
    group: Group, conversation: Any, database: Database
) -> None:
    conversation.dispatcher["jobs"] = type(conversation.services["jobs"])(
        database, limits=Limits(per_day=1)
    )
    asked = [
        group.message(photo=photo(name), caption=NAME, caption_entities=mention(NAME))
        for name in ("a", "b", "c")
    ]
    for message in asked[:2]:
        await conversation.feed(message=message)
    (reply,) = await group.tell(asked[2])
    assert len(await jobs(database)) == 1
    assert "2 photos" in reply.text
    assert reply.reply_parameters.message_id == asked[1].message_id


async def test_photos_of_an_album_that_came_before_the_question(
    group: Group, database: Database
) -> None:
    def of_album(name: str, **more: Any) -> Any:
        return group.message(photo=photo(name), media_group_id="album", **more)

    early, other = of_album("a"), group.message(photo=photo("x"), media_group_id="other")
    for message in (early, other):
        assert await group.tell(message) == []
    assert await jobs(database) == []
    asked = of_album("b", caption=NAME, caption_entities=mention(NAME))
    late = of_album("c")
    for message in (asked, late):
        await group.tell(message)
    album = await jobs(database)
    assert sorted(job.message_id for job in album) == [
        early.message_id,
        asked.message_id,
        late.message_id,
    ]
    assert {job.lead_id or job.id for job in album} == {album[0].id}, "one answer"


async def test_the_command_as_the_caption_of_an_album(group: Group, database: Database) -> None:
    for name, caption in (("a", None), ("b", "/caption")):
        await group.say(photo=photo(name), media_group_id="album", caption=caption)
    assert [job.media_group_id for job in await jobs(database)] == ["album"] * 2


@pytest.mark.parametrize(
    "ended",
    [
        {"state": FAILED, "failure": "download", "placeholder_id": 77, "attempts": 5},
        {"state": DONE, "placeholder_id": None},  # nobody knows whether the answer has arrived
    ],
)
async def test_asking_again_about_a_photo_that_has_no_answer(
    group: Group, database: Database, ended: dict[str, Any]
) -> None:
    posted = group.message(photo=photo(), caption=NAME, caption_entities=mention(NAME))
    await group.tell(posted)
    async with database.write() as session:
        (job,) = await session.scalars(select(Job))
        for name, value in ended.items():
            setattr(job, name, value)
    await group.tell(posted)
    (job,) = await jobs(database)
    assert job.state == ended["state"], "an update that comes twice asks once"

    assert await group.say(BOB, text="/caption", reply_to_message=posted) == []
    (job,) = await jobs(database)
    assert (job.state, job.failure, job.placeholder_id, job.attempts) == (QUEUED, None, None, 0)
    assert job.user_id == BOB


async def test_a_reply_to_a_photo_of_another_chat_asks_about_it(
    group: Group, database: Database
) -> None:
    origin = MessageOriginHiddenUser(type="hidden_user", date=0, sender_user_name="Somebody")
    elsewhere = ExternalReplyInfo(origin=origin, photo=photo("elsewhere"))
    asked = group.message(text="/caption", external_reply=elsewhere)
    assert await group.tell(asked) == []
    (job,) = await jobs(database)
    assert job.message_id == asked.message_id, "it is answered here"
    without = ExternalReplyInfo(origin=origin)
    (reply,) = await group.tell(group.message(text="/caption", external_reply=without))
    assert reply.text == reply_to_a_photo_text()
