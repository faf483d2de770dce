"""/privacy: what is stored, and how long; /forget: all of it is deleted, after a confirmation."""

from aiogram import Bot, Router
from aiogram.filters import Command
from aiogram.methods import DeleteMessage, EditMessageText
from aiogram.types import CallbackQuery, Message

from bot.handlers.presses import Place
from bot.i18n import gettext as _
from bot.people.privacy import Privacy
from bot.people.users import Person
from bot.settings import Settings
from bot.telegram.callbacks import ForgetButton
from bot.telegram.keyboards import forget_keyboard
from bot.telegram.outbox import Outbox
from bot.texts.privacy import forget_question_text, forgotten_text, privacy_text


def create_router() -> Router:
    router = Router(name="privacy")
    router.message.register(privacy_, Command("privacy", ignore_case=True))
    router.message.register(ask, Command("forget", ignore_case=True))
    router.callback_query.register(forget, ForgetButton.filter())
    return router


async def privacy_(message: Message, settings: Settings, outbox: Outbox) -> None:
    outbox.send(message.answer(privacy_text(settings.retention_days or None)))


async def ask(message: Message, person: Person, outbox: Outbox) -> None:
    outbox.send(message.answer(forget_question_text(), reply_markup=forget_keyboard(person.id)))


async def forget(
    query: CallbackQuery,
    callback_data: ForgetButton,
    place: Place,
    bot: Bot,
    privacy: Privacy,
    outbox: Outbox,
) -> None:
    if query.from_user.id != callback_data.user_id:
        outbox.send(query.answer(_("Only the person who asked can answer this.")))
        return
    text = _("Nothing was deleted.")
    if callback_data.confirmed:
        forgotten = await privacy.forget(query.from_user.id)
        if forgotten is None:
            # The second press of a double click; the first has written what was deleted.
            outbox.send(query.answer(_("Nothing is stored about you.")))
            return
        text = forgotten_text(forgotten)
        for chat_id, message_id in forgotten.placeholders:
            outbox.send(DeleteMessage(chat_id=chat_id, message_id=message_id).as_(bot))
    outbox.send(query.answer())
    # The question becomes the outcome, so that its buttons cannot be pressed later by mistake.
    edit = EditMessageText(text=text, chat_id=place.chat_id, message_id=place.message_id)
    outbox.send(edit.as_(bot))
