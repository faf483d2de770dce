"""The people of a load test: they send photos and look when the answers come."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bot.loadtest.load import Load
from bot.loadtest.photos import unique
from bot.sandbox import CROWD, find_user
from bot.sandbox.chats import Chat
from bot.sandbox.person import Person
from bot.sandbox.world import Sandbox

_WARM_UP = 2
WARM_UP_SECONDS = 120.0
"""The longest that answers to the first photos are waited for."""
_LOOK_SECONDS = 1.0


@dataclass(slots=True)
class Seen:
    """What the people have seen."""

    sent: int = 0
    waits: list[float] = field(default_factory=list)
    """Of each photo with captions, the seconds from sending it to seeing them."""
    failed: int = 0
    """Photos with an answer that has no captions."""
    doubled: int = 0
    """Photos with captions in more than one message."""
    seconds: float = 0.0
    """From the first photo to the last answer."""
    refused: int = 0
    """Calls of the bot that met a limit."""

    @property
    def lost(self) -> int:
        """Photos without any answer."""
        return self.sent - len(self.waits) - self.failed


class Crowd:
    """People of a sandbox, as many as a load asks for."""

    def __init__(
        self, sandbox: Sandbox, load: Load, photos: Sequence[tuple[bytes, int, int]]
    ) -> None:
        self._sandbox = sandbox
        self._load = load
        self._photos = photos
        self._sent: dict[int, float] = {}
        self._answered: dict[int, float] = {}
        self._failed: dict[int, float] = {}
        self._answers: defaultdict[int, set[int]] = defaultdict(set)
        self._numbers = 0

    async def send_all(self, on_warm: Callable[[], object] = lambda: None) -> Seen:
        """Send what the load asks for, and wait for the answers as long as its patience goes.

        `on_warm` is called when the first photos, which do not count, have been answered.

        Raises:
            TimeoutError: nothing is answered, not even a single photo.
        """
        following = asyncio.create_task(self._follow())
        try:
            await asyncio.gather(*map(self._send, range(_WARM_UP)))
            async with asyncio.timeout(WARM_UP_SECONDS):
                await self._all_answered()
            for known in (self._sent, self._answered, self._failed, self._answers):
                known.clear()
            self._sandbox.calls.clear()
            on_warm()
            return await self._measure()
        finally:
            following.cancel()

    async def _measure(self) -> Seen:
        start = time.monotonic()
        sending = []
        for moment, person in self._load.arrivals():
            await asyncio.sleep(max(0.0, start + moment - time.monotonic()))
            sending.append(asyncio.create_task(self._send(person, due=start + moment)))
        await asyncio.gather(*sending)
        try:
            async with asyncio.timeout(self._load.patience):
                await self._all_answered()
        except TimeoutError:
            pass  # what is missing now counts as lost
        else:
            await asyncio.sleep(_LOOK_SECONDS)  # for answers that come twice
        seen = {**self._failed, **self._answered}
        return Seen(
            sent=len(self._sent),
            waits=[moment - self._sent[photo] for photo, moment in self._answered.items()],
            failed=len(self._failed.keys() - self._answered.keys()),
            doubled=sum(len(messages) > 1 for messages in self._answers.values()),
            seconds=max(seen.values(), default=start) - start,
            refused=sum(call["status"] == 429 for call in self._sandbox.calls),
        )

    async def _send(self, number: int, due: float | None = None) -> None:
        user = find_user(CROWD.start + number)
        assert user is not None
        person = Person(self._sandbox, user, Chat(user.id, "private", person=user))
        data, width, height = self._photos[self._numbers % len(self._photos)]
        self._numbers += 1
        message = await person.send_kept_photo(unique(data, self._numbers), width, height)
        # Counted from when it was to be sent: a crowd that is late must not look patient.
        self._sent[message["message_id"]] = time.monotonic() if due is None else due

    async def _all_answered(self) -> None:
        while self._sent.keys() - self._answered.keys() - self._failed.keys():
            await self._sandbox.events_happened.wait(_LOOK_SECONDS)

    async def _follow(self) -> None:
        """Note every message of the bot that answers a photo, as soon as it is there."""
        state = self._sandbox.state
        after = state.last_event()
        while True:
            while events := state.events(after):
                after = events[-1][0]
                for _number, chat_id, kind, message_id in events:
                    if kind in ("message", "edit") and message_id is not None:
                        self._look(chat_id, message_id, is_new=kind == "message")
            await self._sandbox.events_happened.wait(_LOOK_SECONDS)

    def _look(self, chat_id: int, message_id: int, *, is_new: bool) -> None:
        state = self._sandbox.state
        message = state.message(chat_id, message_id)
        if message is None or not state.is_from_bot(message_id):
            return
        photo = message.get("reply_to_message", {}).get("message_id")
        if photo is None:
            return
        if "reply_markup" in message:
            self._answered.setdefault(photo, time.monotonic())
            self._answers[photo].add(message_id)
        elif not is_new:
            self._failed.setdefault(photo, time.monotonic())
