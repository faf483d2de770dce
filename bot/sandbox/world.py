"""The small world that the sandbox keeps: one bot, a few people, the chats they share."""

import asyncio
import contextlib
import math
import re
import time
from collections import deque
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from aiogram.types import Message, Update, User

from bot.sandbox import BOT_USERNAME, USERS, SandboxUser, find_user
from bot.sandbox.chats import Chat, Chats
from bot.sandbox.delivery import reaches_bot
from bot.sandbox.faults import Faults
from bot.sandbox.limits import Limits
from bot.sandbox.media import FileStore
from bot.sandbox.state import State

CALLBACK_SECONDS = 60.0
_ONLY_ON_REQUEST = ("chat_member", "message_reaction", "message_reaction_count")
_CALLS_REMEMBERED = 2000
_BETWEEN_POLLS_SECONDS = 15.0  # a bot handles what it got before it polls again


class Signal:
    """Wakes everyone who waits at the moment it is given."""

    def __init__(self) -> None:
        self._given = asyncio.Event()

    def give(self) -> None:
        self._given.set()
        self._given = asyncio.Event()

    def wait(self, seconds: float) -> Coroutine[Any, Any, None]:
        """Wait until it is given, or for so long. It counts from this call on, not from when the
        task that awaits it has its turn: what is given in between is not missed."""
        return _wait(self._given, seconds)


async def _wait(given: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(given.wait(), seconds)


class Sandbox:
    """Everything that the bot's side and the people's side share.

    `callback_seconds` is how long a pressed button may be answered.
    """

    def __init__(
        self, state_dir: Path, token: str, callback_seconds: float = CALLBACK_SECONDS
    ) -> None:
        self.token = token
        self.callback_seconds = callback_seconds
        self.state = State(state_dir)
        self.files = FileStore(state_dir / "files", self.state)
        self.chats = Chats(self.state, self.bot_id)
        self.faults = Faults()
        self.limits: Limits | None = None
        """Telegram's limits, where they are enforced."""
        self.calls: deque[dict[str, Any]] = deque(maxlen=_CALLS_REMEMBERED)
        self.updates_arrived = Signal()
        self.events_happened = Signal()
        self.waiting_presses: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.poller: asyncio.Future[None] | None = None
        self.last_poll = -math.inf  # monotonic seconds
        self.polls = 0

    def close(self) -> None:
        self.state.close()

    # Who is there

    @property
    def bot_is_polling(self) -> bool:
        """Whether a bot is fetching updates, or did a moment ago."""
        return self.poller is not None or time.monotonic() - self.last_poll < _BETWEEN_POLLS_SECONDS

    @property
    def bot_id(self) -> int:
        return int(self.token.partition(":")[0])

    def bot_user(self) -> dict[str, Any]:
        return User(
            id=self.bot_id, is_bot=True, first_name="Caption bot", username=BOT_USERNAME
        ).model_dump(mode="json", exclude_none=True)

    def person(self, user_id: int) -> SandboxUser | None:
        return find_user(user_id)

    def user(self, person: SandboxUser) -> dict[str, Any]:
        return User(
            id=person.id,
            is_bot=False,
            first_name=person.first_name,
            username=person.username,
            language_code=self.language(person),
        ).model_dump(mode="json", exclude_none=True)

    def language(self, person: SandboxUser) -> str:
        """The language of a person's Telegram app, which they may change."""
        chosen: str | None = self.state.setting(f"language.{person.id}")
        return chosen or person.language_code

    # What happens

    def post(
        self, chat: Chat, content: dict[str, Any], *, sender: SandboxUser | None
    ) -> dict[str, Any]:
        """Put a new message into a chat; `sender` None is the bot.

        `content` has the fields beyond the envelope. Posts of a channel have no author.
        """
        by_bot = sender is None
        message_id = self.state.reserve_message_id(chat.id, from_bot=by_bot)
        envelope: dict[str, Any] = {
            "message_id": message_id,
            "chat": chat.shown(),
            "date": int(time.time()),
        }
        if chat.is_channel:
            envelope["sender_chat"] = chat.shown()
        else:
            envelope["from"] = self.bot_user() if sender is None else self.user(sender)
        message = _as_telegram_shows({**envelope, **content})
        self.state.save_message(message)
        self.tell_page(chat.id, "message", message_id)
        return message

    def tell_bot_of_message(self, chat: Chat, message: dict[str, Any], *, edited: bool) -> None:
        """Queue a message as an update, unless the bot is not to see it (see delivery.py)."""
        if reaches_bot(self.chats, self.state, chat, message, self.bot_id):
            kind = "channel_post" if chat.is_channel else "message"
            self.tell_bot(f"edited_{kind}" if edited else kind, message)

    def ask_for_reply(
        self, chat: Chat, message: dict[str, Any], force_reply: dict[str, Any]
    ) -> None:
        """Let the members' apps open a reply to a message, until someone writes.

        A selective wish is for those whom the message mentions or answers.
        """
        names = [name.lower() for name in re.findall(r"@(\w+)", message.get("text", ""))]
        answered = message.get("reply_to_message", {}).get("from", {}).get("id")
        wanted = [
            person.id
            for person in USERS
            if not force_reply.get("selective") or person.id == answered or person.username in names
        ]
        prompt = {
            "message_id": message["message_id"],
            "placeholder": force_reply.get("input_field_placeholder", ""),
            "user_ids": wanted,
        }
        self.state.set_setting(f"prompt.{chat.id}", prompt)
        self.tell_page(chat.id, "prompt")

    def change(self, message: dict[str, Any]) -> dict[str, Any]:
        """Store an edited message."""
        message = _as_telegram_shows(message)
        self.state.save_message(message)
        self.tell_page(message["chat"]["id"], "edit", message["message_id"])
        return message

    def delete(self, chat_id: int, message_id: int) -> bool:
        """Remove a message; False when there is none."""
        if not self.state.delete_message(chat_id, message_id):
            return False
        self.tell_page(chat_id, "delete", message_id)
        return True

    def tell_bot(self, kind: str, content: dict[str, Any]) -> None:
        """Queue an update, unless the bot asked not to receive this kind."""
        allowed = self.state.setting("allowed_updates")
        if (allowed and kind not in allowed) or (not allowed and kind in _ONLY_ON_REQUEST):
            return
        checked = Update.model_validate({"update_id": 1, kind: content})
        dumped = checked.model_dump(mode="json", exclude_none=True, by_alias=True)
        self.state.add_update(kind, dumped[kind])
        self.updates_arrived.give()

    def tell_page(self, chat_id: int, kind: str, message_id: int | None = None) -> None:
        self.state.add_event(chat_id, kind, message_id)
        self.events_happened.give()

    def tell_every_page(self, kind: str) -> None:
        for chat in self.chats.every():
            self.tell_page(chat.id, kind)


def _as_telegram_shows(message: dict[str, Any]) -> dict[str, Any]:
    return Message.model_validate(message).model_dump(mode="json", exclude_none=True, by_alias=True)
