"""Commands about a person, from somebody who writes in the name of a group or channel.

Telegram does not say who it is, so buttons that only that person may press could be pressed by
nobody.
"""

from aiogram import F, Router
from aiogram.filters import Command
from aiogram.types import Message

from bot.telegram.outbox import Outbox
from bot.texts.groups import nobody_in_particular_text

ABOUT_ONESELF = ("model", "settings", "forget")


def create_router() -> Router:
    router = Router(name="anonymous")
    router.message.register(explain, F.sender_chat, Command(*ABOUT_ONESELF, ignore_case=True))
    return router


async def explain(message: Message, outbox: Outbox) -> None:
    outbox.send(message.reply(nobody_in_particular_text()))
