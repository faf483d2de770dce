"""The outcome of a job as it will be shown: captions, or why there are none."""

from sqlalchemy.ext.asyncio import AsyncSession

from bot.answers import load_answers
from bot.steps import Claim, Outcome
from bot.storage.tables import Job, User


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
    )


async def language_of(session: AsyncSession, user_id: int) -> str | None:
    """The language that a person reads: chosen, or that of their Telegram."""
    user = await session.get(User, user_id)
    return (user.language or user.language_code) if user else None
