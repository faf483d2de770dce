"""What all handlers of photos share: who asks, and the one insert that a photo costs."""

from aiogram import Bot
from aiogram.types import Message

from bot.handlers.limit_notices import LimitNotices
from bot.people.users import Person
from bot.queue.jobs import Accepted, Jobs, PhotoRef, Refusal
from bot.storage.tables import ANSWER


def asker_of(message: Message, person: Person | None) -> Person:
    """Who asks: the person, or the chat itself where somebody speaks in its name.

    Channel posts have no person at all; to anonymous administrators Telegram gives one that all
    of them share, in all groups.
    """
    if message.sender_chat is not None:
        return Person(message.sender_chat.id)
    return person if person is not None else Person(message.chat.id)


async def accept(
    photo_message: Message,
    image: PhotoRef,
    asker: Person,
    bot: Bot,
    jobs: Jobs,
    limit_notices: LimitNotices,
    *,
    media_group_id: str | None = None,
    again: bool = False,
) -> Accepted | Refusal:
    """Store that somebody wants the captions of an image; tell them of a limit.

    `again` tries one more time what has failed.
    """
    accepted = await jobs.accept(
        bot_id=bot.id,
        chat_id=photo_message.chat.id,
        message_id=photo_message.message_id,
        user=asker,
        photo=image,
        models=asker.models,
        media_group_id=media_group_id,
        detail=asker.detail,
        purpose=ANSWER,
        again=again,
    )
    if isinstance(accepted, Refusal):
        limit_notices.refused(photo_message, asker.id, accepted)
    elif accepted.wait:
        limit_notices.waits(photo_message, asker.id, accepted.per_minute, accepted.wait)
    return accepted
