"""What the bot cannot caption: a helpful answer in private chats, silence in groups."""

from aiogram import F, Router
from aiogram.enums import ChatType, ContentType
from aiogram.types import Message

from bot.outbox import Outbox
from bot.presentation import (
    MAX_DOWNLOAD_MB,
    document_text,
    failure_text,
    not_a_photo_text,
    plain_text_text,
    unknown_command_text,
)

# Everything a person sends on purpose; service messages (a pinned message, a new title) get no
# answer.
CONTENT = {
    ContentType.ANIMATION,
    ContentType.AUDIO,
    ContentType.CHECKLIST,
    ContentType.CONTACT,
    ContentType.DICE,
    ContentType.GAME,
    ContentType.LIVE_PHOTO,
    ContentType.LOCATION,
    ContentType.PAID_MEDIA,
    ContentType.POLL,
    ContentType.STICKER,
    ContentType.STORY,
    ContentType.VENUE,
    ContentType.VIDEO,
    ContentType.VIDEO_NOTE,
    ContentType.VOICE,
}


def create_router() -> Router:
    router = Router(name="content")
    router.message.filter(F.chat.type == ChatType.PRIVATE)
    router.message.register(unknown_command, F.text.startswith("/"))
    router.message.register(text, F.text)
    # A GIF is both an animation and a document, and is the former to whoever sends it.
    router.message.register(document, F.document & ~F.animation)
    router.message.register(other, F.content_type.in_(CONTENT))
    return router


async def unknown_command(message: Message, outbox: Outbox) -> None:
    outbox.send(message.answer(unknown_command_text()))


async def text(message: Message, outbox: Outbox) -> None:
    outbox.send(message.answer(plain_text_text()))


async def document(message: Message, outbox: Outbox) -> None:
    file = message.document
    if file is None:
        return
    is_image = (file.mime_type or "").startswith("image/")
    if (file.file_size or 0) > MAX_DOWNLOAD_MB * 2**20:
        outbox.send(message.reply(failure_text("too_large")))
    else:
        outbox.send(message.reply(document_text(is_image=is_image)))


async def other(message: Message, outbox: Outbox) -> None:
    outbox.send(message.reply(not_a_photo_text()))
