"""The button "Where it looked": pictures of what models with attention saw, word by word.

Drawing takes seconds, so the press is answered first. Telegram keeps what was sent: the next time
a picture goes out by its file_id, and nothing is downloaded or drawn.
"""

import logging

from aiogram import Bot, Router
from aiogram.exceptions import TelegramBadRequest, TelegramForbiddenError
from aiogram.types import BufferedInputFile, CallbackQuery, Message, ReplyParameters

from bot.handlers.once import Once
from bot.handlers.presses import Place
from bot.i18n import in_language
from bot.queue.answers import AnswerForgottenError
from bot.queue.attention_pictures import AttentionPictures, Look
from bot.queue.downloads import FileGoneError, FileTooLargeError, UnavailableError
from bot.queue.steps import Outcome
from bot.telegram.callbacks import AttentionButton
from bot.telegram.connection import at_most_once
from bot.telegram.outbox import Outbox
from bot.texts.answers import (
    drawing_failed_text,
    drawing_later_text,
    drawing_text,
    look_text,
    no_attention_text,
    pictures_forbidden_text,
    sent_already_text,
)
from captioning import ImageError

logger = logging.getLogger(__name__)


def create_router() -> Router:
    router = Router(name="attention")
    router.callback_query.register(show, AttentionButton.filter())
    return router


async def show(
    query: CallbackQuery,
    callback_data: AttentionButton,
    place: Place,
    bot: Bot,
    pictures: AttentionPictures,
    once: Once,
    outbox: Outbox,
) -> None:
    job_id = callback_data.job_id
    looks = await pictures.find(job_id, place.chat_id)
    if not looks:
        outbox.send(query.answer(no_attention_text(), show_alert=True))
        return
    press = ("attention", place, job_id)
    if not once.begin(press):
        outbox.send(query.answer(sent_already_text()))
        return
    is_drawn = all(look.picture_file_id for look in looks)
    outbox.send(query.answer(None if is_drawn else drawing_text()))

    async def send() -> None:
        done = False
        try:
            done = await send_pictures(bot, pictures, job_id, place)
        finally:
            once.end(press, done=done)

    outbox.send(send, asker=place.chat_id)


async def follow_up(bot: Bot, pictures: AttentionPictures, outcome: Outcome) -> None:
    """After an answer: send the pictures to a person who wants them always.

    Not in groups, where others read too: their buttons are there for who asks.
    """
    is_private = outcome.chat_id == outcome.user_id
    if not is_private or not outcome.is_first:
        return
    if await pictures.is_always_wanted(outcome.user_id):
        place = Place(outcome.chat_id, outcome.message_id)
        with in_language(outcome.language_code):
            for answer in outcome.answers:
                if answer.captions:
                    await send_pictures(bot, pictures, answer.job_id, place, explain=False)


async def send_pictures(
    bot: Bot, pictures: AttentionPictures, job_id: int, place: Place, *, explain: bool = True
) -> bool:
    """Send the pictures of a job in reply to a message; false when not all of them can be sent.

    `explain` says why in a message when the photo cannot be had any more.
    """
    try:
        looks = await pictures.find(job_id, place.chat_id)
        for look in looks:
            await _send_picture(bot, pictures, job_id, look, place)
    except AnswerForgottenError:
        return False
    except (FileGoneError, FileTooLargeError, ImageError) as error:
        await _explain(bot, place, drawing_failed_text(), error, explain)
        return False
    except UnavailableError as error:
        await _explain(bot, place, drawing_later_text(), error, explain)
        return False
    except (TelegramBadRequest, TelegramForbiddenError) as error:
        await _explain(bot, place, pictures_forbidden_text(), error, explain)
        return False
    return bool(looks)


async def _send_picture(
    bot: Bot, pictures: AttentionPictures, job_id: int, look: Look, place: Place
) -> None:
    if look.picture_file_id is not None and await _send_again(bot, pictures, look, place):
        return
    content = await pictures.draw(look)
    # Everything may have been forgotten while it was drawn.
    await pictures.find(job_id, place.chat_id)
    with at_most_once():
        message = await _send(bot, look, place, BufferedInputFile(content, "attention.jpg"))
    if message.photo:
        await pictures.remember(look.caption_id, message.photo[-1].file_id)


async def _send_again(bot: Bot, pictures: AttentionPictures, look: Look, place: Place) -> bool:
    """Send the picture that Telegram keeps; false when it knows it no longer."""
    assert look.picture_file_id is not None
    try:
        with at_most_once():
            await _send(bot, look, place, look.picture_file_id)
    except TelegramBadRequest as error:
        if "file" not in error.message.lower():
            raise
        logger.info("The picture of caption %d has to be drawn again: %s", look.caption_id, error)
        await pictures.remember(look.caption_id, None)
        return False
    return True


async def _send(bot: Bot, look: Look, place: Place, photo: BufferedInputFile | str) -> Message:
    return await bot.send_photo(
        place.chat_id,
        photo,
        caption=look_text(look.model),
        reply_parameters=_reply_to(place),
    )


async def _explain(bot: Bot, place: Place, text: str, error: Exception, explain: bool) -> None:
    logger.warning("Where a model looked could not be drawn: %s", error)
    if explain:
        await bot.send_message(place.chat_id, text, reply_parameters=_reply_to(place))


def _reply_to(place: Place) -> ReplyParameters:
    return ReplyParameters(message_id=place.message_id, allow_sending_without_reply=True)
