"""Photos of albums that came before the question about them."""

from datetime import UTC, datetime

import pytest
from aiogram.types import Chat, Message

import bot.handlers.unasked_albums
from bot.handlers.unasked_albums import SECONDS, UnaskedAlbums
from bot.queue.jobs import PhotoRef


def message(number: int, chat_id: int = -100, album: str = "album") -> Message:
    return Message(
        message_id=number,
        date=datetime.now(UTC),
        chat=Chat(id=chat_id, type="group"),
        media_group_id=album,
    )


def image(number: int) -> PhotoRef:
    return PhotoRef(f"file-{number}", f"unique-{number}")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_an_album_is_taken_once_in_order_and_no_other() -> None:
    unasked = UnaskedAlbums()
    for number in (3, 1, 3):
        unasked.remember(message(number), image(number))
    unasked.remember(message(4, album="another"), image(4))
    unasked.remember(message(1, chat_id=-200), image(5))
    taken = unasked.take(message(2))
    assert [(photo.message_id, ref.file_id) for photo, ref in taken] == [
        (1, "file-1"),
        (3, "file-3"),
    ]
    assert unasked.take(message(2)) == []
    assert len(unasked.take(message(2, chat_id=-200))) == 1


def test_photos_are_forgotten_soon_and_when_there_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    unasked = UnaskedAlbums(clock)
    unasked.remember(message(1), image(1))
    clock.now = SECONDS
    assert unasked.take(message(1)) == []

    monkeypatch.setattr(bot.handlers.unasked_albums, "MOST", 2)
    for number in (1, 2, 3):
        unasked.remember(message(number), image(number))
    assert [photo.message_id for photo, _ in unasked.take(message(9))] == [2, 3]
