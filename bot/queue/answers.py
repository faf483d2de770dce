"""An answer as somebody sees it: the captions of one job, with the ratings of who looks at it.

The message with the captions is drawn from this by the worker, and drawn again by the handlers
after a press, so that both always show the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import and_, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from bot.queue.albums import album_of
from bot.storage.people import language_of
from bot.storage.tables import Answer, Caption, Job, Rating
from captioning import MODELS
from captioning.confidence import is_unsure


class AnswerForgottenError(Exception):
    """The answer that somebody presses is no longer stored, or never was in this chat."""


@dataclass(frozen=True, slots=True)
class ShownCaption:
    """One caption in an answer; `rating` is the viewer's: +1, -1, or 0 for none."""

    caption_id: int
    model: str
    text: str
    rating: int = 0
    alternatives: tuple[str, ...] = ()
    """Other wordings of the same model, the best first."""
    has_attention: bool = False
    """Whether there is a picture of where the model looked."""
    votes: tuple[int, int] | None = None
    """How many people gave 👍 and 👎 there, in groups, where all look at the same buttons."""
    is_unsure: bool = False
    """Whether its model says that it may well be wrong."""


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    """The captions of a job in their order, and the models it asks."""

    job_id: int
    chat_id: int
    asked: tuple[str, ...]
    """Also those that have not answered yet."""
    captions: tuple[ShownCaption, ...]
    failure: str | None = None
    """Why there are no captions, as a code of `bot.queue.failures`."""
    album: tuple[int | None, ...] = ()
    """The job of each photo in the same answer, in order, None where it has no captions; empty
    when there is one photo."""
    language_code: str | None = None
    """Of whoever asked: in a group the answer does not change its language with who presses."""

    @property
    def unasked(self) -> tuple[str, ...]:
        """The models that could still be asked about this photo."""
        return tuple(name for name in MODELS if name not in self.asked)


async def load_answer(session: AsyncSession, job_id: int, viewer_id: int) -> ShownAnswer | None:
    """The answer to a job with the ratings of one person; None when there is no such job."""
    job = await session.get(Job, job_id)
    if job is None:
        return None
    album = await album_of(session, job)
    return await _load(session, job, viewer_id, await _captioned(session, album))


async def load_answers(session: AsyncSession, lead: Job, viewer_id: int) -> tuple[ShownAnswer, ...]:
    """All answers that the message of a job shows, one for each photo of its album."""
    album = await album_of(session, lead)
    captioned = await _captioned(session, album)
    return tuple([await _load(session, job, viewer_id, captioned) for job in album])


async def _captioned(session: AsyncSession, album: Sequence[Job]) -> tuple[int | None, ...]:
    if len(album) == 1:
        return ()
    ids = [job.id for job in album]
    found = set(await session.scalars(select(Answer.job_id).where(Answer.job_id.in_(ids))))
    return tuple(job_id if job_id in found else None for job_id in ids)


async def _load(
    session: AsyncSession, job: Job, viewer_id: int, album: tuple[int | None, ...]
) -> ShownAnswer:
    of_viewer = and_(Rating.caption_id == Caption.id, Rating.user_id == viewer_id)
    rows = await session.execute(
        select(Caption, Caption.attention.is_not(None), Rating.value)
        .options(defer(Caption.attention))
        .join(Answer, Answer.caption_id == Caption.id)
        .outerjoin(Rating, of_viewer)
        .where(Answer.job_id == job.id)
        .order_by(Answer.position)
    )
    shown = [
        ShownCaption(
            caption_id=caption.id,
            model=caption.model,
            text=caption.text,
            rating=rating or 0,
            alternatives=tuple(caption.alternatives),
            has_attention=has_attention,
            is_unsure=is_unsure(caption.confidence),
        )
        for caption, has_attention, rating in rows
    ]
    if job.chat_id < 0:
        votes = await _votes(session, [caption.caption_id for caption in shown], job.chat_id)
        shown = [replace(it, votes=votes.get(it.caption_id, (0, 0))) for it in shown]
    return ShownAnswer(
        job_id=job.id,
        chat_id=job.chat_id,
        asked=job.models,
        captions=tuple(shown),
        failure=job.failure,
        album=album,
        language_code=await language_of(session, job.user_id),
    )


async def _votes(
    session: AsyncSession, caption_ids: Sequence[int], chat_id: int
) -> dict[int, tuple[int, int]]:
    """How many people like and dislike captions in a chat, by the captions' ids.

    Those without ratings are absent. What is said about the same photo elsewhere is nothing that
    a group's members should learn.
    """
    liked, disliked = (func.sum(case((Rating.value == value, 1), else_=0)) for value in (1, -1))
    rows = await session.execute(
        select(Rating.caption_id, liked, disliked)
        .where(Rating.caption_id.in_(caption_ids), Rating.chat_id == chat_id)
        .group_by(Rating.caption_id)
    )
    return {caption_id: (likes, dislikes) for caption_id, likes, dislikes in rows}
