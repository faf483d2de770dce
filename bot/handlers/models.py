"""/model: which of the models caption a person's photos."""

from aiogram import Bot, Router
from aiogram.filters import Command
from aiogram.types import CallbackQuery, Message

from bot.handlers.presses import Place
from bot.i18n import gettext as _
from bot.people.users import Person, Users, model_choices
from bot.telegram.callbacks import ModelButton
from bot.telegram.keyboards import model_keyboard
from bot.telegram.outbox import Outbox
from bot.texts.conversation import (
    choice_text,
    model_question_text,
    only_model_text,
    outdated_button_text,
)


def create_router() -> Router:
    router = Router(name="models")
    router.message.register(ask, Command("model", ignore_case=True))
    router.callback_query.register(choose, ModelButton.filter())
    return router


async def ask(message: Message, person: Person, outbox: Outbox) -> None:
    if not model_choices():
        outbox.send(message.answer(only_model_text()))
        return
    keyboard = model_keyboard(person.id, person.model_choice)
    outbox.send(message.answer(model_question_text(), reply_markup=keyboard))


async def choose(
    query: CallbackQuery,
    callback_data: ModelButton,
    place: Place,
    bot: Bot,
    users: Users,
    outbox: Outbox,
) -> None:
    if query.from_user.id != callback_data.user_id:
        outbox.send(query.answer(_("Send /model to choose for your own photos.")))
        return
    try:
        await users.choose_models(query.from_user.id, callback_data.choice)
    except ValueError:
        outbox.send(query.answer(outdated_button_text(), show_alert=True))
        return
    person = await users.load(query.from_user.id)
    outbox.send(query.answer(choice_text(person.model_choice)))
    outbox.refresh(place, lambda: redraw(bot, place, query.from_user.id, users))


async def redraw(bot: Bot, place: Place, user_id: int, users: Users) -> None:
    """Mark the choice that is stored now; a second press in the meantime may have changed it."""
    person = await users.load(user_id)
    await bot.edit_message_reply_markup(
        chat_id=place.chat_id,
        message_id=place.message_id,
        reply_markup=model_keyboard(user_id, person.model_choice),
    )
