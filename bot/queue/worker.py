"""The worker: takes photos from the database to their answers, one step at a time.

announce   a placeholder is sent and its id stored, unless all captions are known already
caption    the photo is downloaded, opened once, shown to the models; their captions are stored
show       the placeholder is edited into the answer; without one, the answer is sent

Each step begins with a claim and ends with a commit, so it can be cut off anywhere and begun
again. The only call that must not be made twice, sending captions in a new message, is made after
the job has been marked as `sending`.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import timedelta

from PIL import Image

from bot.queue.activity import Activity
from bot.queue.claims import Claims
from bot.queue.downloads import FileGoneError, FileTooLargeError, UnavailableError
from bot.queue.failures import Failure, failure_of
from bot.queue.leases import Leases
from bot.queue.messenger import MessageGoneError, Messenger, UncertainError, UnreachableError
from bot.queue.models import Models
from bot.queue.shares import Shares
from bot.queue.stage import Stage
from bot.queue.steps import Announcement, CaptionTask, Claim, Outcome
from bot.storage.availability import DatabaseUnavailableError
from bot.storage.tables import ALT_TEXT
from captioning import ImageError

logger = logging.getLogger(__name__)

BATCH = 8
"""Most photos that are claimed and downloaded together: those that are there, however few."""

MAX_ATTEMPTS = 4
FIRST_DELAY = timedelta(seconds=2)
MAX_DELAY = timedelta(minutes=5)

GiveUp = Callable[[Claim, Failure], Awaitable[bool]]
"""Ends a job for a reason: with a message to its sender, or without when that is what failed."""


class Worker:
    """Works on the jobs of one bot until it is stopped."""

    def __init__(
        self,
        claims: Claims,
        messenger: Messenger,
        models: Models,
        on_shown: Callable[[Outcome], object] = lambda outcome: None,
    ) -> None:
        """`on_shown` is called when an outcome has been shown and stored as such."""
        self._claims = claims
        self._messenger = messenger
        self._models = models
        self._on_shown = on_shown
        self._activity = Activity(messenger.show_activity)
        self._leases = Leases(claims.renew, _log_database_error, claims.held)
        self._announcing = Stage(
            self._claim_unannounced,
            self._announce,
            lambda work: (work.chat_id,),
            hands=8,
            per_chat=4,
            on_error=_log_database_error,
        )
        # Two batches: while one is with the models, the next is being downloaded. And a third, for
        # another chat than theirs, should their downloads be slow.
        self._captioning = Stage(
            self._claim_batch,
            self._caption,
            lambda batch: [task.chat_id for task in batch],
            hands=3,
            per_chat=2,
            on_error=_log_database_error,
        )
        self._showing = Stage(
            claims.unshown,
            self._show,
            lambda outcome: (outcome.chat_id,),
            hands=8,
            per_chat=4,
            on_error=_log_database_error,
        )
        self._stages = (self._announcing, self._captioning, self._showing)
        self._loops: list[asyncio.Task[None]] = []

    def wake(self) -> None:
        """There is a new job."""
        for stage in self._stages:
            stage.wake()

    @property
    def is_working(self) -> bool:
        """Whether every step is looked after, and every claim."""
        return bool(self._loops) and not any(loop.done() for loop in self._loops)

    async def start(self) -> None:
        """Free what an earlier process had claimed, and begin. Nothing else may be working."""
        await self._claims.free()
        loops = (self._leases, *self._stages)
        self._loops = [asyncio.create_task(loop.run()) for loop in loops]

    async def stop(self, seconds: float = 6.0) -> None:
        """Begin nothing new, give what is running `seconds`, give the rest back."""
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        self._loops = []
        running = set().union(*(stage.tasks for stage in self._stages))
        if running:
            _done, late = await asyncio.wait(running, timeout=seconds)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)
        await self._activity.stop()

    # ---- the steps ----

    async def _claim_unannounced(self, limit: int, shares: Shares) -> Sequence[Announcement]:
        announcements = await self._claims.unannounced(limit, shares)
        # It settles photos whose captions are known.
        self._showing.wake()
        return announcements

    async def _announce(self, work: Announcement) -> None:
        async def announce() -> None:
            placeholder_id = await self._messenger.announce(work)
            if await self._claims.announced(work.claim, placeholder_id):
                self._captioning.wake()
            else:
                # Forgotten or banned while it was being sent: nobody knows of this message now.
                await self._messenger.withdraw(work.chat_id, placeholder_id)

        await self._guarded([work.claim], announce, self._claims.abandon)

    async def _claim_batch(self, limit: int, shares: Shares) -> Sequence[Sequence[CaptionTask]]:
        batch = await self._claims.uncaptioned(BATCH, shares)
        return [batch] if batch else []

    async def _caption(self, batch: Sequence[CaptionTask]) -> None:
        async def caption() -> None:
            known = [task for task in batch if not task.missing]
            if known:
                await self._claims.store({task.claim: () for task in known})
            waiting = [task for task in batch if task.missing]
            if waiting:
                await self._caption_photos(waiting)

        await self._guarded([task.claim for task in batch], caption, self._claims.fail)
        self._showing.wake()

    async def _caption_photos(self, tasks: Sequence[CaptionTask]) -> None:
        chats = [task.chat_id for task in tasks if task.purpose != ALT_TEXT]
        with self._activity.in_chats(chats):
            opened = await asyncio.gather(*map(self._open, tasks))
            ready = [(task, image) for task, image in zip(tasks, opened, strict=True) if image]
            captions = await self._models.caption(
                [(image, task.missing, task.detail) for task, image in ready]
            )
            claims = [task.claim for task, _image in ready]
            if claims:
                await self._claims.store(dict(zip(claims, captions, strict=True)))

    async def _open(self, task: CaptionTask) -> Image.Image | None:
        """The photo of a task; None when there is none, and the task is handed back."""
        claim = task.claim
        try:
            data = await self._messenger.download(task.file_id)
            return await self._models.open(data)
        except FileTooLargeError:
            await self._claims.fail(claim, Failure.TOO_LARGE)
        except FileGoneError as error:
            logger.warning("Job %d: the photo cannot be downloaded: %s", claim.job_id, error)
            await self._claims.fail(claim, Failure.DOWNLOAD)
        except ImageError as error:
            logger.info("Job %d: the photo cannot be read: %s", claim.job_id, error)
            await self._claims.fail(claim, failure_of(error))
        except UnavailableError as error:
            if error.retry_after is None and claim.attempts >= MAX_ATTEMPTS:
                await self._claims.fail(claim, Failure.DOWNLOAD)
            else:
                await self._retry(claim, error)
        return None

    async def _show(self, outcome: Outcome) -> None:
        async def show() -> None:
            if outcome.in_doubt:
                await self._doubt(outcome)
                return
            if outcome.placeholder_id is not None:
                try:
                    await self._messenger.edit(outcome)
                except MessageGoneError:
                    logger.info("Job %d: the placeholder is gone", outcome.claim.job_id)
                else:
                    await self._finish(outcome)
                    return
            await self._send(outcome)

        await self._guarded([outcome.claim], show, self._claims.abandon)

    async def _send(self, outcome: Outcome) -> None:
        if not await self._claims.sending(outcome.claim):
            return
        try:
            message_id = await self._messenger.send(outcome)
        except (UnavailableError, UnreachableError):
            await self._claims.not_sent(outcome.claim)
            raise
        except UncertainError as error:
            logger.warning("Job %d may have been answered: %s", outcome.claim.job_id, error)
            await self._doubt(outcome)
        else:
            await self._finish(outcome, message_id)

    async def _doubt(self, outcome: Outcome) -> None:
        """End a job that may have been answered, once its person knows how to ask for the answer.

        Cut off in between, the question comes twice: better than not at all.
        """
        if outcome.purpose != ALT_TEXT:  # nobody has asked for those, so nobody misses them
            await self._messenger.doubt(outcome)
        await self._finish(outcome)

    async def _finish(self, outcome: Outcome, message_id: int | None = None) -> None:
        if await self._claims.finish(outcome.claim, message_id):
            self._on_shown(outcome)

    # ---- when something goes wrong ----

    async def _guarded(
        self, claims: Sequence[Claim], step: Callable[[], Awaitable[None]], give_up: GiveUp
    ) -> None:
        """Take a step; whatever happens, its claims are handed back (those that still are held)."""
        try:
            with self._leases.held(claims):
                await step()
        except asyncio.CancelledError:
            for claim in claims:
                with suppress(Exception):  # the next start frees what cannot be given back now
                    await self._claims.give_back(claim)
            raise
        except Exception as error:
            try:
                for claim in claims:
                    await self._recover(claim, error, give_up, alone=len(claims) == 1)
            except Exception as another:
                # The lease runs out, and then somebody claims the job again.
                _log_database_error(another)

    async def _recover(
        self, claim: Claim, error: Exception, give_up: GiveUp, *, alone: bool
    ) -> None:
        if isinstance(error, UnavailableError):
            await self._retry(claim, error)
        elif isinstance(error, UnreachableError):
            logger.info("Job %d: %s", claim.job_id, error)
            failure = Failure.BLOCKED if error.blocked else Failure.UNREACHABLE
            await self._claims.abandon(claim, failure, blocked=error.blocked)
        elif not alone:
            # One photo may have spoilt it for all: each is tried by itself.
            logger.warning("Job %d: its batch failed: %s", claim.job_id, error, exc_info=error)
            await self._claims.retry(claim, timedelta(0))
        elif claim.attempts < MAX_ATTEMPTS:
            logger.error("Job %d failed, to be retried", claim.job_id, exc_info=error)
            await self._retry(claim, error)
        else:
            logger.error(
                "Job %d failed for good (reference J%d)",
                claim.job_id,
                claim.job_id,
                exc_info=error,
            )
            await give_up(claim, Failure.CAPTIONING)

    async def _retry(self, claim: Claim, error: Exception) -> None:
        if isinstance(error, UnavailableError):
            logger.warning("Job %d has to wait: %s", claim.job_id, error)
            if error.retry_after is not None:
                await self._claims.postpone(claim, timedelta(seconds=error.retry_after))
                return
        delay = FIRST_DELAY * 2 ** min(claim.attempts - 1, 10)
        await self._claims.retry(claim, min(delay, MAX_DELAY))


def _log_database_error(error: Exception) -> None:
    if isinstance(error, DatabaseUnavailableError):
        return  # said once, by the database
    logger.error("The database could not be used; trying again", exc_info=error)
