"""What the bot cannot caption: a helpful answer in private chats, silence in groups."""

from aiogram import F, Router
from aiogram.enums import ChatType, ContentType
from aiogram.types import Message

from bot.handlers.attachments import UnreadableImage
from bot.telegram.outbox import Outbox
from bot.texts.conversation import not_a_photo_text, plain_text_text, unknown_command_text
from bot.texts.unreadable import Unreadable, unreadable_text

# What else a person sends on purpose; service messages (a pinned message, a new title) get no
# answer.
CONTENT = {
    ContentType.AUDIO,
    ContentType.CHECKLIST,
    ContentType.CONTACT,
    ContentType.DICE,
    ContentType.GAME,
    ContentType.LIVE_PHOTO,
    ContentType.LOCATION,
    ContentType.PAID_MEDIA,
    ContentType.POLL,
    ContentType.STORY,
    ContentType.VENUE,
    ContentType.VOICE,
}


def create_router() -> Router:
    router = Router(name="content")
    router.message.filter(F.chat.type == ChatType.PRIVATE)
    router.message.register(unknown_command, F.text.startswith("/"))
    router.message.register(text, F.text)
    router.message.register(unreadable_image, UnreadableImage())
    router.message.register(other, F.content_type.in_(CONTENT))
    return router


async def unknown_command(message: Message, outbox: Outbox) -> None:
    outbox.send(message.answer(unknown_command_text()))


async def text(message: Message, outbox: Outbox) -> None:
    outbox.send(message.answer(plain_text_text()))


async def unreadable_image(message: Message, unreadable: Unreadable, outbox: Outbox) -> None:
    outbox.send(message.reply(unreadable_text(unreadable)))


async def other(message: Message, outbox: Outbox) -> None:
    outbox.send(message.reply(not_a_photo_text()))
