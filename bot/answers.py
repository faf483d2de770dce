"""An answer as somebody sees it: the captions of one job, with the ratings of who looks at it.

The message with the captions is drawn from this by the worker, and drawn again by the handlers
after a press, so that both always show the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.storage.tables import Answer, Caption, Job, Rating
from captioning import MODELS


@dataclass(frozen=True, slots=True)
class ShownCaption:
    """One caption in an answer; `rating` is the viewer's: +1, -1, or 0 for none."""

    caption_id: int
    model: str
    text: str
    rating: int = 0


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    """The captions of a job in their order, and the models it asks."""

    job_id: int
    chat_id: int
    asked: tuple[str, ...]
    """Also those that have not answered yet."""
    captions: tuple[ShownCaption, ...]

    @property
    def other_model(self) -> str | None:
        """The model that could still be asked about this photo, if there is one."""
        return other_model(self.asked)


def other_model(asked: Sequence[str]) -> str | None:
    """The first model that was not asked, or None when all were."""
    return next((name for name in MODELS if name not in asked), None)


async def load_answer(session: AsyncSession, job_id: int, viewer_id: int) -> ShownAnswer | None:
    """The answer to a job with the ratings of one person; None when there is no such job."""
    job = await session.get(Job, job_id)
    if job is None:
        return None
    of_viewer = and_(Rating.caption_id == Caption.id, Rating.user_id == viewer_id)
    rows = await session.execute(
        select(Caption.id, Caption.model, Caption.text, Rating.value)
        .join(Answer, Answer.caption_id == Caption.id)
        .outerjoin(Rating, of_viewer)
        .where(Answer.job_id == job_id)
        .order_by(Answer.position)
    )
    return ShownAnswer(
        job_id=job.id,
        chat_id=job.chat_id,
        asked=tuple(job.models.split(",")),
        captions=tuple(
            ShownCaption(caption_id, model, text, rating or 0)
            for caption_id, model, text, rating in rows
        ),
    )
