import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from bot.queue.failures import Failure
from bot.web.line import MOST_WAITING, PER_ADDRESS, Line
from bot.web.uploads import NoRoomError, Upload, Uploads
from captioning.errors import DamagedImageError, ImageTooLargeError


class HeldModels:
    """Captions by name, each when it is let go."""

    def __init__(self) -> None:
        self.at_work: list[str] = []
        self.go = asyncio.Event()
        self.error: Exception | None = None

    async def open(self, data: bytes) -> str:
        if self.error is not None:
            raise self.error
        return data.decode()

    async def caption(self, photos: list[tuple[str, Any, Any]]) -> list[list[str]]:
        self.at_work += [image for image, _, _ in photos]
        await self.go.wait()
        return [[f"Captions of {image}."] for image, _, _ in photos]


@asynccontextmanager
async def running(line: Line) -> AsyncIterator[None]:
    task = asyncio.create_task(line.run())
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def photo(name: str, address: int = 1) -> Upload:
    return Uploads().add(1, address, name.encode())


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_photos_get_their_captions() -> None:
    models = HeldModels()
    line = Line(models)  # type: ignore[arg-type]
    models.go.set()
    upload = photo("a")
    async with running(line):
        line.add(upload)
        async with asyncio.timeout(10):
            await upload.done.wait()
    assert upload.captions == ["Captions of a."]
    assert upload.problem is None


async def test_one_address_never_has_all_hands() -> None:
    models = HeldModels()
    line = Line(models)  # type: ignore[arg-type]
    many = [photo(f"many{number}", 1) for number in range(6)]
    for upload in many:
        line.add(upload)
    async with running(line):
        await settled()
        assert models.at_work == ["many0", "many1"]
        assert len(models.at_work) == PER_ADDRESS
        line.add(photo("other", 2))
        await settled()
        assert models.at_work[-1] == "other"
        assert (line.place(many[0]), line.place(many[2])) == (0, 1)
        models.go.set()
        async with asyncio.timeout(10):
            await many[-1].done.wait()


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (DamagedImageError("cut"), Failure.BAD_IMAGE),
        (ImageTooLargeError("large"), Failure.TOO_MANY_PIXELS),
        (RuntimeError("a fault"), Failure.CAPTIONING),
    ],
)
async def test_what_cannot_be_captioned_ends_too(error: Exception, failure: Failure) -> None:
    models = HeldModels()
    models.error = error
    line = Line(models)  # type: ignore[arg-type]
    upload = photo("a")
    async with running(line):
        line.add(upload)
        async with asyncio.timeout(10):
            await upload.done.wait()
    assert upload.problem is failure


async def test_a_photo_that_nobody_wants_any_more_is_not_looked_at() -> None:
    models = HeldModels()
    line = Line(models)  # type: ignore[arg-type]
    upload = photo("a")
    line.add(upload)
    line.withdraw(upload)
    async with running(line):
        await settled()
    assert models.at_work == []
    assert upload.done.is_set()


async def test_there_is_an_end_to_the_line() -> None:
    line = Line(HeldModels())  # type: ignore[arg-type]
    for number in range(MOST_WAITING):
        line.check_room()
        line.add(photo(str(number)))
    with pytest.raises(NoRoomError):
        line.check_room()
