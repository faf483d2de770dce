"""Captions of one's own: the button, replies with text, withdrawing, /cancel."""

from typing import Any

from aiogram import Bot, F, Router
from aiogram.enums import ChatType
from aiogram.filters import Command
from aiogram.methods import DeleteMessage, EditMessageText
from aiogram.types import (
    CallbackQuery,
    Chat,
    ForceReply,
    InlineKeyboardMarkup,
    Message,
    ReplyParameters,
    User,
)

from bot.feedback.caption_rules import CaptionRefusedError, check, numbered, tidy
from bot.feedback.corrections import Corrections, NotTheirsError, Request, Target
from bot.handlers.presses import Place
from bot.telegram.callbacks import CancelButton, PickButton, WithdrawButton, WriteButton
from bot.telegram.keyboards import pick_keyboard, prompt_keyboard, written_keyboard
from bot.telegram.outbox import Outbox
from bot.texts.conversation import outdated_button_text
from bot.texts.corrections import (
    asking_text,
    cancelled_text,
    not_asked_text,
    not_theirs_text,
    nothing_to_cancel_text,
    placeholder,
    prompt_text,
    refusal_text,
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
    anything = _is_private(message.chat) and message.edit_date is None
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
    job_id: int | None = target.job_id
    text = message.text
    try:
        if len(target.photos) > 1:
            number, text = numbered(text)
            is_known = number is not None and 1 <= number <= len(target.photos)
            job_id = target.photos[number - 1] if number is not None and is_known else None
        if job_id is None:
            check(tidy(text))
            keyboard = pick_keyboard(user.id, target.photos)
            question = which_photo_text(len(target.photos))
            outbox.send(message.reply(question, reply_markup=keyboard))
            return
        written = await corrections.write(user.id, chat.id, job_id, text)
    except CaptionRefusedError as refusal:
        if job_id is not None and (target.asked or _is_private(chat)):
            prompter = Prompter(bot, corrections, outbox, chat, user)
            await prompter.ask_again(job_id, refusal.reason, message.message_id)
        elif _is_private(chat):
            outbox.send(message.reply(refusal_text(refusal.reason)))
        # Else nothing: people in a group may talk about an answer without meaning a caption.
        return
    keyboard = written_keyboard(written.correction.correction_id)
    outbox.send(message.reply(written_text(written), reply_markup=keyboard))
    _delete(bot, chat.id, written.prompt_id, outbox)


async def pick(
    query: CallbackQuery,
    callback_data: PickButton,
    place: Place,
    bot: Bot,
    corrections: Corrections,
    outbox: Outbox,
) -> None:
    """The number of the photo that a text was about; the question replies to that text."""
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
    _become(
        bot,
        place,
        written_text(written),
        outbox,
        written_keyboard(written.correction.correction_id),
    )
    _delete(bot, place.chat_id, written.prompt_id, outbox)


async def withdraw(
    query: CallbackQuery,
    callback_data: WithdrawButton,
    place: Place,
    bot: Bot,
    corrections: Corrections,
    outbox: Outbox,
) -> None:
    try:
        await corrections.withdraw(query.from_user.id, callback_data.correction_id)
    except NotTheirsError:
        outbox.send(query.answer(not_theirs_text()))
        return
    outbox.send(query.answer(withdrawn_text()))
    await corrections.cancel(query.from_user.id, place.chat_id, prompt_id=place.message_id)
    _become(bot, place, withdrawn_text(), outbox)


async def cancel(message: Message, bot: Bot, corrections: Corrections, outbox: Outbox) -> None:
    if message.from_user is None:
        return
    waited, prompt_id = await corrections.cancel(message.from_user.id, message.chat.id)
    if waited:
        outbox.send(message.answer(cancelled_text()))
        _delete(bot, message.chat.id, prompt_id, outbox)
    elif _is_private(message.chat):
        outbox.send(message.answer(nothing_to_cancel_text()))


async def press_cancel(
    query: CallbackQuery,
    callback_data: CancelButton,
    place: Place,
    bot: Bot,
    corrections: Corrections,
    outbox: Outbox,
) -> None:
    if query.from_user.id != callback_data.user_id:
        outbox.send(query.answer(not_asked_text()))
        return
    outbox.send(query.answer())
    await corrections.cancel(query.from_user.id, place.chat_id, prompt_id=place.message_id)
    _become(bot, place, cancelled_text(), outbox)


class Prompter:
    """Asks one person in a chat for a caption, in a message that is remembered.

    In a group that message mentions the person, and only their app opens a reply to it: so that
    the bot sees the reply with privacy mode on, and knows it from other talk.
    """

    def __init__(
        self, bot: Bot, corrections: Corrections, outbox: Outbox, chat: Chat, user: User
    ) -> None:
        self._bot = bot
        self._corrections = corrections
        self._outbox = outbox
        self._chat = chat
        self._user = user

    @property
    def mention(self) -> str | None:
        """The person's name as HTML that mentions them; None in a private chat."""
        if _is_private(self._chat):
            return None
        # Telegram promises an open reply to those who are mentioned by their user name.
        username = self._user.username
        return f"@{username}" if username is not None else self._user.mention_html()

    def ask(self, request: Request, text: str, reply_to: int | None) -> None:
        """Put the question into the outbox; the one before it is deleted."""
        keyboard: InlineKeyboardMarkup | ForceReply
        if self.mention is None:
            current = request.current
            correction_id = current.correction_id if current is not None else None
            keyboard = prompt_keyboard(self._user.id, correction_id)
        else:
            keyboard = ForceReply(selective=True, input_field_placeholder=placeholder())
        reply = None
        if reply_to is not None:
            reply = ReplyParameters(message_id=reply_to, allow_sending_without_reply=True)

        async def send() -> None:
            message = await self._bot.send_message(
                self._chat.id, text, reply_markup=keyboard, reply_parameters=reply
            )
            superfluous = await self._corrections.prompted(
                self._user.id, self._chat.id, request.job_id, message.message_id
            )
            _delete(self._bot, self._chat.id, superfluous, self._outbox)

        self._outbox.send(send, key=self._chat.id)
        _delete(self._bot, self._chat.id, request.former_prompt, self._outbox)

    async def ask_again(self, job_id: int, reason: str, reply_to: int) -> None:
        """Say why a text cannot be used, and wait for another one."""
        request = await self._corrections.begin(self._user.id, self._chat.id, job_id)
        self.ask(request, refusal_text(reason, self.mention), reply_to)


def _is_private(chat: Chat) -> bool:
    return chat.type == ChatType.PRIVATE


def _become(
    bot: Bot,
    place: Place,
    text: str,
    outbox: Outbox,
    keyboard: InlineKeyboardMarkup | None = None,
) -> None:
    """Let a question become its outcome, so that its buttons cannot be pressed by mistake."""
    edit = EditMessageText(
        text=text, chat_id=place.chat_id, message_id=place.message_id, reply_markup=keyboard
    )
    outbox.send(edit.as_(bot))


def _delete(bot: Bot, chat_id: int, message_id: int | None, outbox: Outbox) -> None:
    if message_id is not None:
        outbox.send(DeleteMessage(chat_id=chat_id, message_id=message_id).as_(bot))
