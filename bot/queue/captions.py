"""Which captions of a photo are stored, and which of them an answer shows."""

from collections.abc import Iterable, Mapping

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.queue.steps import NewCaption, Variant
from bot.storage.attention_weights import packed
from bot.storage.tables import Answer, Caption, Job


async def missing_models(
    session: AsyncSession, job: Job, variants: Mapping[str, Variant]
) -> tuple[str, ...]:
    """The models that a job asks, that can be asked, and of which no fitting caption is stored."""
    known = await _known(session, job, variants)
    asked = [name for name in job.models if name in variants]
    return tuple(name for name in asked if name not in known)


async def store_captions(
    session: AsyncSession, photo_id: int, captions: Iterable[NewCaption]
) -> None:
    """Add captions of a photo; one that is there already stays as it is, with its ratings."""
    for caption in captions:
        known = select(Caption.id).where(
            Caption.photo_id == photo_id,
            Caption.model == caption.model,
            Caption.version == caption.version,
            Caption.options == caption.options,
        )
        if await session.scalar(known) is None:
            session.add(
                Caption(
                    photo_id=photo_id,
                    model=caption.model,
                    version=caption.version,
                    options=caption.options,
                    text=caption.text,
                    words=list(caption.words),
                    word_probabilities=list(caption.word_probabilities),
                    log_probability=caption.log_probability,
                    confidence=caption.confidence,
                    latency_ms=caption.latency_ms,
                    alternatives=list(caption.alternatives),
                    attention=None if caption.attention is None else packed(caption.attention),
                )
            )
    await session.flush()


async def compose_answer(session: AsyncSession, job: Job, variants: Mapping[str, Variant]) -> None:
    """Let the answer to a job show the stored captions of the models it asks, in their order."""
    known = await _known(session, job, variants)
    shown = [known[name] for name in job.models if name in known]
    await session.execute(delete(Answer).where(Answer.job_id == job.id))
    session.add_all(
        Answer(job_id=job.id, caption_id=caption_id, position=position)
        for position, caption_id in enumerate(shown)
    )


async def _known(
    session: AsyncSession, job: Job, variants: Mapping[str, Variant]
) -> dict[str, int]:
    """Caption ids by model: what the answer shows already, else what the model says now."""
    of_photo = select(Caption.model, Caption.id).where(Caption.photo_id == job.photo_id)
    now = or_(
        *(
            and_(
                Caption.model == model,
                Caption.version == variant.version,
                Caption.options == variant.options[job.detail],
            )
            for model, variant in variants.items()
        )
    )
    # A caption that somebody may have rated is not exchanged when its model is updated.
    shown = select(Caption.model, Caption.id).join(Answer).where(Answer.job_id == job.id)
    known = {}
    for query in (of_photo.where(now), shown):
        for model, caption_id in await session.execute(query):
            known[model] = caption_id
    return known
