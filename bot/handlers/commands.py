"""/start and /help."""

from aiogram import Router
from aiogram.filters import Command, CommandStart
from aiogram.types import Message

from bot.telegram.outbox import Outbox
from bot.texts.conversation import help_text, start_text


def create_router() -> Router:
    router = Router(name="commands")
    router.message.register(start, CommandStart(ignore_case=True))
    router.message.register(help_, Command("help", ignore_case=True))
    return router


async def start(message: Message, outbox: Outbox) -> None:
    outbox.send(message.answer(start_text()))


async def help_(message: Message, outbox: Outbox) -> None:
    outbox.send(message.answer(help_text()))
