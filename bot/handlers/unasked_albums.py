"""Photos of albums in groups that nobody has asked about, in case somebody is about to.

Whoever sends an album to a group asks with the caption of one of its photos, which may well arrive
after others. Until then these must not be stored: most albums in a group are none of the bot's
business. So they are remembered in memory, for a minute.
"""

import time
from collections.abc import Callable

from aiogram.types import Message

from bot.queue.jobs import PhotoRef

SECONDS = 60.0
MOST = 1000
"""Photos remembered at the same time, in all groups; the oldest go first."""

AlbumPhoto = tuple[Message, PhotoRef]


class UnaskedAlbums:
    """Remembers photos that came before the question about their album."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._photos: dict[tuple[int, int], tuple[float, AlbumPhoto]] = {}

    def remember(self, message: Message, image: PhotoRef) -> None:
        """Keep an image in a message of an album for a while."""
        self._photos[message.chat.id, message.message_id] = self._clock(), (message, image)
        self._drop_old()

    def take(self, message: Message) -> list[AlbumPhoto]:
        """What was remembered of the album of a message, in order; it is forgotten here."""
        self._drop_old()
        album = message.chat.id, message.media_group_id
        found = {
            key: photo
            for key, (_, photo) in self._photos.items()
            if (photo[0].chat.id, photo[0].media_group_id) == album
        }
        for key in found:
            del self._photos[key]
        return [found[key] for key in sorted(found)]

    def _drop_old(self) -> None:
        # A dict keeps the order in which things came, so the oldest are its first.
        now = self._clock()
        for key, (since, _photo) in list(self._photos.items()):
            if now - since < SECONDS and len(self._photos) <= MOST:
                break
            del self._photos[key]
