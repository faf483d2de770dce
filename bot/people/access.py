"""Whom the bot serves: everyone or those on the allow-list, but nobody who is banned."""

from dataclasses import dataclass
from enum import Enum, auto

from sqlalchemy import or_, select

from bot.people.notices import Told, end_of_day, tell_once
from bot.queue.failures import Failure
from bot.queue.transitions import drop
from bot.storage import Database
from bot.storage.tables import DONE, FAILED, Ban, Chat, Job, utc_now


class Verdict(Enum):
    """What the bot makes of an update's sender and chat."""

    SERVED = auto()
    BANNED = auto()
    NOT_INVITED = auto()
    """Not on the allow-list of a private bot."""


class CannotBanError(Exception):
    """An administrator of the bot, or the bot itself, was to be banned."""


@dataclass(frozen=True, slots=True)
class Banned:
    """What a ban has changed."""

    is_new: bool
    dropped: int
    """So many photos were waiting, and get no captions now."""
    placeholders: tuple[tuple[int, int], ...]
    """Chat and message ids of messages that announce captions which will not come now."""


class Access:
    """Knows whom to serve; `allowed_ids` are people and chats, and empty means everyone.

    A group that was allowed still is when it has become a supergroup, which has another id.
    Administrators are always served, also in a banned chat: they take bans back.
    """

    def __init__(
        self,
        database: Database,
        *,
        allowed_ids: frozenset[int] = frozenset(),
        admin_ids: frozenset[int] = frozenset(),
    ) -> None:
        self._database = database
        self._allowed_ids = allowed_ids
        self._admin_ids = admin_ids

    async def check(self, user_id: int | None, *chat_ids: int) -> Verdict:
        """Whether to serve a person (None in a channel) in chats, or in the name of chats."""
        if user_id in self._admin_ids:
            return Verdict.SERVED
        ids = {*chat_ids} if user_id is None else {user_id, *chat_ids}
        async with self._database.read() as session:
            if self._allowed_ids and not ids & self._allowed_ids:
                were = set(await session.scalars(select(Chat.was_id).where(Chat.id.in_(ids))))
                if not were & self._allowed_ids:
                    return Verdict.NOT_INVITED
            ban = await session.scalar(
                select(Ban.subject_id).where(Ban.subject_id.in_(ids)).limit(1)
            )
        return Verdict.SERVED if ban is None else Verdict.BANNED

    async def is_first_refusal(self, user_id: int) -> bool:
        """Whether somebody who is not served has to be told so: once a day (UTC)."""
        async with self._database.write() as session:
            return await tell_once(session, user_id, Told.REFUSAL, end_of_day(utc_now()))

    async def ban(self, subject_id: int, *, by: int, bot_id: int) -> Banned:
        """Serve a person or chat no longer, and drop their photos that have no captions yet.

        Raises:
            CannotBanError: it is an administrator, or the bot.
        """
        if subject_id in self._admin_ids or subject_id in (by, bot_id):
            raise CannotBanError
        async with self._database.write() as session:
            is_new = await session.get(Ban, subject_id) is None
            if is_new:
                session.add(Ban(subject_id=subject_id, banned_by=by))
            jobs = list(
                await session.scalars(
                    select(Job).where(
                        Job.bot_id == bot_id,
                        or_(Job.user_id == subject_id, Job.chat_id == subject_id),
                        Job.state.not_in((DONE, FAILED)),
                        Job.finished_at.is_(None),
                    )
                )
            )
            placeholders = tuple(
                (job.chat_id, job.placeholder_id) for job in jobs if job.placeholder_id is not None
            )
            for job in jobs:
                drop(job, Failure.BANNED)
        return Banned(is_new, len(jobs), placeholders)

    async def unban(self, subject_id: int) -> bool:
        """Serve a person or chat again; false when they were not banned."""
        async with self._database.write() as session:
            ban = await session.get(Ban, subject_id)
            if ban is None:
                return False
            await session.delete(ban)
            return True
