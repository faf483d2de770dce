"""👍 and 👎 under a caption, asking one more model, and asking for an answer that got lost."""

from aiogram import Bot, Router
from aiogram.types import CallbackQuery, Update

from bot.feedback.ratings import Feedback
from bot.handlers.presses import Place, redraw_buttons
from bot.i18n import gettext as _
from bot.queue.jobs import Jobs
from bot.telegram.callbacks import AlsoAskButton, AnswerButton, RatingButton
from bot.telegram.outbox import Outbox
from bot.texts.answers import answer_is_here_text
from bot.texts.conversation import outdated_button_text, rating_text
from captioning import MODELS
from captioning.catalogue import title


def create_router() -> Router:
    router = Router(name="ratings")
    router.callback_query.register(rate, RatingButton.filter())
    router.callback_query.register(also_ask, AlsoAskButton.filter())
    router.callback_query.register(show_answer, AnswerButton.filter())
    return router


async def rate(
    query: CallbackQuery,
    callback_data: RatingButton,
    place: Place,
    bot: Bot,
    feedback: Feedback,
    outbox: Outbox,
    event_update: Update,
) -> None:
    if callback_data.value not in (1, -1):
        outbox.send(query.answer(outdated_button_text(), show_alert=True))
        return
    job_id, user_id = callback_data.job_id, query.from_user.id
    rating = await feedback.rate(
        user_id=user_id,
        chat_id=place.chat_id,
        job_id=job_id,
        caption_id=callback_data.caption_id,
        value=callback_data.value,
        update_id=event_update.update_id,
    )
    outbox.send(query.answer(rating_text(rating)))
    outbox.refresh(place, lambda: redraw_buttons(bot, place, job_id, feedback, user_id))


async def also_ask(
    query: CallbackQuery,
    callback_data: AlsoAskButton,
    place: Place,
    bot: Bot,
    feedback: Feedback,
    jobs: Jobs,
    outbox: Outbox,
) -> None:
    job_id, user_id = callback_data.job_id, query.from_user.id
    if callback_data.model not in MODELS:
        outbox.send(query.answer(outdated_button_text(), show_alert=True))
        return
    await feedback.answer(job_id, place.chat_id, user_id)  # or it says that it was forgotten
    await jobs.also_ask(job_id, callback_data.model, message_id=place.message_id)
    text = _("Asking {model}…").format(model=title(callback_data.model))
    outbox.send(query.answer(text))
    outbox.refresh(place, lambda: redraw_buttons(bot, place, job_id, feedback, user_id))


async def show_answer(
    query: CallbackQuery,
    callback_data: AnswerButton,
    place: Place,
    feedback: Feedback,
    jobs: Jobs,
    outbox: Outbox,
) -> None:
    job_id = callback_data.job_id
    await feedback.answer(job_id, place.chat_id, query.from_user.id)  # or that it was forgotten
    is_coming = await jobs.show_in(job_id, place.message_id)
    outbox.send(query.answer(None if is_coming else answer_is_here_text()))
