"""The photos that visitors have sent, in memory: nothing of them is on disk until it is rated."""

import asyncio
import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.queue.downloads import FileGoneError
from bot.queue.failures import Failure
from bot.queue.steps import NewCaption

KEPT_SECONDS = 3600.0
EXPIRE_SECONDS = 30.0
"""How exactly that is kept."""
MOST_BYTES = 256 * 2**20
"""Of all photos together; the oldest that are captioned make room."""
MOST_PER_VISITOR = 50


class NoRoomError(Exception):
    """Too many photos are waiting for their captions."""


@dataclass(eq=False, slots=True)
class Upload:
    """A photo of a visitor, with what became of it."""

    visitor: int
    address: int
    """The id of where it came from: photos take turns by it."""
    data: bytes
    arrived: float
    """Seconds of the clock of `Uploads`."""
    id: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    number: int = field(default_factory=time.time_ns)
    """In place of the id of a message."""
    file_id: str = field(init=False)
    """Made from its content: the same photo is captioned and kept once, whoever sends it."""
    captions: list[NewCaption] = field(default_factory=list)
    problem: Failure | None = None
    """Why it has no captions."""
    is_taken: bool = False
    """Whether it was given to those who caption it."""
    done: asyncio.Event = field(default_factory=asyncio.Event)
    storing: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while opinions about it are stored."""
    is_recalled: bool = False
    """Whether what its visitor said about the photo before is known."""
    job_id: int | None = None
    """In the database; None while nobody has an opinion."""
    caption_ids: tuple[int, ...] = ()
    ratings: dict[int, int] = field(default_factory=dict)
    """By the place of the caption: +1 or -1."""
    correction: tuple[int, str] | None = None
    """The visitor's own caption: its id in the database, and the text."""

    def __post_init__(self) -> None:
        self.file_id = f"web-{hashlib.sha256(self.data).hexdigest()}"


class Uploads:
    """Holds photos for a while, and not too many bytes of them."""

    def __init__(
        self, most_bytes: int = MOST_BYTES, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most_bytes = most_bytes
        self._clock = clock
        self._uploads: dict[str, Upload] = {}

    def add(self, visitor: int, address: int, data: bytes) -> Upload:
        """Take a photo in; one that its visitor has here already is that one.

        Raises:
            NoRoomError: what waits fills the memory.
        """
        upload = Upload(visitor, address, data, self._clock())
        for known in self.of(visitor):
            if known.file_id == upload.file_id and known.problem is None:
                return known
        self._make_room(len(data), visitor)
        self._uploads[upload.id] = upload
        return upload

    def find(self, visitor: int, upload_id: str) -> Upload | None:
        """A visitor's photo; None when it is another's or no longer here."""
        upload = self._uploads.get(upload_id)
        return upload if upload is not None and upload.visitor == visitor else None

    def of(self, visitor: int) -> list[Upload]:
        """A visitor's photos, the oldest first."""
        return [upload for upload in self._uploads.values() if upload.visitor == visitor]

    def drop(self, upload: Upload) -> None:
        self._uploads.pop(upload.id, None)

    async def run(self) -> None:
        """Forget what has been here for long enough, until cancelled."""
        while True:
            self.expire()
            await asyncio.sleep(EXPIRE_SECONDS)

    def expire(self) -> None:
        """Forget what has been here for long enough."""
        now = self._clock()
        for upload in list(self._uploads.values()):
            if upload.done.is_set() and now - upload.arrived >= KEPT_SECONDS:
                self.drop(upload)

    async def download(self, file_id: str) -> bytes:
        """The bytes of a photo, for those who keep rated ones.

        Raises:
            FileGoneError: it is no longer here.
        """
        for upload in self._uploads.values():
            if upload.file_id == file_id:
                return upload.data
        raise FileGoneError("The photo is no longer in memory.")

    def _make_room(self, size: int, visitor: int) -> None:
        self.expire()
        finished = [upload for upload in self._uploads.values() if upload.done.is_set()]
        own = [upload for upload in self.of(visitor) if upload.done.is_set()]
        for upload in own[: max(0, len(self.of(visitor)) + 1 - MOST_PER_VISITOR)]:
            self.drop(upload)
        held = sum(len(upload.data) for upload in self._uploads.values())
        for upload in finished:
            if held + size <= self._most_bytes:
                return
            if upload.id in self._uploads:
                held -= len(upload.data)
                self.drop(upload)
        if held + size > self._most_bytes:
            raise NoRoomError
