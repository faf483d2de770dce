"""Where a model looked for each word: stored as weights, drawn when somebody wants to see it."""

import asyncio
import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select, update

from bot.queue.answers import AnswerForgottenError
from bot.queue.downloads import Download
from bot.storage import Database
from bot.storage.attention_weights import unpacked
from bot.storage.tables import Answer, Caption, Job, Photo, User
from captioning import open_image
from captioning.attention import draw_attention

AT_ONCE = 2
"""Pictures that are drawn at the same time; the models need the processor too."""
JPEG_QUALITY = 88


@dataclass(frozen=True, slots=True)
class Look:
    """All that the picture of a caption is drawn from; `draw_attention` takes it as it is."""

    caption_id: int
    model: str
    text: str
    words: tuple[str, ...]
    attention: NDArray[np.float32]
    """(T, h, w), one map for each word."""
    photo_file_id: str
    picture_file_id: str | None
    """The picture at Telegram, when it was sent before."""


class AttentionPictures:
    """Finds, draws and remembers the pictures of where models with attention looked."""

    def __init__(self, database: Database, download: Download) -> None:
        self._database = database
        self._download = download
        self._drawing = asyncio.Semaphore(AT_ONCE)

    async def find(self, job_id: int, chat_id: int) -> tuple[Look, ...]:
        """What the answer to a job shows of attention: one for each caption of a model that has it.

        Raises:
            AnswerForgottenError: no job of this chat has this id (any more).
        """
        async with self._database.read() as session:
            job = await session.get(Job, job_id)
            if job is None or job.chat_id != chat_id:
                raise AnswerForgottenError
            found = await session.execute(
                select(Caption, Photo.file_id)
                .join(Answer, Answer.caption_id == Caption.id)
                .join(Photo, Photo.id == Caption.photo_id)
                .where(Answer.job_id == job_id, Caption.attention.is_not(None))
                .order_by(Answer.position)
            )
            return tuple(
                Look(
                    caption_id=caption.id,
                    model=caption.model,
                    text=caption.text,
                    words=tuple(caption.words),
                    attention=unpacked(caption.attention),
                    photo_file_id=photo_file_id,
                    picture_file_id=caption.attention_file_id,
                )
                for caption, photo_file_id in found
                if caption.attention is not None  # as was asked for
            )

    async def is_always_wanted(self, user_id: int) -> bool:
        """Whether a person wants the picture with every answer."""
        async with self._database.read() as session:
            user = await session.get(User, user_id)
        return user is not None and user.shows_attention

    async def draw(self, look: Look) -> bytes:
        """Download the photo again and draw: the bytes of a JPEG file.

        Raises:
            FileGoneError, FileTooLargeError, UnavailableError: the photo cannot be downloaded.
            captioning.ImageError: it cannot be read.
        """
        async with self._drawing:
            data = await self._download(look.photo_file_id)
            return await asyncio.to_thread(_drawn, data, look)

    async def remember(self, caption_id: int, picture_file_id: str | None) -> None:
        """Store by which id Telegram knows the picture; None when it no longer knows it."""
        async with self._database.write() as session:
            await session.execute(
                update(Caption)
                .where(Caption.id == caption_id)
                .values(attention_file_id=picture_file_id)
            )


def _drawn(data: bytes, look: Look) -> bytes:
    buffer = io.BytesIO()
    draw_attention(open_image(data), look).save(buffer, "JPEG", quality=JPEG_QUALITY)
    return buffer.getvalue()
