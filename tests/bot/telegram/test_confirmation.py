"""Updates are confirmed when they have taken effect, and come again until then."""

import asyncio
import logging
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiogram import Bot, Dispatcher
from aiogram.types import ErrorEvent, Message
from aiohttp import web
from scripted_api import TOKEN, Server, ok
from sqlalchemy import select
from troubled_database import Disk, Lock, shorten_busy_timeout

from bot.people.users import Person
from bot.queue.answers import AnswerForgottenError
from bot.queue.jobs import Jobs, PhotoRef
from bot.storage import Database, availability
from bot.storage.tables import Job
from bot.telegram import confirmation
from bot.telegram.connection import create_bot
from bot.telegram.polling import poll

PATIENCE = 30.0
PHOTOS = 16


class Telegram:
    """Holds updates until they are confirmed, as the Bot API does."""

    def __init__(self, server: Server) -> None:
        self.held: dict[int, dict[str, Any]] = {}
        self.polls = 0
        server.on("getMe", ok({"id": 123456, "is_bot": True, "first_name": "B", "username": "b"}))
        server.on("getUpdates", self._answer)

    def add(self, update_id: int, text: str = "a photo") -> None:
        chat = {"id": 7, "type": "private"}
        message = {"message_id": update_id, "date": 0, "chat": chat, "text": text}
        self.held[update_id] = {"update_id": update_id, "message": message}

    async def _answer(self, request: web.Request) -> web.Response:
        offset = int((await request.post()).get("offset", 0))  # type: ignore[arg-type]
        self.held = {it: update for it, update in self.held.items() if it >= offset}
        self.polls += 1
        if not self.held:
            await asyncio.sleep(0.02)
        updates = [self.held[it] for it in sorted(self.held)][:100]
        return web.json_response({"ok": True, "result": updates})

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition():  # noqa: ASYNC110 - of several, and a database's
                await asyncio.sleep(0.01)


@pytest.fixture
def telegram(server: Server) -> Telegram:
    return Telegram(server)


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    shorten_busy_timeout(monkeypatch)
    monkeypatch.setattr(availability, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(availability, "LONGEST_PAUSE", 0.05)
    monkeypatch.setattr(confirmation, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(confirmation, "LONGEST_PAUSE", 0.1)


@asynccontextmanager
async def polling(dispatcher: Dispatcher, client: Bot, *pause: Any) -> AsyncIterator[None]:
    task = asyncio.create_task(poll(dispatcher, client, *pause))
    try:
        yield
    finally:
        await dispatcher.stop_polling()
        await asyncio.wait_for(task, PATIENCE)


class Intake:
    """A dispatcher that stores a job per message, but answers `ping` without storing anything."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.pings = 0
        self.attempts = 0
        self.errors: list[Exception] = []
        self.dispatcher = Dispatcher()
        self._jobs = Jobs(database)
        self.dispatcher.message.register(self._handle)
        self.dispatcher.errors.register(self._error)

    async def _handle(self, message: Message) -> None:
        if message.text == "ping":
            self.pings += 1
            return
        self.attempts += 1
        await self._jobs.accept(
            bot_id=1,
            chat_id=7,
            message_id=message.message_id,
            user=Person(7, "en"),
            # Long ones: they do not fit into the room that a database has left over.
            photo=PhotoRef(f"file-{'x' * 5000}", f"unique-{message.message_id}", 64, 48),
            models=("resnet34-lstm",),
        )

    async def _error(self, event: ErrorEvent) -> None:
        self.errors.append(event.exception)

    async def stored(self) -> list[int]:
        async with self.database.read() as session:
            return list(await session.scalars(select(Job.message_id).order_by(Job.message_id)))


async def test_photos_that_arrive_while_another_program_writes_are_not_lost(
    telegram: Telegram,
    client: Bot,
    database: Database,
    caplog: pytest.LogCaptureFixture,
) -> None:
    intake = Intake(database)
    await intake.stored()  # opens the database
    lock = await Lock.on(database.url)
    async with polling(intake.dispatcher, client, database.availability.wait):
        for number in range(1, PHOTOS + 1):
            telegram.add(number)
        telegram.add(PHOTOS + 1, "ping")
        await telegram.until(lambda: intake.pings > 0 and intake.attempts > 2 * PHOTOS)
        assert len(telegram.held) == PHOTOS + 1, "nothing is confirmed"
        lock.release()
        await telegram.until(lambda: not telegram.held)
    assert await intake.stored() == list(range(1, PHOTOS + 1))
    assert intake.pings == 1, "what was handled is passed over when it comes again"
    assert intake.errors == []
    said = [it.getMessage() for it in caplog.records if "atabase" in it.getMessage()]
    assert len(said) == 2, "once that it cannot be used, and once that it can be again"


async def test_photos_that_arrive_while_the_disk_is_full_are_not_lost(
    telegram: Telegram,
    client: Bot,
    empty_database: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    disk = Disk(monkeypatch)
    shutil.copy(empty_database, tmp_path / "bot.db")
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'bot.db'}")
    intake = Intake(database)
    disk.is_full = True
    async with polling(intake.dispatcher, client, database.availability.wait):
        for number in range(1, PHOTOS + 1):
            telegram.add(number)
        await telegram.until(lambda: intake.attempts > 2 * PHOTOS)
        assert database.availability.trouble is not None
        disk.is_full = False
        await telegram.until(lambda: not telegram.held)
    assert await intake.stored() == list(range(1, PHOTOS + 1))
    assert intake.errors == []
    await database.close()


async def test_a_stopped_bot_gets_what_it_could_not_store(
    telegram: Telegram, client: Bot, server: Server, database: Database
) -> None:
    intake = Intake(database)
    await intake.stored()
    lock = await Lock.on(database.url)
    async with polling(intake.dispatcher, client, database.availability.wait):
        telegram.add(1, "ping")
        await telegram.until(lambda: intake.pings == 1)
        telegram.add(2)
        telegram.add(3, "ping")
        await telegram.until(lambda: intake.pings == 2)
    assert set(telegram.held) == {2, 3}
    lock.release()
    await asyncio.sleep(0.06)
    again = Intake(database)
    next_start = create_bot(TOKEN, server.url)
    async with polling(again.dispatcher, next_start, database.availability.wait):
        await telegram.until(lambda: not telegram.held)
    await next_start.session.close()
    assert await again.stored() == [2]


async def test_what_fails_by_itself_is_set_aside_and_stops_nothing(
    telegram: Telegram, client: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    handled: list[str] = []
    errors: list[Exception] = []
    dispatcher = Dispatcher()

    @dispatcher.message()
    async def handle(message: Message) -> None:
        handled.append(str(message.text))
        if message.text == "poison" or (message.text == "shy" and handled.count("shy") < 3):
            raise ZeroDivisionError("what somebody wrote")

    @dispatcher.errors()
    async def apologise(event: ErrorEvent) -> None:
        errors.append(event.exception)

    telegram.add(1, "poison")
    telegram.add(2, "shy")
    telegram.add(3, "good")
    async with polling(dispatcher, client):
        await telegram.until(lambda: not telegram.held)
        telegram.add(4, "later")
        await telegram.until(lambda: "later" in handled)
    assert handled[:3] == ["poison", "shy", "good"], "nobody waits for the others' tries"
    assert [handled.count(it) for it in ("poison", "shy", "good", "later")] == [3, 3, 1, 1]
    assert [type(error) for error in errors] == [ZeroDivisionError], "its person is told, once"
    warnings = [it for it in caplog.records if it.name == confirmation.__name__]
    assert {it.levelno for it in warnings} == {logging.WARNING}
    assert "what somebody wrote" not in "".join(it.getMessage() for it in warnings)


async def test_what_was_forgotten_is_no_fault(telegram: Telegram, client: Bot) -> None:
    tries: list[int] = []
    dispatcher = Dispatcher()

    @dispatcher.message()
    async def handle(message: Message) -> None:
        tries.append(message.message_id)
        raise AnswerForgottenError

    @dispatcher.errors()
    async def explain(_event: ErrorEvent) -> None:
        pass

    telegram.add(1)
    async with polling(dispatcher, client):
        await telegram.until(lambda: not telegram.held)
    assert tries == [1]


async def test_an_update_that_telegram_gave_up_is_not_waited_for(
    telegram: Telegram, client: Bot, database: Database
) -> None:
    intake = Intake(database)
    await intake.stored()
    lock = await Lock.on(database.url)
    async with polling(intake.dispatcher, client, database.availability.wait):
        telegram.add(1)
        await telegram.until(lambda: intake.attempts > 2)
        telegram.held.clear()
        polls = telegram.polls
        await telegram.until(lambda: telegram.polls > polls + 2)
        attempts = intake.attempts
        telegram.add(2, "ping")
        await telegram.until(lambda: not telegram.held)
        assert intake.attempts == attempts
    lock.release()


async def test_an_update_that_cannot_be_read_is_confirmed(
    telegram: Telegram, client: Bot, database: Database
) -> None:
    intake = Intake(database)
    telegram.held = {1: {"update_id": 1, "telepathy": {}}}
    async with polling(intake.dispatcher, client):
        await telegram.until(lambda: not telegram.held)
    assert (intake.errors, intake.attempts) == ([], 0)
