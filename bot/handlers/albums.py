"""The numbers under the answer to an album: each brings the buttons of its photo."""

from aiogram import Bot, Router
from aiogram.types import CallbackQuery

from bot.answer_view import keyboard_of
from bot.callbacks import PhotoButton
from bot.feedback import Feedback
from bot.handlers.presses import place_of
from bot.handlers.ratings import say_forgotten
from bot.outbox import Outbox
from bot.presentation import outdated_button_text


def create_router() -> Router:
    router = Router(name="albums")
    router.callback_query.register(choose, PhotoButton.filter())
    return router


async def choose(
    query: CallbackQuery, callback_data: PhotoButton, bot: Bot, feedback: Feedback, outbox: Outbox
) -> None:
    place = place_of(query)
    if place is None:
        outbox.send(query.answer(outdated_button_text(), show_alert=True))
        return
    answer = await feedback.answer(callback_data.job_id, query.from_user.id)
    if answer is None or answer.chat_id != place.chat_id:
        say_forgotten(query, bot, place, outbox)
        return
    outbox.send(query.answer())

    async def redraw() -> None:
        shown = await feedback.answer(callback_data.job_id, query.from_user.id)
        if shown is not None:
            await bot.edit_message_reply_markup(
                chat_id=place.chat_id,
                message_id=place.message_id,
                reply_markup=keyboard_of(shown),
            )

    # Not `refresh`, which takes two presses in quick succession for one.
    outbox.send(redraw, key=place)
