"""The bot's routers in a real dispatcher, in front of a Telegram that only takes notes."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from aiogram import Bot, Dispatcher
from aiogram.client.default import DefaultBotProperties
from aiogram.client.session.base import BaseSession
from aiogram.enums import ParseMode
from aiogram.methods import GetChatMember, GetMe, SendMessage, SendPhoto, TelegramMethod
from aiogram.types import (
    CallbackQuery,
    Chat,
    ChatMemberMember,
    ChatMemberOwner,
    InlineKeyboardMarkup,
    Message,
    PhotoSize,
    Update,
    User,
)

from bot.feedback.corrections import Corrections
from bot.feedback.export import Exports
from bot.feedback.kept_photos import KeptPhotos
from bot.feedback.ratings import Feedback
from bot.figures.health import Health
from bot.figures.stats import Stats
from bot.handlers import create_routers
from bot.handlers.limit_notices import LimitNotices
from bot.handlers.once import Once
from bot.handlers.unasked_albums import UnaskedAlbums
from bot.people.access import Access
from bot.people.chat_settings import ChatSettings
from bot.people.history import History
from bot.people.privacy import Privacy
from bot.people.users import Users
from bot.queue.attention_pictures import AttentionPictures
from bot.queue.downloads import FileGoneError
from bot.queue.jobs import Jobs
from bot.settings import Settings
from bot.storage import Database
from bot.telegram.outbox import Outbox
from bot.telegram.stats_panel import StatsPanel

ALICE, BOB, ADMIN = 1001, 1002, 1003
NOW = datetime(2026, 3, 10, tzinfo=UTC)


class NotingSession(BaseSession):
    """Answers every call as Telegram would, and remembers it. `hold` delays all
    answers; `errors` come next, whatever is called, and `refusals` when their method is."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[Any] = []
        self.errors: list[Exception] = []
        self.refusals: dict[type[Any], list[Exception]] = {}
        self.administrators: set[int] = set()
        self.released = asyncio.Event()
        self.released.set()
        self._ids = count(9000)

    def hold(self) -> None:
        self.released.clear()

    async def make_request(
        self,
        bot: Bot,
        method: TelegramMethod[Any],
        timeout: int | None = None,  # noqa: ASYNC109 - aiogram's signature
    ) -> Any:
        if isinstance(method, GetMe):  # polling has asked that before the first update
            return User(id=bot.id, is_bot=True, first_name="Caption bot", username="caption_bot")
        self.calls.append(method)
        await self.released.wait()
        if self.errors:
            raise self.errors.pop(0)
        if self.refusals.get(type(method)):
            raise self.refusals[type(method)].pop(0)
        if isinstance(method, GetChatMember):
            member = User(id=method.user_id, is_bot=False, first_name="Somebody")
            if method.user_id in self.administrators:
                return ChatMemberOwner(user=member, is_anonymous=False)
            return ChatMemberMember(user=member)
        if isinstance(method, SendMessage):
            chat = Chat(id=int(method.chat_id), type="private")
            return Message(message_id=next(self._ids), date=NOW, chat=chat, text=method.text)
        if isinstance(method, SendPhoto):
            chat = Chat(id=int(method.chat_id), type="private")
            sizes = [PhotoSize(file_id="sent", file_unique_id="unique-sent", width=8, height=6)]
            return Message(message_id=next(self._ids), date=NOW, chat=chat, photo=sizes)
        return True

    async def close(self) -> None:
        pass

    async def stream_content(self, *args: Any, **kwargs: Any) -> AsyncGenerator[bytes, None]:
        raise AssertionError("No handler downloads anything.")
        yield b""


class Conversation:
    """Feeds updates, one after another as polling does, and collects what the bot calls."""

    def __init__(self, database: Database, photos: Path) -> None:
        self.session = NotingSession()
        self.bot = Bot(
            "4242:0123456789-0123456789-0123456789",
            session=self.session,
            default=DefaultBotProperties(parse_mode=ParseMode.HTML),
        )
        self.users = Users(database)
        self.outbox = Outbox(on_blocked=lambda chat_id: self.users.set_blocked(chat_id, True))
        self.services: dict[str, Any] = {
            "settings": Settings(_env_file=None, admin_ids=frozenset({ADMIN})),
            "jobs": Jobs(database),
            "pictures": AttentionPictures(database, self._download),
            "once": Once(),
            "unasked": UnaskedAlbums(),
            "limit_notices": LimitNotices(self.outbox, quiet=0.3),
            "feedback": Feedback(database, KeptPhotos(photos)),
            "corrections": Corrections(database, KeptPhotos(photos)),
            "history": History(database),
            "chat_settings": ChatSettings(database),
            "stats_panel": StatsPanel(Stats(database), self.outbox, draw=lambda report: b"PNG"),
            "health": Health(database, photos.parent, photos, {}, lambda: True),
            "exports": Exports(database, photos, photos.parent),
            "privacy": Privacy(database, KeptPhotos(photos)),
            "access": Access(database, admin_ids=frozenset({ADMIN})),
            "users": self.users,
            "outbox": self.outbox,
        }
        self.dispatcher = Dispatcher(**self.services)
        self.dispatcher.include_routers(*create_routers())
        self._ids = count(1)
        self.files: dict[str, bytes] = {}

    async def _download(self, file_id: str) -> bytes:
        if file_id not in self.files:
            raise FileGoneError(file_id)
        return self.files[file_id]

    async def feed(self, **update: Any) -> None:
        """Handle one update; what it puts into the outbox may still be under way."""
        await self.dispatcher.feed_update(self.bot, Update(update_id=next(self._ids), **update))

    async def say(self, user_id: int = ALICE, *, chat_type: str = "private", **content: Any) -> Any:
        """Send a message; returns the calls that it led to."""
        return await self.calls_of(self.feed(message=self.message(user_id, chat_type, **content)))

    async def press(self, data: str, user_id: int = ALICE, *, message_id: int = 500) -> list[Any]:
        """Press a button of the bot's message; returns the calls that it led to."""
        return await self.calls_of(self.feed_press(data, user_id, message_id=message_id))

    async def feed_press(
        self,
        data: str,
        user_id: int = ALICE,
        *,
        message_id: int = 500,
        chat_id: int | None = None,
        chat_type: str = "private",
        **content: Any,
    ) -> None:
        content = {"message_id": message_id, "text": "An answer", **content}
        of_bot = self.message(chat_id or user_id, chat_type, **content)
        query = CallbackQuery(
            id=str(next(self._ids)),
            from_user=self.user(user_id),
            chat_instance="1",
            message=of_bot,
            data=data,
        )
        await self.feed(callback_query=query)

    async def calls_of(self, action: Any) -> list[Any]:
        before = len(self.session.calls)
        await action
        await self.outbox.drain(30)
        return self.session.calls[before:]

    def message(self, user_id: int, chat_type: str = "private", **content: Any) -> Message:
        chat_id = user_id if chat_type == "private" else -100
        content.setdefault("message_id", next(self._ids))
        return Message(
            date=NOW,
            chat=Chat(id=chat_id, type=chat_type),
            from_user=self.user(user_id),
            **content,
        )

    def user(self, user_id: int) -> User:
        return User(id=user_id, is_bot=False, first_name="Somebody", language_code="en")


def of_type(calls: list[Any], kind: type[Any]) -> list[Any]:
    """Those of the bot's calls that are of one method."""
    return [call for call in calls if isinstance(call, kind)]


def texts(keyboard: InlineKeyboardMarkup | None) -> list[list[str]]:
    """What the buttons of a message say, row by row."""
    assert keyboard is not None
    return [[button.text for button in row] for row in keyboard.inline_keyboard]
