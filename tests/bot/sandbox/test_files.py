import io

import aiohttp
import pytest
from PIL import Image

from bot.sandbox import ALICE


async def test_a_photo_comes_in_telegrams_sizes(chat, jpeg):
    photo = (await chat.upload(jpeg(1600, 900)))["photo"]
    assert [(size["width"], size["height"]) for size in photo] == [
        (90, 51),
        (320, 180),
        (800, 450),
        (1280, 720),
    ]
    assert len({size["file_unique_id"] for size in photo}) == 4
    small = (await chat.upload(jpeg(200, 100)))["photo"]
    assert [size["width"] for size in small] == [90, 200]


async def test_the_unique_id_is_of_the_content_and_the_file_id_of_the_message(chat, jpeg):
    first, second, other = [
        (await chat.upload(data))["photo"][-1] for data in (jpeg(), jpeg(), jpeg(seed=9))
    ]
    assert first["file_unique_id"] == second["file_unique_id"] != other["file_unique_id"]
    assert first["file_id"] != second["file_id"]


async def test_a_photo_can_be_downloaded_and_carries_no_metadata(chat, jpeg):
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = "A camera"
    photo = (await chat.upload(jpeg(640, 480, exif=exif)))["photo"][-1]
    assert (photo["width"], photo["height"]) == (480, 640)

    file = await chat.result("getFile", file_id=photo["file_id"])
    assert file["file_unique_id"] == photo["file_unique_id"]
    status, data = await chat.download(file["file_path"])
    assert status == 200
    assert len(data) == file["file_size"] == photo["file_size"]
    image = Image.open(io.BytesIO(data))
    assert image.size == (480, 640)
    assert not image.getexif()


async def test_a_document_stays_as_it_is_and_its_name_never_becomes_a_path(chat):
    sent = await chat.upload(b"%PDF", "document", "../../etc/../x.pdf", "application/pdf")
    document = sent["document"]
    assert document["mime_type"] == "application/pdf"
    file = await chat.result("getFile", file_id=document["file_id"])
    assert file["file_path"].startswith("documents/file_")
    assert file["file_path"].endswith(".pdf")
    assert await chat.download(file["file_path"]) == (200, b"%PDF")


async def test_files_over_twenty_megabytes_are_refused(chat):
    limit = 20 * 1024 * 1024
    fits = (await chat.upload(bytes(limit), "document"))["document"]
    assert (await chat.call("getFile", file_id=fits["file_id"]))["ok"]
    large = (await chat.upload(bytes(limit + 1), "document"))["document"]
    assert await chat.refusal("getFile", file_id=large["file_id"]) == (
        "Bad Request: file is too big"
    )


async def test_links_need_the_token_and_do_not_outlive_the_server(running, jpeg):
    async with running() as api:
        photo = (await api.upload(jpeg()))["photo"][-1]
        path = (await api.result("getFile", file_id=photo["file_id"]))["file_path"]
        assert (await api.download(path, token="4242:wrong"))[0] == 401
        assert (await api.download("photos/file_999.jpg"))[0] == 404
        assert (await api.download("../sandbox.sqlite3"))[0] == 404
        assert (await api.download(path))[0] == 200
    async with running() as api:
        assert (await api.download(path))[0] == 404
        path = (await api.result("getFile", file_id=photo["file_id"]))["file_path"]
        assert (await api.download(path))[0] == 200


async def test_unknown_file_ids_are_refused(chat):
    assert await chat.refusal("getFile", file_id="nothing") == (
        "Bad Request: wrong file_id or the file is temporarily unavailable"
    )
    assert await chat.refusal("getFile") == "Bad Request: file_id is not specified"


@pytest.mark.parametrize(
    ("data", "kind"), [(b"not a picture", "not a picture"), (None, "too narrow")]
)
async def test_what_is_no_photo_is_explained_to_the_person(chat, jpeg, data, kind):
    answer = await chat.upload(data or jpeg(30, 900))
    assert kind in answer["error"]
    assert "Send it as a file" in answer["error"]
    assert await chat.result("getUpdates") == []


async def test_the_bot_sends_photos_by_upload_and_by_id(chat, jpeg):
    for field in ("photo", "attached"):
        form = aiohttp.FormData({"chat_id": str(ALICE.id), "caption": "<b>Seen</b>"})
        form.add_field("parse_mode", "HTML")
        if field == "attached":
            form.add_field("photo", "attach://attached")
        form.add_field(field, jpeg(), filename="a.jpg", content_type="image/jpeg")
        async with chat.http.post(chat.address("sendPhoto"), data=form) as response:
            sent = (await response.json())["result"]
        assert sent["caption"] == "Seen"
        assert sent["caption_entities"][0]["type"] == "bold"
    again = await chat.result("sendPhoto", chat_id=ALICE.id, photo=sent["photo"][0]["file_id"])
    assert again["photo"] == sent["photo"]


async def test_what_send_photo_refuses(chat, jpeg):
    document = (await chat.upload(b"x", "document"))["document"]
    photo = (await chat.upload(jpeg()))["photo"][0]["file_id"]
    for parameters, reason in (
        ({}, "there is no photo in the request"),
        ({"photo": "nothing"}, "wrong file identifier/HTTP URL specified"),
        ({"photo": document["file_id"]}, "can't use file of type Document as Photo"),
        ({"photo": photo, "caption": "x" * 1025}, "message caption is too long"),
    ):
        refusal = await chat.refusal("sendPhoto", chat_id=ALICE.id, **parameters)
        assert refusal == f"Bad Request: {reason}"
    form = aiohttp.FormData({"chat_id": str(ALICE.id)})
    form.add_field("photo", b"not a picture", filename="a.jpg")
    async with chat.http.post(chat.address("sendPhoto"), data=form) as response:
        assert (await response.json())["description"] == "Bad Request: IMAGE_PROCESS_FAILED"
