"""A real database for each test, and a short way to fill it."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from aiogram import Bot
from aiogram.types import PhotoSize
from aiohttp import web
from conversing import Conversation
from postgresql import PostgreSQLServer, empty
from scripted_api import TOKEN, Server
from sqlalchemy import URL, make_url
from worker_bench import Bench

import bot.queue.worker
import bot.telegram.connection
from bot.settings import Settings
from bot.storage import Database
from bot.storage.engine import is_sqlite
from bot.storage.migrate import migrate
from bot.storage.tables import DONE, KEPT, Answer, Caption, Job, Photo, User
from bot.telegram.connection import create_bot
from captioning.catalogue import ENTRIES, ModelEntry

BOT_ID = 4242
KINDS = ("sqlite", "postgresql")
ON_BOTH = {"storage", "queue", "people", "feedback", "figures"}
"""The folders with statements for the database; what is above them is tested with SQLite only, but
for `pytest tests/bot --database=postgresql`."""
RESNET, MOBILENET = "resnet34-lstm", "mobilenet-attention"


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied: migrating takes longer than most tests."""
    path = tmp_path_factory.mktemp("database") / "empty.db"
    asyncio.run(migrate(f"sqlite+aiosqlite:///{path}"))
    return path


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Let what is done with a database be tested with both kinds."""
    if "database_url" in metafunc.fixturenames:
        here = metafunc.definition.path.relative_to(Path(__file__).parent).parts[0]
        both = here in ON_BOTH and metafunc.definition.get_closest_marker("sqlite") is None
        kinds = metafunc.config.getoption("database") or (KINDS if both else KINDS[:1])
        metafunc.parametrize("database_url", kinds, indirect=True)


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> URL:
    """The address of a database with the newest schema; one on a server may have rows."""
    if request.param == "postgresql":
        server: PostgreSQLServer = request.getfixturevalue("postgresql_server")
        return server.url()
    path = tmp_path / "bot.db"
    shutil.copy(request.getfixturevalue("empty_database"), path)
    return make_url(f"sqlite+aiosqlite:///{path}")


@pytest.fixture
async def database(database_url: URL) -> AsyncIterator[Database]:
    """A database of the newest schema with nothing in it."""
    database = Database(database_url)
    if not is_sqlite(database_url):
        await empty(database)
    yield database
    await database.close()


@dataclass(frozen=True)
class Sent:
    """A photo that was sent, by its ids."""

    user_id: int
    chat_id: int
    photo_id: int
    job_id: int
    caption_ids: tuple[int, ...]


class Filler:
    """Stores what the bot would have stored after a photo."""

    def __init__(self, database: Database, kept_photos: Path) -> None:
        self.database = database
        self.kept_photos = kept_photos
        self._numbers = count(1)

    async def photo_sent(
        self,
        user_id: int,
        *,
        same_as: Sent | None = None,
        models: tuple[str, ...] = (RESNET, MOBILENET),
        state: str = DONE,
        failure: str | None = None,
        received_at: datetime | None = None,
        seconds: float = 2.0,
        placeholder_id: int | None = None,
        kept_name: str | None = None,
    ) -> Sent:
        """A photo (`same_as` before: by the same Telegram photo) with captions when it is done."""
        number = next(self._numbers)
        received_at = received_at or datetime.now(UTC)
        is_finished = state in (DONE, "failed")
        async with self.database.write() as session:
            if await session.get(User, user_id) is None:
                session.add(User(id=user_id, language_code="en"))
                await session.flush()
            if same_as is not None:
                photo_id, caption_ids = same_as.photo_id, same_as.caption_ids
            else:
                photo = Photo(
                    file_unique_id=f"unique-{number}",
                    file_id=f"file-{number}",
                    width=640,
                    height=480,
                    kept_name=kept_name,
                    fetch_state=KEPT if kept_name else None,
                )
                session.add(photo)
                await session.flush()
                captions = [
                    Caption(
                        photo_id=photo.id,
                        model=model,
                        version="1",
                        options="beam=3",
                        text=f"Caption {number} of {model}.",
                        words=["Caption"],
                        word_probabilities=[0.5],
                        log_probability=-0.7,
                        confidence=0.9,
                        latency_ms=12.0,
                    )
                    for model in (models if state == DONE else ())
                ]
                session.add_all(captions)
                await session.flush()
                photo_id, caption_ids = photo.id, tuple(caption.id for caption in captions)
            job = Job(
                bot_id=BOT_ID,
                chat_id=user_id,
                message_id=number,
                photo_id=photo_id,
                user_id=user_id,
                models=models,
                state=state,
                failure=failure,
                placeholder_id=placeholder_id,
                received_at=received_at,
                run_after=received_at,
                finished_at=received_at + timedelta(seconds=seconds) if is_finished else None,
            )
            session.add(job)
            await session.flush()
            session.add_all(
                Answer(job_id=job.id, caption_id=caption_id, position=position)
                for position, caption_id in enumerate(caption_ids)
            )
        if kept_name:
            self.kept_photos.mkdir(exist_ok=True)
            (self.kept_photos / kept_name).write_bytes(b"pixels")
        return Sent(user_id, user_id, photo_id, job.id, caption_ids)


@pytest.fixture
def filler(database: Database, tmp_path: Path) -> Filler:
    return Filler(database, tmp_path / "photos")


@pytest.fixture
def catalogue_of(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Lets there be one model, without attention, two, or three: `catalogue_of(3)`."""
    third = ModelEntry("third", "Third & best", "Third", has_attention=True, path=Path("third"))
    entries = [ENTRIES[RESNET], ENTRIES[MOBILENET], third]

    def have(models: int) -> None:
        shown = {entry.name: entry for entry in entries[:models]}
        monkeypatch.setattr("captioning.catalogue._entries", shown)

    return have


@pytest.fixture
async def bench(database: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    """A worker in a hurry."""
    monkeypatch.setattr(bot.queue.worker, "FIRST_DELAY", timedelta(milliseconds=1))
    monkeypatch.setattr("bot.queue.stage.POLL_SECONDS", 0.05)
    bench = Bench(database)
    yield bench
    await bench.worker.stop(5)
    await bench.models.close()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    app = web.Application()
    app.router.add_route("*", "/bot{token}/{name}", server.handle)
    app.router.add_route("*", "/file/bot{token}/{name:.*}", server.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield server
    await runner.cleanup()


@pytest.fixture
async def client(server: Server, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bot]:
    monkeypatch.setattr(bot.telegram.connection, "FIRST_DELAY", 0.01)
    client = create_bot(TOKEN, server.url)
    yield client
    await client.session.close()


@pytest.fixture
async def conversation(database: Database, tmp_path: Path) -> AsyncIterator[Conversation]:
    conversation = Conversation(database, tmp_path / "photos")
    yield conversation
    conversation.session.released.set()
    await conversation.outbox.drain(30)


@pytest.fixture
def photo_sizes() -> Callable[..., list[PhotoSize]]:
    """A photo as Telegram describes it: the same picture in several sizes (bytes per size)."""

    def make(*file_sizes: int, name: str = "photo") -> list[PhotoSize]:
        return [
            PhotoSize(
                file_id=f"{name}-{number}",
                file_unique_id=f"unique-{name}-{number}",
                width=320 * number,
                height=240 * number,
                file_size=file_size,
            )
            for number, file_size in enumerate(file_sizes, start=1)
        ]

    return make


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty folder to run commands in, without settings."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)
    # A command sets up logging for its process, and this process has other tests to run.
    monkeypatch.setattr("bot.commands.running.set_up_logging", lambda *_: None)
    mask = os.umask(0o022)
    yield
    os.umask(mask)
