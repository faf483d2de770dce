import pytest

from bot.queue.downloads import FileGoneError
from bot.web.uploads import KEPT_SECONDS, MOST_PER_VISITOR, NoRoomError, Upload, Uploads


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def captioned(uploads: Uploads, visitor: int, data: bytes) -> Upload:
    upload = uploads.add(visitor, 7, data)
    upload.done.set()
    return upload


async def test_a_photo_is_its_visitor_s_alone() -> None:
    uploads = Uploads()
    upload = uploads.add(1, 7, b"one")
    assert uploads.find(1, upload.id) is upload
    assert uploads.find(2, upload.id) is None
    assert (uploads.of(1), uploads.of(2)) == ([upload], [])
    assert await uploads.download(upload.file_id) == b"one"
    uploads.drop(upload)
    assert uploads.find(1, upload.id) is None
    with pytest.raises(FileGoneError):
        await uploads.download(upload.file_id)


async def test_it_is_forgotten_after_a_while() -> None:
    clock = Clock()
    uploads = Uploads(clock=clock)
    upload, waiting = captioned(uploads, 1, b"one"), uploads.add(1, 7, b"two")
    clock.now += KEPT_SECONDS - 1
    uploads.expire()
    assert uploads.find(1, upload.id) is upload
    clock.now += 1
    uploads.expire()
    assert uploads.find(1, upload.id) is None
    assert uploads.find(1, waiting.id) is waiting


async def test_the_oldest_makes_room_but_not_what_waits() -> None:
    uploads = Uploads(most_bytes=10)
    waiting = uploads.add(1, 7, b"wait")
    oldest, older = captioned(uploads, 1, b"123"), captioned(uploads, 2, b"456")
    uploads.add(3, 7, b"789")
    assert uploads.find(1, oldest.id) is None
    assert uploads.find(2, older.id) is older
    assert uploads.find(1, waiting.id) is waiting
    with pytest.raises(NoRoomError):
        uploads.add(3, 7, b"123456")


async def test_one_visitor_does_not_fill_it() -> None:
    uploads = Uploads()
    other = captioned(uploads, 2, b"other")
    for number in range(MOST_PER_VISITOR + 3):
        captioned(uploads, 1, b"%d" % number)
    assert uploads.of(1)[0].data == b"3"
    assert len(uploads.of(1)) == MOST_PER_VISITOR
    assert uploads.of(2) == [other]


async def test_ids_tell_nothing_and_files_are_named_by_content() -> None:
    uploads = Uploads()
    one, same = uploads.add(1, 7, b"same"), uploads.add(2, 7, b"same")
    assert one.id != same.id
    assert uploads.add(1, 7, b"same") is one
    assert one.file_id == same.file_id != uploads.add(1, 7, b"other").file_id
