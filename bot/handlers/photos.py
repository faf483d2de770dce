"""Images in private chats: one insert each.

Nothing here calls Telegram, so flood control cannot stop intake.
"""

from aiogram import Bot, F, Router
from aiogram.enums import ChatType
from aiogram.types import Message

from bot.handlers.attachments import ReadableImage
from bot.handlers.intake import accept
from bot.handlers.limit_notices import LimitNotices
from bot.people.users import Person
from bot.queue.jobs import Jobs, PhotoRef


def create_router() -> Router:
    router = Router(name="photos")
    in_private = F.chat.type == ChatType.PRIVATE
    router.message.register(image_sent, in_private, ReadableImage())
    # An edit with a new photo is a new job; one that only changes the text is known already.
    router.edited_message.register(image_sent, in_private, ReadableImage())
    return router


async def image_sent(
    message: Message,
    image: PhotoRef,
    bot: Bot,
    person: Person,
    jobs: Jobs,
    limit_notices: LimitNotices,
) -> None:
    album = message.media_group_id
    await accept(message, image, person, bot, jobs, limit_notices, media_group_id=album)
