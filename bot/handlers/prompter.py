"""Questions about captions of one's own: asking them, and letting them become their outcome."""

from aiogram import Bot
from aiogram.enums import ChatType
from aiogram.methods import DeleteMessage, EditMessageText
from aiogram.types import Chat, ForceReply, InlineKeyboardMarkup, ReplyParameters, User

from bot.feedback.corrections import Corrections
from bot.feedback.own_captions import Request
from bot.handlers.presses import Place
from bot.telegram.keyboards import prompt_keyboard
from bot.telegram.outbox import Outbox
from bot.texts.corrections import placeholder, refusal_text


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
        if is_private(self._chat):
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
            delete(self._bot, self._chat.id, superfluous, self._outbox)

        self._outbox.send(send, key=self._chat.id)
        delete(self._bot, self._chat.id, request.former_prompt, self._outbox)

    async def ask_again(self, job_id: int, reason: str, reply_to: int) -> None:
        """Say why a text cannot be used, and wait for another one."""
        request = await self._corrections.begin(self._user.id, self._chat.id, job_id)
        self.ask(request, refusal_text(reason, self.mention), reply_to)


def is_private(chat: Chat) -> bool:
    return chat.type == ChatType.PRIVATE


def become(
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


def delete(bot: Bot, chat_id: int, message_id: int | None, outbox: Outbox) -> None:
    if message_id is not None:
        outbox.send(DeleteMessage(chat_id=chat_id, message_id=message_id).as_(bot))
