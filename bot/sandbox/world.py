"""The small world that the sandbox keeps: one bot, a few people, their private chats."""

import asyncio
import contextlib
import math
import time
from collections import deque
from pathlib import Path
from typing import Any

from aiogram.types import Message, Update, User

from bot.sandbox import USERS, SandboxUser
from bot.sandbox.errors import bad_request, bot_was_blocked
from bot.sandbox.faults import Faults
from bot.sandbox.media import FileStore
from bot.sandbox.state import State

BOT_USERNAME = "caption_sandbox_bot"
CALLBACK_SECONDS = 60.0
_CALLS_REMEMBERED = 2000
_BETWEEN_POLLS_SECONDS = 15.0  # a bot handles what it got before it polls again


class Signal:
    """Wakes everyone who waits at the moment it is given."""

    def __init__(self) -> None:
        self._given = asyncio.Event()

    def give(self) -> None:
        self._given.set()
        self._given = asyncio.Event()

    async def wait(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._given.wait(), seconds)


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
        self.faults = Faults()
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
        return next((user for user in USERS if user.id == user_id), None)

    def user(self, person: SandboxUser) -> dict[str, Any]:
        return User(
            id=person.id,
            is_bot=False,
            first_name=person.first_name,
            username=person.username,
            language_code=person.language_code,
        ).model_dump(mode="json", exclude_none=True)

    def chat(self, person: SandboxUser) -> dict[str, Any]:
        return {
            "id": person.id,
            "type": "private",
            "first_name": person.first_name,
            "username": person.username,
        }

    def chat_for_bot(self, chat_id: int) -> SandboxUser:
        """The person of a chat that the bot may write to; raises BotApiError otherwise."""
        person = self.person(chat_id)
        if person is None or not self.state.setting(f"started.{chat_id}"):
            raise bad_request("chat not found")
        if self.is_blocked(chat_id):
            raise bot_was_blocked()
        return person

    def is_blocked(self, chat_id: int) -> bool:
        return bool(self.state.setting(f"blocked.{chat_id}"))

    # What happens

    def post(self, person: SandboxUser, content: dict[str, Any], *, by_bot: bool) -> dict[str, Any]:
        """Put a new message into a person's chat; `content` has its fields beyond the envelope."""
        message_id = self.state.reserve_message_id(person.id, from_bot=by_bot)
        message = _as_telegram_shows(
            {
                "message_id": message_id,
                "from": self.bot_user() if by_bot else self.user(person),
                "chat": self.chat(person),
                "date": int(time.time()),
                **content,
            }
        )
        self.state.save_message(message)
        self.tell_page(person.id, "message", message_id)
        return message

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
        if allowed and kind not in allowed:
            return
        checked = Update.model_validate({"update_id": 1, kind: content})
        dumped = checked.model_dump(mode="json", exclude_none=True, by_alias=True)
        self.state.add_update(kind, dumped[kind])
        self.updates_arrived.give()

    def tell_page(self, chat_id: int, kind: str, message_id: int | None = None) -> None:
        self.state.add_event(chat_id, kind, message_id)
        self.events_happened.give()

    def tell_every_page(self, kind: str) -> None:
        for person in USERS:
            self.tell_page(person.id, kind)


def _as_telegram_shows(message: dict[str, Any]) -> dict[str, Any]:
    return Message.model_validate(message).model_dump(mode="json", exclude_none=True, by_alias=True)
