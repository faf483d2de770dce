"""👍 and 👎 under a caption, and asking the other model about the same photo."""

from aiogram import Bot, Router
from aiogram.types import CallbackQuery, Update

from bot.answer_view import keyboard_of
from bot.callbacks import OtherModelButton, RatingButton
from bot.feedback import AnswerForgottenError, Feedback
from bot.handlers.presses import Place, place_of
from bot.i18n import gettext as _
from bot.jobs import Jobs
from bot.keyboards import title
from bot.outbox import Outbox
from bot.presentation import forgotten_answer_text, outdated_button_text, rating_text
from captioning import MODELS


def create_router() -> Router:
    router = Router(name="ratings")
    router.callback_query.register(rate, RatingButton.filter())
    router.callback_query.register(ask_other, OtherModelButton.filter())
    return router


async def rate(
    query: CallbackQuery,
    callback_data: RatingButton,
    bot: Bot,
    feedback: Feedback,
    outbox: Outbox,
    event_update: Update,
) -> None:
    place = place_of(query)
    if place is None or callback_data.value not in (1, -1):
        outbox.send(query.answer(outdated_button_text(), show_alert=True))
        return
    try:
        change = await feedback.rate(
            user_id=query.from_user.id,
            chat_id=place.chat_id,
            job_id=callback_data.job_id,
            caption_id=callback_data.caption_id,
            value=callback_data.value,
            update_id=event_update.update_id,
        )
    except AnswerForgottenError:
        say_forgotten(query, bot, place, outbox)
        return
    outbox.send(query.answer(rating_text(change.value)))
    redraw_soon(query, bot, place, callback_data.job_id, feedback, outbox)


async def ask_other(
    query: CallbackQuery,
    callback_data: OtherModelButton,
    bot: Bot,
    feedback: Feedback,
    jobs: Jobs,
    outbox: Outbox,
) -> None:
    place = place_of(query)
    if place is None or callback_data.model not in MODELS:
        outbox.send(query.answer(outdated_button_text(), show_alert=True))
        return
    answer = await feedback.answer(callback_data.job_id, query.from_user.id)
    if answer is None or answer.chat_id != place.chat_id:
        say_forgotten(query, bot, place, outbox)
        return
    await jobs.also_ask(callback_data.job_id, callback_data.model, message_id=place.message_id)
    text = _("Asking {model}…").format(model=title(callback_data.model))
    outbox.send(query.answer(text))
    redraw_soon(query, bot, place, callback_data.job_id, feedback, outbox)


def say_forgotten(query: CallbackQuery, bot: Bot, place: Place, outbox: Outbox) -> None:
    """Explain, and take the buttons away: they can do nothing any more."""
    outbox.send(query.answer(forgotten_answer_text(), show_alert=True))
    outbox.refresh(
        place,
        lambda: bot.edit_message_reply_markup(
            chat_id=place.chat_id, message_id=place.message_id, reply_markup=None
        ),
    )


def redraw_soon(
    query: CallbackQuery, bot: Bot, place: Place, job_id: int, feedback: Feedback, outbox: Outbox
) -> None:
    """Draw the buttons of a photo's answer again, as whoever pressed one sees them."""

    async def redraw() -> None:
        answer = await feedback.answer(job_id, query.from_user.id)
        if answer is None:
            return
        await bot.edit_message_reply_markup(
            chat_id=place.chat_id,
            message_id=place.message_id,
            reply_markup=keyboard_of(answer),
        )

    outbox.refresh(place, redraw)
