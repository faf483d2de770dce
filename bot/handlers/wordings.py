"""The button "Other wordings": the next-best captions of the search, in a message of their own."""

from aiogram import Bot, Router
from aiogram.methods import SendMessage
from aiogram.types import CallbackQuery, ReplyParameters

from bot.feedback.ratings import Feedback
from bot.handlers.once import Once
from bot.handlers.presses import Place
from bot.telegram.callbacks import WordingsButton
from bot.telegram.connection import at_most_once
from bot.telegram.outbox import Outbox
from bot.texts.answers import no_wordings_text, sent_already_text, wordings_text


def create_router() -> Router:
    router = Router(name="wordings")
    router.callback_query.register(tell, WordingsButton.filter())
    return router


async def tell(
    query: CallbackQuery,
    callback_data: WordingsButton,
    place: Place,
    bot: Bot,
    feedback: Feedback,
    once: Once,
    outbox: Outbox,
) -> None:
    answer = await feedback.answer(callback_data.job_id, place.chat_id, query.from_user.id)
    if not any(caption.alternatives for caption in answer.captions):
        outbox.send(query.answer(no_wordings_text(), show_alert=True))
        return
    press = ("wordings", place, callback_data.job_id)
    if not once.begin(press):
        outbox.send(query.answer(sent_already_text()))
        return
    outbox.send(query.answer())
    message = SendMessage(
        chat_id=place.chat_id,
        text=wordings_text(answer.captions),
        reply_parameters=ReplyParameters(
            message_id=place.message_id, allow_sending_without_reply=True
        ),
    ).as_(bot)

    async def send() -> None:
        done = False
        try:
            with at_most_once():
                await message
            done = True
        finally:
            once.end(press, done=done)

    outbox.send(send, key=place.chat_id)
