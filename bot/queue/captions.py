"""Which captions of photos are stored, and which of them answers show; for many jobs at once."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.queue.steps import NewCaption, Variant
from bot.storage.attention_weights import packed
from bot.storage.tables import Answer, Caption, Job

Known = Mapping[int, Mapping[str, int]]
"""Caption ids by job id and model."""


async def known_captions(
    session: AsyncSession, jobs: Collection[Job], variants: Mapping[str, Variant]
) -> Known:
    """What the answers to jobs show already, else what the models say of their photos now."""
    models = (
        and_(Caption.model == model, Caption.version == variant.version)
        for model, variant in variants.items()
    )
    rows = await session.execute(
        select(Caption.photo_id, Caption.model, Caption.options, Caption.id).where(
            Caption.photo_id.in_({job.photo_id for job in jobs}), or_(*models)
        )
    )
    now = {(photo_id, model, options): found for photo_id, model, options, found in rows}
    known = {
        job.id: {
            model: now[key]
            for model, variant in variants.items()
            if (key := (job.photo_id, model, variant.options[job.detail])) in now
        }
        for job in jobs
    }
    # A caption that somebody may have rated is not exchanged when its model is updated.
    shown = await session.execute(
        select(Answer.job_id, Caption.model, Caption.id)
        .join(Caption, Caption.id == Answer.caption_id)
        .where(Answer.job_id.in_(known.keys()))
    )
    for job_id, model, caption_id in shown:
        known[job_id][model] = caption_id
    return known


def missing_models(job: Job, known: Known, variants: Mapping[str, Variant]) -> tuple[str, ...]:
    """The models that a job asks, that can be asked, and of which no fitting caption is stored."""
    return tuple(name for name in job.models if name in variants and name not in known[job.id])


async def answered_models(session: AsyncSession, job: Job) -> tuple[str, ...]:
    """The models whose captions the answer to a job shows, in their order."""
    shown = select(Caption.model).join(Answer).where(Answer.job_id == job.id)
    return tuple(await session.scalars(shown.order_by(Answer.position)))


async def store_captions(
    session: AsyncSession, captions: Mapping[int, Iterable[NewCaption]]
) -> None:
    """Add captions of photos, by the photos' ids; one that is there already stays as it is, with
    its ratings."""
    rows = await session.execute(
        select(Caption.photo_id, Caption.model, Caption.version, Caption.options).where(
            Caption.photo_id.in_(captions.keys())
        )
    )
    stored = {tuple(row) for row in rows}
    session.add_all(
        _row(photo_id, caption)
        for photo_id, of_photo in captions.items()
        for caption in of_photo
        if (photo_id, caption.model, caption.version, caption.options) not in stored
    )
    await session.flush()


async def compose_answers(
    session: AsyncSession, jobs: Sequence[Job], variants: Mapping[str, Variant]
) -> None:
    """Let the answers to jobs show the stored captions of the models they ask, in their order."""
    known = await known_captions(session, jobs, variants)
    await session.execute(delete(Answer).where(Answer.job_id.in_([job.id for job in jobs])))
    session.add_all(
        Answer(job_id=job.id, caption_id=caption_id, position=position)
        for job in jobs
        for position, caption_id in enumerate(
            known[job.id][name] for name in job.models if name in known[job.id]
        )
    )


def _row(photo_id: int, caption: NewCaption) -> Caption:
    return Caption(
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
