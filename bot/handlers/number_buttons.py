"""The numbers under the answer to an album: each brings the buttons of its photo."""

from aiogram import Bot, Router
from aiogram.types import CallbackQuery

from bot.feedback.ratings import Feedback
from bot.handlers.presses import Place, redraw_buttons
from bot.telegram.callbacks import PhotoButton
from bot.telegram.outbox import Outbox


def create_router() -> Router:
    router = Router(name="number_buttons")
    router.callback_query.register(choose, PhotoButton.filter())
    return router


async def choose(
    query: CallbackQuery,
    callback_data: PhotoButton,
    place: Place,
    bot: Bot,
    feedback: Feedback,
    outbox: Outbox,
) -> None:
    job_id, viewer_id = callback_data.job_id, query.from_user.id
    await feedback.answer(job_id, place.chat_id, viewer_id)  # or it says that it was forgotten
    outbox.send(query.answer())
    # Not `refresh`, which takes two presses in quick succession for one.
    outbox.send(lambda: redraw_buttons(bot, place, job_id, feedback, viewer_id), key=place)
