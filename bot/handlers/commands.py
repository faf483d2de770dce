"""/start and /help."""

from aiogram import Bot, Router
from aiogram.enums import ChatType
from aiogram.filters import Command, CommandStart
from aiogram.types import Message

from bot.people.users import Person
from bot.settings import Settings
from bot.telegram.menu import publish_own_commands
from bot.telegram.outbox import Outbox
from bot.texts.conversation import group_start_text, help_text, start_text


def create_router() -> Router:
    router = Router(name="commands")
    router.message.register(start, CommandStart(ignore_case=True))
    router.message.register(help_, Command("help", ignore_case=True))
    return router


async def start(
    message: Message, bot: Bot, person: Person, settings: Settings, outbox: Outbox
) -> None:
    if message.chat.type != ChatType.PRIVATE:
        me = await bot.me()  # polling has asked that before the first update
        outbox.send(message.answer(group_start_text(me.username or "")))
        return
    outbox.send(message.answer(start_text()))
    if person.id in settings.admin_ids:
        # At the start of the bot there may have been no chat with them to set it in.
        outbox.send(lambda: publish_own_commands(bot, person, is_admin=True), key="profile")


async def help_(message: Message, outbox: Outbox) -> None:
    outbox.send(message.answer(help_text()))
