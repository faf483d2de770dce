"""The outcome of a job as it will be shown: captions, or why there are none."""

from sqlalchemy.ext.asyncio import AsyncSession

from bot.answers import language_of, load_answers
from bot.steps import Claim, Outcome
from bot.storage.tables import SENDING, Job


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
    )
