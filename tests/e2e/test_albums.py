"""An album gets one answer, however its photos arrive; a known photo gets it at once."""

import asyncio
import io
import sqlite3
from pathlib import Path
from typing import Any

from PIL import Image
from talk import WAIT_SECONDS, answer_to, buttons, captioned, data, data_of, eventually, shows

from bot.texts.conversation import forgotten_answer_text
from bot.texts.failures import failure_text


def photo(shade: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), (shade, 100, 200)).save(buffer, "PNG")
    return buffer.getvalue()


def lines(message: dict[str, Any], model: str = "MobileNet:") -> list[str]:
    return [line for line in message["text"].splitlines() if model in line]


async def album_answered(person: Any, photos: int) -> dict[str, Any]:
    return await person.wait_for(
        lambda message: buttons(message) and len(lines(message)) == photos, timeout=WAIT_SECONDS
    )


async def test_photos_of_an_album_late_twice_and_out_of_order(start_bot: Any, alice: Any) -> None:
    await start_bot()
    sent = await alice.send_album([photo(shade) for shade in (1, 2, 3)], deliver=[2, 0, 0])
    answer = await album_answered(alice, 2)
    third, first = answer["text"].split("\n\n")[::-1]
    assert first.startswith("1.")
    assert third.startswith("2.")

    await alice.redeliver(sent[1]["message_id"])
    await alice.redeliver(sent[2]["message_id"])
    complete = await album_answered(alice, 3)
    assert complete["message_id"] == answer["message_id"]
    assert complete["text"].split("\n\n")[0] == first
    assert complete["text"].split("\n\n")[2] == third.replace("2.", "3.", 1)
    assert len(await alice.from_bot()) == 1
    assert buttons(complete)[0] == ["• 1 •", "2", "3"]


async def test_choosing_and_rating_a_photo_of_an_album(start_bot: Any, alice: Any) -> None:
    bot = await start_bot()
    await alice.send_album([photo(1), photo(2)])
    answer = await album_answered(alice, 2)
    place, second = answer["message_id"], data(answer, 0, 1)
    presses = await asyncio.gather(
        alice.press(place, second), alice.press(place, second, stale=True)
    )
    assert all(press["answered"] for press in presses)
    opened = await alice.wait_for(lambda message: buttons(message)[:1] == [["1", "• 2 •"]])
    good = data_of(opened, "👍 ResNet-34")
    assert good != data_of(answer, "👍 ResNet-34")

    # After a restart, the buttons still know their photo.
    await bot.stop()
    await start_bot()
    assert (await alice.press(place, good))["text"] == "👍 Thank you!"
    rated = await alice.wait_for(lambda message: "✅ 👍 ResNet-34" in str(buttons(message)))
    assert buttons(rated)[0] == ["1", "• 2 •"]

    question = await answer_to(alice, "/forget")
    await alice.press(question["message_id"], data(question, 0, 0))
    await alice.wait_for(lambda message: "Deleted: 2 photos" in message["text"])
    assert (await alice.press(place, second, stale=True))["text"] == forgotten_answer_text()
    await shows(alice, place, [])


async def test_picture_and_wordings_are_those_of_the_chosen_photo(
    start_bot: Any, alice: Any, tmp_path: Path
) -> None:
    await start_bot()
    sent = await alice.send_album([photo(1), photo(2)])
    answer = await album_answered(alice, 2)
    place = answer["message_id"]
    await alice.press(place, data(answer, 0, 1))
    opened = await alice.wait_for(lambda message: buttons(message)[:1] == [["1", "• 2 •"]])

    presses = [data_of(opened, text) for text in ("Other wordings", "Where it looked")]
    await asyncio.gather(*(alice.press(place, press, stale=True) for press in presses * 2))
    told = await alice.wait_for(lambda message: "<Wording>" in message.get("text", ""))
    picture = await alice.wait_for(lambda message: "looked" in message.get("caption", ""))
    for message in (told, picture):
        assert message["reply_to_message"]["message_id"] == place
    assert len(await alice.from_bot()) == 3, "a double click brings nothing twice"

    def drawn() -> list[Any]:
        with sqlite3.connect(tmp_path / "data" / "captionbot.db") as database:
            return database.execute(
                "SELECT jobs.message_id FROM captions JOIN jobs USING (photo_id) "
                "WHERE attention_file_id IS NOT NULL"
            ).fetchall()

    second = max(message["message_id"] for message in sent)
    await eventually(lambda: drawn() == [(second,)], "the second photo's picture is known")


async def test_another_model_is_asked_about_the_whole_album(start_bot: Any, alice: Any) -> None:
    await start_bot()
    question = await answer_to(alice, "/model")
    await alice.press(question["message_id"], "ResNet-34")
    await alice.send_album([photo(1), photo(2)])
    answer = await alice.wait_for(
        lambda message: "2. " in message["text"] and buttons(message), timeout=WAIT_SECONDS
    )
    assert answer["text"].startswith("ResNet-34 + LSTM\n1. ")
    other = data_of(answer, "Also ask")
    await asyncio.gather(
        alice.press(answer["message_id"], other),
        alice.press(answer["message_id"], other, stale=True),
    )
    both = await album_answered(alice, 2)
    assert both["message_id"] == answer["message_id"]
    assert len(lines(both, "ResNet-34:")) == 2


async def test_a_broken_photo_has_its_reason_in_its_line(start_bot: Any, alice: Any) -> None:
    await start_bot()
    await alice.send_album([photo(1), b"no image", photo(3)], kind="document")
    answer = await album_answered(alice, 2)
    parts = answer["text"].split("\n\n")
    assert parts[1] == f"2. ⚠️ {failure_text('bad_image')}"
    assert buttons(answer)[0] == ["• 1 •", "3"]


async def test_a_known_photo_is_answered_in_one_call(
    start_bot: Any, alice: Any, bob: Any, api_server: Any
) -> None:
    await start_bot()
    first = await captioned(alice, photo(1))
    before = len(await api_server.calls())
    again = await captioned(bob, photo(1))
    assert again["text"] == first["text"]
    calls = (await api_server.calls())[before:]
    assert [call["method"] for call in calls if call["method"] != "setMyCommands"] == [
        "sendMessage"
    ]
