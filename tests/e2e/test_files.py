"""Images as files, stickers, and what only resembles an image, in a private chat."""

import asyncio
import gzip
import io
import re
from typing import Any

from image_files import encode
from PIL import Image
from talk import Message, buttons, data, says

from bot.texts.unreadable import Unreadable, unreadable_text

MP4 = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"
WEBM = b"\x1a\x45\xdf\xa3webm"
JPEG_XL = b"\xff\x0a and so on"


def encoded(photo: bytes, form: str) -> bytes:
    return encode(Image.open(io.BytesIO(photo)).resize((320, 240)), form)


async def answer_below(person: Any, sent: Message) -> Message:
    """The captions in reply to a message."""
    found: Message = await person.wait_for(
        lambda message: (
            message.get("reply_to_message", {}).get("message_id") == sent["message_id"]
            and buttons(message)
        )
    )
    return found


async def test_files_and_stickers_are_captioned(
    start_bot: Any, alice: Any, photo_bytes: bytes
) -> None:
    bot = await start_bot()
    file = await alice.send_document(encoded(photo_bytes, "PNG"), "picture.png", "image/png")
    answer = await answer_below(alice, file)
    unnamed = await alice.send_document(
        encoded(photo_bytes, "BMP"), "scan.bmp", "application/octet-stream"
    )
    await answer_below(alice, unnamed)
    for form, kind in (("HEIF", "heic"), ("AVIF", "avif")):
        phone = await alice.send_document(
            encoded(photo_bytes, form), f"IMG_1.{kind}", f"image/{kind}"
        )
        await answer_below(alice, phone)
    sticker = await alice.send_sticker(encoded(photo_bytes, "WEBP"))
    await answer_below(alice, sticker)

    # The buttons of such an answer are as good as any, also pressed twice and after a restart.
    await bot.stop()
    await start_bot()
    good = data(answer, 0, 0)
    presses = await asyncio.gather(
        alice.press(answer["message_id"], good),
        alice.press(answer["message_id"], good, stale=True),
    )
    assert {press["text"] for press in presses} == {"👍 Thank you!", "Your rating is taken back."}


async def test_a_file_that_is_no_image_inside_is_told(start_bot: Any, alice: Any) -> None:
    await start_bot()
    await alice.send_document(b"This is no picture.", "picture.png", "image/png")
    await alice.wait_for(says("I could not read this image"))


async def test_what_cannot_be_captioned_is_told_at_once(
    start_bot: Any, alice: Any, photo_bytes: bytes, api_server: Any
) -> None:
    await start_bot()
    for sending, unreadable in (
        (alice.send_document(JPEG_XL, "a.jxl", "image/jxl"), Unreadable("format", "JPEG XL")),
        (
            alice.send_document(encoded(photo_bytes, "TIFF"), "scan.tif", "image/tiff"),
            Unreadable("format", "TIFF"),
        ),
        (alice.send_document(b"%PDF-1.7", "a.pdf", "application/pdf"), Unreadable("document")),
        (alice.send_document(b"<svg/>", "logo.svg", ""), Unreadable("format", "SVG")),
        (alice.send_sticker(gzip.compress(b"{}")), Unreadable("animated_sticker")),
        (alice.send_sticker(WEBM), Unreadable("animated_sticker")),
        (alice.send_video(MP4), Unreadable("video")),
    ):
        sent = await sending
        reply = await alice.wait_for(
            lambda message, sent=sent: message["message_id"] > sent["message_id"]
        )
        assert reply["text"] == unreadable_text(unreadable)
        assert re.search(r"send (it|me) (as )?a photo|or a photo", reply["text"], re.IGNORECASE)
        assert reply["reply_to_message"]["message_id"] == sent["message_id"]
    assert await api_server.calls("getFile") == [], "nothing is downloaded to find that out"


async def test_an_edit_with_another_image_is_captioned_anew(
    start_bot: Any, alice: Any, several_photos: list[bytes]
) -> None:
    await start_bot()
    first, second = several_photos[:2]
    sent = await alice.send_photo(first)
    answer = await answer_below(alice, sent)
    await alice.edit(sent["message_id"], text="The same photo")
    await alice.edit(sent["message_id"], data=second)
    await alice.wait_for(
        lambda message: message["message_id"] > answer["message_id"] and buttons(message)
    )
    captioned = [message for message in await alice.from_bot() if buttons(message)]
    assert len(captioned) == 2, "another text is no reason for another answer"
