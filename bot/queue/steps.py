"""The steps of a job as the worker sees them: what it is given, and what it hands back."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.queue.answers import ShownAnswer, load_answers
from bot.queue.turns import places_of
from bot.storage.people import language_of, load_people
from bot.storage.tables import SENDING, Caption, Job

RECENT = 40
"""So many of the last captions tell how long one takes now."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to take one job one step further."""

    job_id: int
    token: str
    attempts: int
    """How often this step was begun, this time included."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """A job whose sender does not know yet that it was accepted."""

    claim: Claim
    chat_id: int
    message_id: int
    language_code: str | None
    place: int
    """In the queue, from 1."""
    wait: timedelta | None = None
    """How long it will take, as far as anyone knows."""
    is_album: bool = False
    """Whether more photos may be coming that get the same answer."""


@dataclass(frozen=True, slots=True)
class Variant:
    """What a caption depends on besides the photo and the model: captions of the same are equal."""

    version: str
    options: Mapping[str, str]
    """How captions of each detail (SHORT, NORMAL, LONG) are decoded, and with which weights."""


VariantsFor = Callable[[int], Mapping[str, Variant]]
"""The models that can be asked now about the photos of a person, given by their id."""


@dataclass(frozen=True, slots=True)
class CaptionTask:
    """A photo that wants captions of the models in `missing`; the others' are stored."""

    claim: Claim
    chat_id: int
    file_id: str
    missing: tuple[str, ...]
    detail: str
    """SHORT, NORMAL or LONG captions."""
    purpose: str
    """ANSWER or ALT_TEXT."""
    variants: Mapping[str, Variant]
    """What each model is for this job: another version may be promoted before it is captioned."""

    @property
    def wanted(self) -> dict[str, Variant]:
        """The models that have to be asked."""
        return {name: self.variants[name] for name in self.missing}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the sender of a photo or album has to be shown: captions, or why there are none."""

    claim: Claim
    chat_id: int
    message_id: int
    """The message with the photo."""
    user_id: int
    language_code: str | None
    purpose: str
    """ANSWER or ALT_TEXT."""
    placeholder_id: int | None
    answers: tuple[ShownAnswer, ...]
    """One for each photo of an album, in order; else just one."""
    is_first: bool = True
    """Whether nothing of it was shown before."""
    in_doubt: bool = False
    """Whether a message with it may have arrived: whoever sent it was cut off."""
    received_at: datetime | None = None
    """When the photo came, or the first of the album."""


@dataclass(frozen=True, slots=True)
class NewCaption:
    """What a model said about a photo."""

    model: str
    version: str
    options: str
    text: str
    words: tuple[str, ...]
    word_probabilities: tuple[float, ...]
    log_probability: float
    latency_ms: float
    alternatives: tuple[str, ...] = ()
    """Other wordings, the best first."""
    attention: NDArray[np.float32] | None = field(default=None, compare=False)
    """(T, h, w): where the model looked for each word; None of one without attention."""
    confidence: float | None = None
    """How likely it fits the photo, 0 to 1; None of a model that does not tell."""


def claim_of(job: Job) -> Claim:
    """The claim that a job is under."""
    assert job.claim_token is not None
    return Claim(job.id, job.claim_token, job.attempts)


def under(claims: Collection[Claim]) -> ColumnElement[bool]:
    """Whether a job is under one of these claims: its own, or that of the lead of its album.

    Jobs are found by their ids: no index has the tokens, and a bot remembers many jobs.
    """
    ids = [claim.job_id for claim in claims]
    return and_(
        or_(Job.id.in_(ids), Job.lead_id.in_(ids)),
        Job.claim_token.in_([claim.token for claim in claims]),
    )


async def claimed(session: AsyncSession, claim: Claim) -> Job | None:
    """The job of a claim; None when the claim is lost."""
    found: Job | None = await session.scalar(
        select(Job).where(Job.id == claim.job_id, Job.claim_token == claim.token)
    )
    return found


async def all_claimed(session: AsyncSession, claim: Claim) -> Sequence[Job]:
    """The jobs of a claim: one, or those of an album whose outcome is being shown."""
    return tuple(await session.scalars(select(Job).where(under([claim]))))


async def load_outcome(session: AsyncSession, claim: Claim, job: Job) -> Outcome:
    """What the answer to a job, and to those that follow it, has to show now."""
    return Outcome(
        claim=claim,
        chat_id=job.chat_id,
        message_id=job.message_id,
        user_id=job.user_id,
        language_code=await language_of(session, job.user_id),
        purpose=job.purpose,
        placeholder_id=job.placeholder_id,
        answers=await load_answers(session, job, job.user_id),
        is_first=job.finished_at is None,
        in_doubt=job.state == SENDING,
        received_at=job.received_at,
    )


async def time_a_photo(session: AsyncSession) -> timedelta | None:
    """How long a photo in the queue keeps the next one waiting; None while nobody knows.

    The models work at the same time, each on one batch after the other: the slowest counts.
    """
    recent = select(Caption.model, Caption.latency_ms).order_by(Caption.id.desc()).limit(RECENT)
    by_model: dict[str, list[float]] = {}
    for model, latency in await session.execute(recent):
        by_model.setdefault(model, []).append(latency)
    if not by_model:
        return None
    slowest = max(sum(latencies) / len(latencies) for latencies in by_model.values())
    return timedelta(milliseconds=slowest)


async def load_announcements(session: AsyncSession, jobs: Sequence[Job]) -> list[Announcement]:
    """What the senders of jobs have to be told while they wait."""
    await load_people(session, {job.user_id for job in jobs})
    places = await places_of(session, [job.id for job in jobs])
    each = await time_a_photo(session)
    return [
        Announcement(
            claim=claim_of(job),
            chat_id=job.chat_id,
            message_id=job.message_id,
            language_code=await language_of(session, job.user_id),
            place=places[job.id],
            wait=None if each is None else each * places[job.id],
            is_album=job.media_group_id is not None,
        )
        for job in jobs
    ]
