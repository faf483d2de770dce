"""Images sent as files, stickers, and what only resembles an image."""

from typing import Any

import pytest
from aiogram.methods import SendMessage
from aiogram.types import Animation, Document, LivePhoto, PhotoSize, Sticker, Video, VideoNote
from sqlalchemy import select

from bot.handlers.attachments import READABLE
from bot.storage import Database
from bot.storage.tables import Job, Photo
from bot.texts.unreadable import Unreadable, document_text, unreadable_text
from captioning.images import MIME_TYPES

FILE = {"file_id": "file", "file_unique_id": "unique"}
MOVING = {**FILE, "width": 10, "height": 10, "duration": 3}
TOO_MANY = 21 * 2**20


def document(mime_type: str | None, name: str | None = None, size: int = 1_000) -> Document:
    return Document(**FILE, mime_type=mime_type, file_name=name, file_size=size)


def sticker(**kind: bool) -> Sticker:
    is_still = {"is_animated": False, "is_video": False}
    return Sticker(**FILE, type="regular", width=512, height=384, file_size=99, **is_still | kind)


async def accepted(database: Database) -> list[Photo]:
    async with database.read() as session:
        return list(await session.scalars(select(Photo).join(Job).order_by(Job.id)))


def test_every_format_that_is_decoded_is_accepted() -> None:
    assert MIME_TYPES <= READABLE


@pytest.mark.parametrize(
    ("mime_type", "name"),
    [
        ("image/png", "picture.png"),
        ("image/jpeg; charset=binary", None),
        ("IMAGE/WEBP", "picture"),
        ("image/gif", "still.gif"),
        ("application/octet-stream", "Holiday.JPG"),
        (None, "scan.bmp"),
        ("image/heic", "IMG_1.HEIC"),
        ("image/heif", None),
        (None, "IMG_1.heic"),
        ("image/avif", "photo.avif"),
    ],
)
async def test_an_image_as_a_file_is_captioned(
    conversation: Any, database: Database, mime_type: str | None, name: str | None
) -> None:
    assert await conversation.say(document=document(mime_type, name)) == []
    (photo,) = await accepted(database)
    assert (photo.file_id, photo.file_size) == ("file", 1_000)
    assert (photo.width, photo.height) == (None, None), "Telegram does not tell"


async def test_a_sticker_is_captioned(conversation: Any, database: Database) -> None:
    assert await conversation.say(sticker=sticker()) == []
    (photo,) = await accepted(database)
    assert (photo.file_unique_id, photo.width, photo.height) == ("unique", 512, 384)


async def test_the_still_picture_of_a_live_photo_is_captioned(
    conversation: Any, database: Database
) -> None:
    still = PhotoSize(file_id="still", file_unique_id="still-1", width=640, height=480)
    assert await conversation.say(live_photo=LivePhoto(**MOVING, photo=[still])) == []
    assert [photo.file_id for photo in await accepted(database)] == ["still"]


async def test_an_edited_file_is_a_new_job(conversation: Any, database: Database) -> None:
    message = conversation.message(1001, document=document("image/png"))
    await conversation.feed(message=message)
    other = Document(file_id="other", file_unique_id="unique-2", mime_type="image/png")
    for _ in range(2):
        await conversation.feed(edited_message=message.model_copy(update={"document": other}))
    assert [photo.file_id for photo in await accepted(database)] == ["file", "other"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"document": document("image/jxl", "IMG_1.JXL")}, Unreadable("format", "JPEG XL")),
        ({"document": document(None, "IMG_1.jxl")}, Unreadable("format", "JPEG XL")),
        ({"document": document("image/tiff", "scan.tif")}, Unreadable("format", "TIFF")),
        ({"document": document("image/x-canon", "a.cr2")}, Unreadable("format", "RAW")),
        ({"document": document("image/x-unheard-of")}, Unreadable("format")),
        ({"document": document("image/png", size=TOO_MANY)}, Unreadable("too_large")),
        ({"document": document("application/pdf", "a.pdf")}, Unreadable("document")),
        ({"document": document("application/zip", "photo.jpg")}, Unreadable("document")),
        ({"document": document("video/mp4", "a.mp4")}, Unreadable("video")),
        ({"document": document(None)}, Unreadable("document")),
        ({"sticker": sticker(is_animated=True)}, Unreadable("animated_sticker")),
        ({"sticker": sticker(is_video=True)}, Unreadable("animated_sticker")),
        ({"video": Video(**MOVING)}, Unreadable("video")),
        ({"video_note": VideoNote(**FILE, length=10, duration=3)}, Unreadable("video")),
        (
            {"animation": Animation(**MOVING), "document": document("video/mp4", "a.gif.mp4")},
            Unreadable("animation"),
        ),
    ],
)
async def test_what_cannot_be_captioned_is_told(
    conversation: Any, database: Database, content: dict[str, Any], expected: Unreadable
) -> None:
    message = conversation.message(1001, **content)
    (reply,) = await conversation.calls_of(conversation.feed(message=message))
    assert isinstance(reply, SendMessage)
    assert reply.text == unreadable_text(expected)
    assert reply.reply_parameters is not None
    assert reply.reply_parameters.message_id == message.message_id
    assert await accepted(database) == []


async def test_an_edit_to_something_else_is_left_alone(conversation: Any) -> None:
    edited = conversation.message(1001, video=Video(**MOVING))
    assert await conversation.calls_of(conversation.feed(edited_message=edited)) == []


def test_the_texts_say_what_to_send_instead() -> None:
    tiff = unreadable_text(Unreadable("format", "TIFF"))
    assert tiff == "I cannot read TIFF files. " + document_text(is_image=True)
    reasons = ("too_large", "format", "animation", "animated_sticker", "video", "document")
    texts = {unreadable_text(Unreadable(reason)) for reason in reasons}
    assert len(texts) == len(reasons)
    assert all("photo" in text for text in texts)
