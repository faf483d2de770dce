"""The mass of people, through the bot's own services, without Telegram between them.

Photos are accepted, queued, captioned by the worker and kept as the bot does it; ratings and
corrections go through the same rules.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from sqlalchemy import select

from bot.feedback.caption_rules import CaptionRefusedError
from bot.feedback.corrections import Corrections
from bot.feedback.export import Exports
from bot.feedback.kept_photos import KeptPhotos
from bot.feedback.photo_fetcher import PhotoFetcher
from bot.feedback.ratings import Feedback
from bot.queue.claims import Claims
from bot.queue.jobs import Accepted, Jobs, PhotoRef
from bot.queue.models import Models
from bot.queue.steps import Announcement, Outcome
from bot.queue.worker import Worker
from bot.storage import Database
from bot.storage.migrate import migrate
from bot.storage.tables import Answer, Caption
from captioning import Caption as Said
from captioning import Captioner
from simulation.people import Person
from training.datasets import Record

BOT_ID = 4242
_CHAT = -77_000
"""A group in which everybody sees everything."""
_FIRST_PERSON = 70_000


class Terse:
    """A captioner as the bot uses it, without what nobody looks at here: alternatives and where
    the model looked, which take most of the time."""

    def __init__(self, captioner: Captioner) -> None:
        self._captioner = captioner
        self.version, self.fingerprint = captioner.version, captioner.fingerprint

    def caption(
        self,
        images: Sequence[Image.Image],
        /,
        *,
        beam_size: int | None = None,
        length_penalty: float | None = None,
        brevity: float = 0.0,
        alternatives: int = 0,
    ) -> list[Said]:
        captions = self._captioner.caption(
            images, beam_size=beam_size, length_penalty=length_penalty, brevity=brevity
        )
        return [replace(caption, attention=None) for caption in captions]


@dataclass(frozen=True, slots=True)
class _Sender:
    id: int
    language_code: str | None = "en"


@dataclass(slots=True)
class Feedbacks:
    """What people did, in numbers."""

    likes: int = 0
    dislikes: int = 0
    corrections: int = 0
    refused: int = 0
    """Corrections that the bot did not take."""


class _Album:
    """Photos by their names, as Telegram would give them out, and a messenger that shows nobody
    anything."""

    def __init__(self, photos: Sequence[Record]) -> None:
        self._paths = {record.name: record.image for record in photos}
        self._messages = 0

    async def announce(self, announcement: Announcement) -> int:
        return self._next()

    async def withdraw(self, chat_id: int, message_id: int) -> None:
        pass

    async def show_activity(self, chat_id: int) -> None:
        pass

    async def download(self, file_id: str) -> bytes:
        return await asyncio.to_thread(self._paths[file_id].read_bytes)

    async def edit(self, outcome: Outcome) -> None:
        pass

    async def doubt(self, outcome: Outcome) -> None:
        pass

    async def send(self, outcome: Outcome) -> int:
        return self._next()

    def _next(self) -> int:
        self._messages += 1
        return self._messages


async def talk(
    data_dir: Path,
    captioners: Mapping[str, Any],
    photos: Sequence[Record],
    people: Sequence[Person],
    *,
    raters: int,
    seed: int,
) -> Feedbacks:
    """Let people send the photos to a group, and rate and correct what the bot answers.

    Args:
        data_dir: the bot's folder; its database is made when there is none.
        captioners: by their names, as the bot has them.
        raters: people who rate the captions of each photo.
    """
    chance = np.random.default_rng((seed, 2))
    await asyncio.to_thread(data_dir.mkdir, parents=True, exist_ok=True)
    url = database_url(data_dir)
    await migrate(url)
    database, album = Database(url), _Album(photos)
    models = Models(captioners)
    try:
        jobs = await _captioned(database, album, models, photos, people, chance)
        fetcher = PhotoFetcher(database, data_dir / "photos", album.download)
        await fetcher.tidy()
        done = await _rated(database, data_dir, jobs, photos, people, raters, chance)
        while await fetcher.fetch_next():
            pass
        return done
    finally:
        await models.close()
        await database.close()


async def export(data_dir: Path, target: Path) -> None:
    """Write what `captionbot export` writes."""
    database = Database(database_url(data_dir))
    try:
        await Exports(database, data_dir / "photos", data_dir).write(target)
    finally:
        await database.close()


def database_url(data_dir: Path) -> str:
    return f"sqlite+aiosqlite:///{data_dir / 'captionbot.db'}"


async def _captioned(
    database: Database,
    album: _Album,
    models: Models,
    photos: Sequence[Record],
    people: Sequence[Person],
    chance: np.random.Generator,
) -> list[int]:
    """The job of each photo, when all are answered."""
    left = len(photos)
    all_shown = asyncio.Event()

    def shown(outcome: Outcome) -> None:
        nonlocal left
        left -= 1
        if not left:
            all_shown.set()

    worker = Worker(Claims(database, BOT_ID, models.variants), album, models, shown)
    jobs = Jobs(database, worker.wake)
    ids = []
    for number, record in enumerate(photos):
        sender = people[int(chance.integers(len(people)))]
        accepted = await jobs.accept(
            bot_id=BOT_ID,
            chat_id=_CHAT,
            message_id=1_000_000 + number,
            user=_Sender(user_id(sender)),
            photo=PhotoRef(record.name, f"simulated-{record.name}"),
            models=tuple(models.variants),
        )
        assert isinstance(accepted, Accepted)  # there are no limits
        ids.append(accepted.job_id)
    await worker.start()
    try:
        await all_shown.wait()
    finally:
        await worker.stop()
    return ids


async def _rated(
    database: Database,
    data_dir: Path,
    jobs: Sequence[int],
    photos: Sequence[Record],
    people: Sequence[Person],
    raters: int,
    chance: np.random.Generator,
) -> Feedbacks:
    kept = KeptPhotos(data_dir / "photos")
    feedback, corrections = Feedback(database, kept), Corrections(database, kept)
    done = Feedbacks()
    for job, record in zip(jobs, photos, strict=True):
        async with database.read() as session:
            rows = await session.execute(
                select(Caption.id, Caption.text).join(Answer).where(Answer.job_id == job)
            )
            shown = [(caption_id, text) for caption_id, text in rows]
        others = photos[int(chance.integers(len(photos)))].captions
        for place in chance.permutation(len(people))[:raters]:
            person = people[place]
            text = None
            for caption_id, said in shown:
                value = person.rates(said, record.captions, chance)
                await feedback.rate(
                    user_id=user_id(person),
                    chat_id=_CHAT,
                    job_id=job,
                    caption_id=caption_id,
                    value=value,
                )
                done.likes, done.dislikes = done.likes + (value > 0), done.dislikes + (value < 0)
                text = text or person.writes(value, record.captions, others, chance)
            if text is None:
                continue
            try:
                await corrections.write(user_id(person), _CHAT, job, text)
                done.corrections += 1
            except CaptionRefusedError:
                done.refused += 1
    return done


def user_id(person: Person) -> int:
    """The person's id at Telegram."""
    return _FIRST_PERSON + person.number
