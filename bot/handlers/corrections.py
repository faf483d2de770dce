"""Captions of one's own: the button, replies with text, withdrawing, /cancel."""

from typing import Any

from aiogram import Bot, F, Router
from aiogram.enums import MessageEntityType
from aiogram.filters import Command
from aiogram.types import CallbackQuery, Message

from bot.feedback.caption_rules import (
    TALK,
    CaptionRefusedError,
    check,
    is_mended,
    numbered,
    tidy,
)
from bot.feedback.corrections import Corrections
from bot.feedback.own_captions import NotTheirsError, Target
from bot.handlers.presses import Place
from bot.handlers.prompter import Prompter, become, delete, is_private
from bot.telegram.callbacks import (
    CancelButton,
    KeepButton,
    PickButton,
    ReplaceButton,
    UndoButton,
    WithdrawButton,
    WriteButton,
)
from bot.telegram.keyboards import (
    pick_keyboard,
    pick_newer_keyboard,
    replace_keyboard,
    written_keyboard,
)
from bot.telegram.outbox import Outbox
from bot.texts.conversation import outdated_button_text
from bot.texts.corrections import (
    asking_text,
    before_or_last_text,
    cancelled_text,
    kept_text,
    no_longer_text,
    not_asked_text,
    not_theirs_text,
    nothing_to_cancel_text,
    prompt_text,
    refusal_text,
    replace_text,
    talk_text,
    which_photo_text,
    withdrawn_text,
    written_text,
)


def create_router() -> Router:
    router = Router(name="corrections")
    router.message.register(cancel, Command("cancel", ignore_case=True))
    caption = F.text & ~F.text.startswith("/")
    router.message.register(write, caption, about_an_answer)
    # Whoever mends a word of their reply means the caption.
    router.edited_message.register(write, caption, about_an_answer)
    router.callback_query.register(ask, WriteButton.filter())
    router.callback_query.register(pick, PickButton.filter())
    router.callback_query.register(pick, ReplaceButton.filter())
    router.callback_query.register(keep, KeepButton.filter())
    router.callback_query.register(undo, UndoButton.filter())
    router.callback_query.register(withdraw, WithdrawButton.filter())
    router.callback_query.register(press_cancel, CancelButton.filter())
    return router


async def about_an_answer(
    message: Message, bot: Bot, corrections: Corrections
) -> bool | dict[str, Any]:
    """Whether a text is meant as a caption: a reply to an answer, or what the bot waits for.

    In a group only replies to the bot are looked at; with privacy mode on it sees no others.
    """
    sender, replied = message.from_user, message.reply_to_message
    if sender is None or message.sender_chat is not None:
        return False
    to_bot = (
        replied is not None and replied.from_user is not None and replied.from_user.id == bot.id
    )
    anything = is_private(message.chat) and message.edit_date is None
    if not to_bot and not anything:
        return False
    reply_to = replied.message_id if to_bot and replied is not None else None
    target = await corrections.target(sender.id, message.chat.id, reply_to, anything=anything)
    return False if target is None else {"target": target}


async def ask(
    query: CallbackQuery,
    callback_data: WriteButton,
    place: Place,
    bot: Bot,
    corrections: Corrections,
    outbox: Outbox,
) -> None:
    request = await corrections.begin(query.from_user.id, place.chat_id, callback_data.job_id)
    outbox.send(query.answer(asking_text()))
    if request.is_new and query.message is not None:
        prompter = Prompter(bot, corrections, outbox, query.message.chat, query.from_user)
        text = prompt_text(request, prompter.mention)
        # In a group a reply to the photo would ask its sender too.
        reply_to = request.message_id if prompter.mention is None else place.message_id
        prompter.ask(request, text, reply_to)


async def write(
    message: Message, target: Target, bot: Bot, corrections: Corrections, outbox: Outbox
) -> None:
    user, chat = message.from_user, message.chat
    if user is None or message.text is None:
        return
    number, text = numbered(message.text)
    job_id = target.photo(number)
    try:
        if job_id is None:
            check(tidy(text))
            ask_which(message, user.id, target, outbox)
            return
        if not target.asked and await asks_first(message, text, job_id, corrections, outbox):
            return
        written = await corrections.write(user.id, chat.id, job_id, text)
    except CaptionRefusedError as refusal:
        if refusal.reason == TALK and not target.asked:
            if is_private(chat):
                outbox.send(message.reply(talk_text()))
        elif job_id is not None and (target.asked or is_private(chat)):
            prompter = Prompter(bot, corrections, outbox, chat, user)
            await prompter.ask_again(job_id, refusal.reason, message.message_id)
        elif is_private(chat):
            outbox.send(message.reply(refusal_text(refusal.reason)))
        # Else nothing: people in a group may talk about an answer without meaning a caption.
        return
    outbox.send(message.reply(written_text(written), reply_markup=written_keyboard(written)))
    delete(bot, chat.id, written.prompt_id, outbox)


def ask_which(message: Message, user_id: int, target: Target, outbox: Outbox) -> None:
    """Ask which photo a text is about: of an album by its number, else the last or the one before.

    The question replies to the text, so that the press of its button brings it along.
    """
    if target.newer is not None:
        question = before_or_last_text()
        keyboard = pick_newer_keyboard(user_id, target.job_id, target.newer)
    else:
        question = which_photo_text(len(target.photos))
        keyboard = pick_keyboard(user_id, target.photos)
    outbox.send(message.reply(question, reply_markup=keyboard))


async def asks_first(
    message: Message, text: str, job_id: int, corrections: Corrections, outbox: Outbox
) -> bool:
    """Whether somebody who was not asked has to say first that their caption is to be replaced."""
    user = message.from_user
    assert user is not None
    known = await corrections.replaceable(user.id, message.chat.id, job_id, text)
    if known is None or (message.edit_date is not None and is_mended(known.text, tidy(text))):
        return False
    question = replace_text(known.text, tidy(text))
    outbox.send(message.reply(question, reply_markup=replace_keyboard(user.id, job_id)))
    return True


async def pick(
    query: CallbackQuery,
    callback_data: PickButton | ReplaceButton,
    place: Place,
    bot: Bot,
    corrections: Corrections,
    outbox: Outbox,
) -> None:
    """Which photo a text is about, or that it may replace another; the question replies to it."""
    user = query.from_user
    if user.id != callback_data.user_id:
        outbox.send(query.answer(not_asked_text()))
        return
    said = query.message.reply_to_message if isinstance(query.message, Message) else None
    if said is None or said.text is None:
        # Too old for Telegram to show, or deleted.
        outbox.send(query.answer(outdated_button_text(), show_alert=True))
        return
    try:
        _number, text = numbered(said.text)
        written = await corrections.write(user.id, place.chat_id, callback_data.job_id, text)
    except CaptionRefusedError as refusal:
        outbox.send(query.answer(refusal_text(refusal.reason), show_alert=True))
        return
    outbox.send(query.answer())
    become(bot, place, written_text(written), outbox, written_keyboard(written))
    delete(bot, place.chat_id, written.prompt_id, outbox)


async def undo(
    query: CallbackQuery,
    callback_data: UndoButton,
    place: Place,
    bot: Bot,
    corrections: Corrections,
    outbox: Outbox,
) -> None:
    """Let the caption that was replaced, which the message quotes, take its place again."""
    former = quoted(query.message) if isinstance(query.message, Message) else None
    if former is None:
        outbox.send(query.answer(outdated_button_text(), show_alert=True))
        return
    try:
        written = await corrections.undo(query.from_user.id, callback_data.correction_id, former)
    except NotTheirsError:
        outbox.send(query.answer(not_theirs_text()))
        return
    if written is None:
        outbox.send(query.answer(no_longer_text(), show_alert=True))
        return
    outbox.send(query.answer())
    become(bot, place, written_text(written), outbox, written_keyboard(written))


def quoted(message: Message) -> str | None:
    """What a message of ours shows as a quotation; None when there is none."""
    for entity in message.entities or ():
        if entity.type == MessageEntityType.BLOCKQUOTE:
            return entity.extract_from(message.text or "")
    return None


async def withdraw(
    query: CallbackQuery,
    callback_data: WithdrawButton,
    place: Place,
    bot: Bot,
    corrections: Corrections,
    outbox: Outbox,
) -> None:
    try:
        was_there = await corrections.withdraw(query.from_user.id, callback_data.correction_id)
    except NotTheirsError:
        outbox.send(query.answer(not_theirs_text()))
        return
    text = withdrawn_text() if was_there else no_longer_text()
    outbox.send(query.answer(text))
    await corrections.cancel(query.from_user.id, place.chat_id, prompt_id=place.message_id)
    become(bot, place, text, outbox)


async def cancel(message: Message, bot: Bot, corrections: Corrections, outbox: Outbox) -> None:
    if message.from_user is None:
        return
    cancelled = await corrections.cancel(message.from_user.id, message.chat.id)
    if cancelled is not None:
        outbox.send(message.answer(cancelled_text(cancelled.current)))
        delete(bot, message.chat.id, cancelled.prompt_id, outbox)
    elif is_private(message.chat):
        outbox.send(message.answer(nothing_to_cancel_text()))


async def press_cancel(
    query: CallbackQuery,
    callback_data: CancelButton,
    place: Place,
    bot: Bot,
    corrections: Corrections,
    outbox: Outbox,
) -> None:
    """Write none after all, or keep the one that there is."""
    if query.from_user.id != callback_data.user_id:
        outbox.send(query.answer(not_asked_text()))
        return
    user_id, chat_id = query.from_user.id, place.chat_id
    cancelled = await corrections.cancel(user_id, chat_id, prompt_id=place.message_id)
    if cancelled is None:  # a double click, or another question has come since
        outbox.send(query.answer(nothing_to_cancel_text()))
        return
    outbox.send(query.answer())
    become(bot, place, cancelled_text(cancelled.current), outbox)


async def keep(
    query: CallbackQuery, callback_data: KeepButton, place: Place, bot: Bot, outbox: Outbox
) -> None:
    """Leave the caption that there is: the text was meant as something else."""
    if query.from_user.id != callback_data.user_id:
        outbox.send(query.answer(not_asked_text()))
        return
    outbox.send(query.answer())
    become(bot, place, kept_text(), outbox)
