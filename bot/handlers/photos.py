"""Photos: one insert each. Nothing here calls Telegram, so flood control cannot stop intake."""

from aiogram import Bot, F, Router
from aiogram.enums import ChatType
from aiogram.types import Message, PhotoSize

from bot.jobs import Jobs, PhotoRef
from bot.outbox import Outbox
from bot.presentation import MAX_DOWNLOAD_MB, failure_text
from bot.users import Person


def create_router() -> Router:
    router = Router(name="photos")
    # Groups hear nothing unless they ask for captions, which they cannot do yet.
    private_photo = (F.chat.type == ChatType.PRIVATE) & F.photo
    router.message.register(accept, private_photo)
    # An edit with a new photo is a new job; one that only changes the text is known already.
    router.edited_message.register(accept, private_photo)
    return router


async def accept(message: Message, bot: Bot, person: Person, jobs: Jobs, outbox: Outbox) -> None:
    size = largest_allowed(message.photo or [])
    if size is None:
        outbox.send(message.reply(failure_text("too_large")))
        return
    await jobs.accept(
        bot_id=bot.id,
        chat_id=message.chat.id,
        message_id=message.message_id,
        user=person,
        photo=PhotoRef(
            file_id=size.file_id,
            file_unique_id=size.file_unique_id,
            width=size.width,
            height=size.height,
            file_size=size.file_size,
        ),
        models=person.models,
        media_group_id=message.media_group_id,
    )


def largest_allowed(sizes: list[PhotoSize]) -> PhotoSize | None:
    """The largest of a photo's sizes that a bot may download; None when none may be."""
    allowed = [size for size in sizes if (size.file_size or 0) <= MAX_DOWNLOAD_MB * 2**20]
    return max(allowed, key=lambda size: size.width * size.height, default=None)
