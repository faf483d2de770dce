"""Albums, documents, stickers and edits, from people and from the bot."""

import gzip
import io
import json
from typing import Any

import aiohttp
import pytest
from PIL import Image

from bot.sandbox import ALICE, BOT_USERNAME, GROUP

NOT_MODIFIED = "Bad Request: message is not modified"


async def messages_of(api: Any) -> list[dict[str, Any]]:
    return [update["message"] for update in await api.result("getUpdates")]


async def test_an_album_comes_photo_by_photo_with_one_group_id(chat, jpeg):
    photos = [jpeg(seed=seed) for seed in range(3)]
    sent = await chat.send_files(ALICE.id, ALICE, "album", photos, caption="Holiday")
    arrived = await messages_of(chat)
    assert arrived == sent
    assert len({message["media_group_id"] for message in arrived}) == 1
    assert [message.get("caption") for message in arrived] == ["Holiday", None, None]
    another = await chat.send_files(ALICE.id, ALICE, "album", photos)
    assert another[0]["media_group_id"] != sent[0]["media_group_id"]


async def test_the_updates_of_an_album_late_twice_and_out_of_order(chat, jpeg):
    photos = [jpeg(seed=seed) for seed in range(3)]
    sent = await chat.send_files(ALICE.id, ALICE, "album", photos, deliver="2,0,0")
    ids = [message["message_id"] for message in sent]
    assert [message["message_id"] for message in await messages_of(chat)] == [
        ids[2],
        ids[0],
        ids[0],
    ]
    await chat.act(ALICE.id, ALICE, f"messages/{ids[1]}/redeliver")
    late = (await messages_of(chat))[-1]
    assert (late["message_id"], late["media_group_id"]) == (ids[1], sent[1]["media_group_id"])


async def test_in_a_group_only_the_photo_that_mentions_the_bot_comes(api, jpeg):
    photos = [jpeg(seed=seed) for seed in range(3)]
    sent = await api.send_files(GROUP.id, ALICE, "album", photos, caption=f"@{BOT_USERNAME}")
    assert [message["message_id"] for message in await messages_of(api)] == [sent[0]["message_id"]]


@pytest.mark.parametrize("count", [1, 11])
async def test_an_album_has_two_to_ten_photos(chat, jpeg, count):
    answer = await chat.send_files(ALICE.id, ALICE, "album", [jpeg()] * count)
    assert "10" in answer["error"]


async def test_files_as_an_album(chat):
    sent = await chat.send_files(ALICE.id, ALICE, "album", [b"a", b"b"], kind="document")
    assert all("document" in message for message in sent)
    assert sent[0]["media_group_id"] == sent[1]["media_group_id"]


async def test_a_picture_as_a_document_has_a_thumbnail(chat, jpeg):
    document = (await chat.upload(jpeg(1600, 900), "document"))["document"]
    assert (document["thumbnail"]["width"], document["file_name"]) == (320, "a.jpg")
    broken = (await chat.upload(b"no picture", "document"))["document"]
    assert "thumbnail" not in broken


async def test_stickers_of_every_kind(chat, jpeg):
    sticker = (await chat.upload(jpeg(640, 480), "sticker"))["sticker"]
    assert (sticker["width"], sticker["height"], sticker["is_animated"]) == (512, 384, False)
    file = await chat.result("getFile", file_id=sticker["file_id"])
    _, data = await chat.download(file["file_path"])
    assert file["file_path"].endswith(".webp")
    assert Image.open(io.BytesIO(data)).size == (512, 384)
    again = await chat.upload(data, "sticker")
    assert again["sticker"]["file_unique_id"] == sticker["file_unique_id"], "kept as it is"

    animated = (await chat.upload(gzip.compress(b"{}"), "sticker"))["sticker"]
    assert (animated["is_animated"], animated["is_video"]) == (True, False)
    video = (await chat.upload(b"\x1a\x45\xdf\xa3...", "sticker"))["sticker"]
    assert (video["is_animated"], video["is_video"]) == (False, True)
    assert "as a file" in (await chat.upload(b"nothing", "sticker"))["error"]

    async def shown(unique_id: str) -> str:
        async with chat.http.get(f"{chat.url}/sandbox/api/files/{unique_id}") as response:
            return str(response.headers["Content-Type"])

    assert await shown(sticker["file_unique_id"]) == "image/webp"
    assert await shown(animated["file_unique_id"]) == "application/octet-stream"


async def test_an_edit_puts_another_photo_into_a_message(chat, jpeg):
    first = await chat.send_files(ALICE.id, ALICE, "photo", [jpeg()], caption="One")
    place = f"messages/{first['message_id']}"
    second = await chat.send_files(ALICE.id, ALICE, place, [jpeg(seed=9)])
    update = (await chat.result("getUpdates"))[-1]
    assert update["edited_message"] == second
    assert second["message_id"] == first["message_id"]
    assert second["photo"][-1]["file_unique_id"] != first["photo"][-1]["file_unique_id"]
    assert second["caption"] == "One"
    assert (await chat.act(ALICE.id, ALICE, place, text="Two"))["caption"] == "Two"
    assert "Nothing" in (await chat.act(ALICE.id, ALICE, place, text="Two"))["error"]
    theirs = await chat.result("sendMessage", chat_id=ALICE.id, text="x")
    refused = await chat.act(ALICE.id, ALICE, f"messages/{theirs['message_id']}", text="y")
    assert "own messages" in refused["error"]


async def send(api: Any, method: str, fields: dict[str, Any], **files: bytes) -> dict[str, Any]:
    """A call with uploads; the whole answer."""
    form = aiohttp.FormData({"chat_id": str(ALICE.id)})
    for name, value in fields.items():
        form.add_field(name, value if isinstance(value, str) else json.dumps(value))
    for name, data in files.items():
        form.add_field(name, data, filename=f"{name}.jpg", content_type="image/jpeg")
    async with api.http.post(api.address(method), data=form) as response:
        answer: dict[str, Any] = await response.json()
        return answer


async def test_the_bot_sends_documents_by_upload_and_by_id(chat, jpeg):
    sent = (await send(chat, "sendDocument", {"caption": "A file"}, document=jpeg()))["result"]
    assert (sent["caption"], sent["document"]["file_name"]) == ("A file", "document.jpg")
    by_id = {"chat_id": ALICE.id, "document": sent["document"]["file_id"]}
    assert (await chat.result("sendDocument", **by_id))["document"] == sent["document"]
    photo = (await chat.upload(jpeg()))["photo"][0]["file_id"]
    assert (
        await chat.refusal("sendDocument", chat_id=ALICE.id, document=photo)
        == "Bad Request: can't use file of type Photo as Document"
    )
    sticker = (await chat.upload(jpeg(), "sticker"))["sticker"]["file_id"]
    assert (
        await chat.refusal("sendPhoto", chat_id=ALICE.id, photo=sticker)
        == "Bad Request: can't use file of type Sticker as Photo"
    )


async def test_the_bot_sends_albums(chat, jpeg):
    known = (await chat.upload(jpeg(seed=5)))["photo"][-1]["file_id"]
    media = [
        {"type": "photo", "media": "attach://one", "caption": "<b>One</b>", "parse_mode": "HTML"},
        {"type": "photo", "media": known},
    ]
    answer = await send(chat, "sendMediaGroup", {"media": media}, one=jpeg())
    first, second = answer["result"]
    assert first["media_group_id"] == second["media_group_id"]
    assert first["caption_entities"][0]["type"] == "bold"
    assert second["photo"][-1]["file_id"] == known
    document = (await chat.upload(b"x", "document"))["document"]["file_id"]
    for items, reason in (
        ([], "there are no messages to send"),
        (media * 6, "too much messages to send as an album"),
        (
            [media[1], {"type": "document", "media": document}],
            "document can't be mixed with other media types",
        ),
        ([{"type": "sticker", "media": known}], "can't parse InputMedia"),
    ):
        refused = await send(chat, "sendMediaGroup", {"media": items}, one=jpeg())
        assert refused["description"].startswith(f"Bad Request: {reason}")


async def test_the_bot_edits_photos_and_captions(chat, jpeg):
    sent = (await send(chat, "sendPhoto", {"caption": "1 of 2"}, photo=jpeg()))["result"]
    at = {"chat_id": ALICE.id, "message_id": sent["message_id"]}
    keyboard = {"inline_keyboard": [[{"text": "→", "callback_data": "next"}]]}
    other = (await chat.upload(jpeg(seed=3)))["photo"][-1]["file_id"]
    media = {"type": "photo", "media": other, "caption": "2 of 2"}
    edited = await chat.result("editMessageMedia", **at, media=media, reply_markup=keyboard)
    assert (edited["caption"], edited["photo"][-1]["file_id"]) == ("2 of 2", other)
    assert edited["reply_markup"] == keyboard
    same = await chat.refusal("editMessageMedia", **at, media=media, reply_markup=keyboard)
    assert same.startswith(NOT_MODIFIED)
    captioned = await chat.result("editMessageCaption", **at, caption="Both")
    assert captioned["caption"] == "Both"
    assert "reply_markup" not in captioned
    assert (await chat.refusal("editMessageCaption", **at, caption="Both")).startswith(NOT_MODIFIED)
    text = await chat.result("sendMessage", chat_id=ALICE.id, text="x")
    there = {"chat_id": ALICE.id, "message_id": text["message_id"]}
    assert (
        await chat.refusal("editMessageCaption", **there, caption="y")
        == "Bad Request: there is no caption in the message to edit"
    )
    pictured = await chat.result("editMessageMedia", **there, media=media)
    assert "text" not in pictured
    assert pictured["photo"][-1]["file_id"] == other


async def test_an_edit_by_upload(chat, jpeg):
    sent = (await send(chat, "sendPhoto", {}, photo=jpeg()))["result"]
    media = {"type": "photo", "media": "attach://new"}
    fields = {"message_id": str(sent["message_id"]), "media": media}
    edited = (await send(chat, "editMessageMedia", fields, new=jpeg(seed=9)))["result"]
    assert edited["photo"][-1]["file_unique_id"] != sent["photo"][-1]["file_unique_id"]


async def test_a_wish_for_a_reply_lasts_until_someone_writes(chat):
    markup = {"force_reply": True, "input_field_placeholder": "Your caption"}
    sent = await chat.result("sendMessage", chat_id=ALICE.id, text="Yes?", reply_markup=markup)
    assert "reply_markup" not in sent
    prompt = (await chat.seen(ALICE.id, ALICE))["prompt"]
    assert (prompt["message_id"], prompt["placeholder"]) == (sent["message_id"], "Your caption")
    await chat.person("text", text="A cat.", reply_to=sent["message_id"])
    assert (await chat.seen(ALICE.id, ALICE))["prompt"] is None


async def test_a_selective_wish_is_for_whom_it_answers(api):
    asked = await api.act(GROUP.id, ALICE, "text", text="/better")
    await api.result(
        "sendMessage",
        chat_id=GROUP.id,
        text="Yes?",
        reply_parameters={"message_id": asked["message_id"]},
        reply_markup={"force_reply": True, "selective": True},
    )
    bob = (await api.http.get(f"{api.url}/sandbox/api/chats/{GROUP.id}?as=1002")).json()
    assert (await api.seen(GROUP.id, ALICE))["prompt"]
    assert (await bob)["prompt"] is None
