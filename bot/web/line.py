"""Photos on their way to the models: in turns, as the bot's, but from memory."""

import logging
from collections import Counter
from collections.abc import Sequence

from bot.queue.failures import Failure
from bot.queue.models import Models
from bot.queue.shares import Shares
from bot.queue.stage import Stage
from bot.storage.tables import NORMAL
from bot.web.uploads import NoRoomError, Upload
from captioning import MODELS, ImageError
from captioning.errors import ImageTooLargeError

logger = logging.getLogger(__name__)

MOST_WAITING = 100
HANDS = 4
PER_ADDRESS = 2
"""Photos from one address that are worked on at a time."""


class Line:
    """Captions what is added, until cancelled."""

    def __init__(self, models: Models) -> None:
        self._models = models
        self._waiting: list[Upload] = []
        self._stage = Stage(
            self._claim,
            self._caption,
            lambda upload: (upload.address,),
            hands=HANDS,
            per_chat=PER_ADDRESS,
            on_error=lambda error: logger.error("Photos cannot be taken", exc_info=error),
        )

    def check_room(self) -> None:
        """Raises:
        NoRoomError: so many wait already that another would wait for too long.
        """
        if len(self._waiting) >= MOST_WAITING:
            raise NoRoomError

    def add(self, upload: Upload) -> None:
        """Let a photo be captioned: its `done` is set when it is, or cannot be."""
        self._waiting.append(upload)
        self._stage.wake()

    def place(self, upload: Upload) -> int:
        """Before how many others it has its turn, itself included; 0 while it is worked on."""
        return self._waiting.index(upload) + 1 if upload in self._waiting else 0

    def withdraw(self, upload: Upload) -> None:
        """Nobody wants its captions any more."""
        if upload in self._waiting:
            self._waiting.remove(upload)
            upload.done.set()

    async def run(self) -> None:
        await self._stage.run()

    async def _claim(self, limit: int, shares: Shares) -> Sequence[Upload]:
        used_up = set(shares.used_up)
        taken: list[Upload] = []
        per_address: Counter[int] = Counter()
        for upload in self._waiting:
            # What an address holds already is not told; one more a round keeps it within its share.
            if upload.address not in used_up and not per_address[upload.address]:
                per_address[upload.address] += 1
                taken.append(upload)
            if len(taken) == limit:
                break
        for upload in taken:
            self._waiting.remove(upload)
        return taken

    async def _caption(self, upload: Upload) -> None:
        try:
            image = await self._models.open(upload.data)
            (upload.captions,) = await self._models.caption([(image, tuple(MODELS), NORMAL)])
        except ImageTooLargeError:
            upload.problem = Failure.TOO_MANY_PIXELS
        except ImageError:
            upload.problem = Failure.BAD_IMAGE
        except Exception:
            logger.exception("Captioning a photo failed")
            upload.problem = Failure.CAPTIONING
        finally:
            upload.done.set()
