"""/history: one's own captions with the photos, page by page in one message."""

from contextlib import suppress

from aiogram import Bot, Router
from aiogram.enums import ChatType
from aiogram.exceptions import TelegramBadRequest
from aiogram.filters import Command
from aiogram.types import CallbackQuery, InputMediaDocument, InputMediaPhoto, Message

from bot.handlers.presses import Place
from bot.people.history import History, Page
from bot.people.users import Person
from bot.queue.answers import AnswerForgottenError
from bot.telegram.callbacks import HistoryButton
from bot.telegram.keyboards import history_keyboard
from bot.telegram.outbox import Outbox
from bot.texts.conversation import outdated_button_text
from bot.texts.history import (
    empty_text,
    own_history_text,
    page_text,
    picture_gone_text,
    private_only_text,
)


def create_router() -> Router:
    router = Router(name="history")
    router.message.register(show, Command("history", ignore_case=True))
    router.callback_query.register(turn, HistoryButton.filter())
    return router


async def show(
    message: Message, bot: Bot, person: Person, history: History, outbox: Outbox
) -> None:
    if message.chat.type != ChatType.PRIVATE:
        outbox.send(message.reply(private_only_text()))
        return
    page = await history.page(person.id)
    if page is None:
        outbox.send(message.answer(empty_text()))
        return
    chat_id = message.chat.id
    outbox.send(lambda: send_page(bot, chat_id, page), key=chat_id, asker=chat_id)


async def turn(
    query: CallbackQuery,
    callback_data: HistoryButton,
    place: Place,
    bot: Bot,
    history: History,
    outbox: Outbox,
) -> None:
    if query.from_user.id != callback_data.user_id:
        outbox.send(query.answer(own_history_text()))
        return
    if place.chat_id != query.from_user.id:
        outbox.send(query.answer(outdated_button_text(), show_alert=True))
        return
    page = await history.page(query.from_user.id, callback_data.job_id)
    if page is None:
        raise AnswerForgottenError
    outbox.send(query.answer())
    outbox.send(lambda: redraw_page(bot, place, page), key=place)


async def send_page(bot: Bot, chat_id: int, page: Page) -> None:
    """Show a page in a new message."""
    text, keyboard = page_text(page), history_keyboard(chat_id, page)
    # A file's id does not tell whether it was sent as a photo, and a photo cannot be sent by the
    # id of a document.
    with suppress(TelegramBadRequest):
        await bot.send_photo(chat_id, page.file_id, caption=text, reply_markup=keyboard)
        return
    with suppress(TelegramBadRequest):
        await bot.send_document(chat_id, page.file_id, caption=text, reply_markup=keyboard)
        return
    # A sticker has no caption, and Telegram forgets files.
    await bot.send_message(chat_id, f"{picture_gone_text()}\n\n{text}", reply_markup=keyboard)


async def redraw_page(bot: Bot, place: Place, page: Page) -> None:
    """Show a page in place of another one."""
    text, keyboard = page_text(page), history_keyboard(place.chat_id, page)
    for kind in (InputMediaPhoto, InputMediaDocument):
        try:
            await bot.edit_message_media(
                kind(media=page.file_id, caption=text),
                chat_id=place.chat_id,
                message_id=place.message_id,
                reply_markup=keyboard,
            )
            return
        except TelegramBadRequest as error:
            if "message is not modified" in error.message:
                return
    # A message with a picture cannot become one without.
    with suppress(TelegramBadRequest):
        await bot.delete_message(place.chat_id, place.message_id)
    await send_page(bot, place.chat_id, page)
