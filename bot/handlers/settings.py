"""/settings: models, language, length of captions, attention picture, in one message."""

from aiogram import Bot, Router
from aiogram.filters import Command
from aiogram.types import CallbackQuery, Message

from bot.handlers.presses import Place
from bot.i18n import in_language, languages
from bot.people.users import Person, Users
from bot.settings import Settings
from bot.telegram.callbacks import SettingButton
from bot.telegram.keyboards import AUTO, ON, settings_keyboard
from bot.telegram.menu import publish_own_commands
from bot.telegram.outbox import Outbox
from bot.texts.conversation import outdated_button_text
from bot.texts.settings import (
    changed_text,
    language_changed_text,
    own_settings_text,
    settings_text,
)


def create_router() -> Router:
    router = Router(name="settings")
    router.message.register(show, Command("settings", ignore_case=True))
    router.callback_query.register(choose, SettingButton.filter())
    return router


async def show(message: Message, person: Person, outbox: Outbox) -> None:
    outbox.send(message.answer(settings_text(person), reply_markup=settings_keyboard(person)))


async def choose(
    query: CallbackQuery,
    callback_data: SettingButton,
    place: Place,
    bot: Bot,
    users: Users,
    settings: Settings,
    outbox: Outbox,
) -> None:
    user = query.from_user
    if user.id != callback_data.user_id:
        outbox.send(query.answer(own_settings_text()))
        return
    try:
        await _store(users, user.id, callback_data.name, callback_data.value)
    except ValueError:
        outbox.send(query.answer(outdated_button_text(), show_alert=True))
        return
    person = await users.load(user.id, user.language_code)
    is_language = callback_data.name == "language"
    with in_language(person.language):
        outbox.send(query.answer(language_changed_text() if is_language else changed_text()))
    outbox.refresh(place, lambda: redraw(bot, place, person, users))
    if is_language:
        is_admin = user.id in settings.admin_ids
        outbox.refresh(
            ("menu", user.id), lambda: translate_menu(bot, user.id, users, is_admin=is_admin)
        )


async def redraw(bot: Bot, place: Place, person: Person, users: Users) -> None:
    """Show what is stored now; a second press in the meantime may have changed it."""
    person = await users.load(person.id, person.language_code)
    with in_language(person.language):
        await bot.edit_message_text(
            settings_text(person),
            chat_id=place.chat_id,
            message_id=place.message_id,
            reply_markup=settings_keyboard(person),
        )


async def translate_menu(bot: Bot, user_id: int, users: Users, *, is_admin: bool) -> None:
    """Let the list of commands speak the language that is stored now."""
    await publish_own_commands(bot, await users.load(user_id), is_admin=is_admin)


async def _store(users: Users, user_id: int, name: str, value: str) -> None:
    """Store what a button of `bot.telegram.keyboards.settings_keyboard` stands for.

    Raises:
        ValueError: there is no such setting or value (any more).
    """
    match name, value:
        case "models", _:
            await users.choose_models(user_id, value)
        case "language", _ if value in (AUTO, *languages()):
            await users.choose_language(user_id, None if value == AUTO else value)
        case "detail", _:
            await users.choose_detail(user_id, value)
        case "attention", "on" | "off":
            await users.show_attention(user_id, value == ON)
        case _:
            raise ValueError(f"There is no setting {name}={value}.")
