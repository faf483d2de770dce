"""Ratings: what people think of captions."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.feedback.kept_photos import KeptPhotos
from bot.queue.answers import AnswerForgottenError, ShownAnswer, load_answer
from bot.storage import Database
from bot.storage.people import ensure_person
from bot.storage.tables import Answer, Job, Photo, Rating


class Feedback:
    """Stores ratings, and says which photos are worth keeping because of them.

    The photo behind a rated caption is kept: the first rating lets it be fetched soon, taking
    back the last one deletes it. A correction (`bot.feedback.corrections`) keeps it as well.
    """

    def __init__(self, database: Database, kept_photos: KeptPhotos) -> None:
        self._database = database
        self._kept_photos = kept_photos

    async def answer(self, job_id: int, chat_id: int, viewer_id: int) -> ShownAnswer:
        """The answer to a job as a person in its chat sees it.

        Raises:
            AnswerForgottenError: no such answer is stored (any more) for this chat.
        """
        async with self._database.read() as session:
            answer = await load_answer(session, job_id, viewer_id)
        if answer is None or answer.chat_id != chat_id:
            raise AnswerForgottenError
        return answer

    async def rate(
        self,
        *,
        user_id: int,
        chat_id: int,
        job_id: int,
        caption_id: int,
        value: int,
        update_id: int | None = None,
    ) -> int:
        """Rate a caption +1 or -1; the value that is already there takes the rating back.

        A group's members see only what was rated in the group. So what somebody rated elsewhere
        before is given anew there, not taken back.

        Telegram sends an update again when the bot was killed before confirming it. `update_id`
        tells such a press from a second one: it changes nothing.

        Returns:
            The rating now: +1, -1, or 0 for none.

        Raises:
            AnswerForgottenError: no answer in this chat shows this caption.
        """
        async with self._database.write() as session:
            photo = await _photo_in_chat(session, chat_id, job_id, caption_id)
            if photo is None:
                raise AnswerForgottenError
            user = await ensure_person(session, user_id)
            if update_id is not None:
                if _comes_again(update_id, user.rated_update_id):
                    rating = await session.get(Rating, (user_id, caption_id))
                    return rating.value if rating is not None else 0
                user.rated_update_id = update_id
            current = await _toggle(session, user_id, caption_id, value, chat_id)
            await session.flush()
            is_wanted = await self._kept_photos.settle(session, [photo])
        if is_wanted:
            self._kept_photos.wake()
        return current


def _comes_again(update_id: int, latest: int | None) -> bool:
    # The ids ascend, until a quiet week lets them start anywhere; Telegram repeats at most 100.
    return latest is not None and latest - 1000 < update_id <= latest


async def _photo_in_chat(
    session: AsyncSession, chat_id: int, job_id: int, caption_id: int
) -> Photo | None:
    return await session.scalar(
        select(Photo)
        .join(Job, Job.photo_id == Photo.id)
        .join(Answer, Answer.job_id == Job.id)
        .where(Job.id == job_id, Job.chat_id == chat_id, Answer.caption_id == caption_id)
    )


async def _toggle(
    session: AsyncSession, user_id: int, caption_id: int, value: int, chat_id: int
) -> int:
    rating = await session.get(Rating, (user_id, caption_id))
    if rating is None:
        session.add(Rating(user_id=user_id, caption_id=caption_id, value=value, chat_id=chat_id))
        return value
    is_seen = chat_id > 0 or rating.chat_id == chat_id
    if rating.value == value and is_seen:
        await session.delete(rating)
        return 0
    rating.value, rating.chat_id = value, chat_id
    return value
