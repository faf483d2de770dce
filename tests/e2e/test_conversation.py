"""A person talks with the bot: everything that can be said and pressed in a private chat.

The bot runs in the test's event loop with small models, since what is tested is what it says and
not what it sees; test_browser.py has the trained ones.
"""

import asyncio
from pathlib import Path
from typing import Any

from talk import answer_to, buttons, captioned, data, data_of, eventually, says, shows

from bot.texts.conversation import forgotten_answer_text, plain_text_text, unknown_command_text
from bot.texts.failures import failure_text

RESNET, MOBILENET = "ResNet-34 + LSTM", "MobileNet + attention"
MORE = [["🔍 Where it looked", "💬 Other wordings"], ["✏️ Write a better one"]]


def kept(data_dir: Path) -> list[Path]:
    folder = data_dir / "photos"
    return sorted(folder.iterdir()) if folder.exists() else []


async def test_getting_to_know_each_other(
    start_bot: Any, alice: Any, admin: Any, photo_bytes: bytes
) -> None:
    await start_bot()

    start = await answer_to(alice, "/start")
    assert "What is stored" in start["text"]
    assert any(entity["type"] == "bold" for entity in start["entities"])
    assert "The captions are in English." in (await answer_to(alice, "/help"))["text"]
    assert (await answer_to(alice, "/nonsense"))["text"] == unknown_command_text()
    assert (await answer_to(alice, "/stats"))["text"] == unknown_command_text()
    assert (await answer_to(alice, "Hello there"))["text"] == plain_text_text()

    commands = [item["command"] for item in (await alice.chat())["commands"]]
    assert {"start", "help", "settings", "history", "privacy", "forget"} <= set(commands)
    assert "stats" not in commands

    # One model, then the other about the same photo, in the same message.
    question = await answer_to(alice, "/model")
    assert buttons(question) == [["✅ All models"], [RESNET], [MOBILENET]]
    pressed = await alice.press(question["message_id"], MOBILENET)
    assert pressed["answered"]
    assert MOBILENET in pressed["text"]
    await shows(alice, question["message_id"], [["All models"], [RESNET], [f"✅ {MOBILENET}"]])

    answer = await captioned(alice, photo_bytes)
    assert answer["text"] == f"{MOBILENET}\n<Caption> 1 & of mobilenet-attention."
    assert buttons(answer) == [["👍", "👎"], *MORE, [f"Also ask {RESNET}"]]
    also_ask = data_of(answer, "Also ask")
    first, second = await asyncio.gather(
        alice.press(answer["message_id"], also_ask),
        alice.press(answer["message_id"], also_ask, stale=True),
    )
    assert first["answered"]
    assert second["answered"]
    both = await alice.wait_for(
        lambda message: RESNET in message["text"] and buttons(message)[2:] == MORE
    )
    assert both["message_id"] == answer["message_id"]
    assert MOBILENET in both["text"]
    assert both["text"].endswith(answer["text"].splitlines()[1]), "the first caption stays"

    # The choice of one person is not that of another.
    assert buttons(await answer_to(admin, "/model"))[0] == ["✅ All models"]


async def test_rating_changing_and_taking_back(
    start_bot: Any, alice: Any, admin: Any, photo_bytes: bytes, tmp_path: Path
) -> None:
    bot = await start_bot()
    answer = await captioned(alice, photo_bytes)
    place = answer["message_id"]
    unrated = [["👍 ResNet-34", "👎 ResNet-34"], ["👍 MobileNet", "👎 MobileNet"], *MORE]
    assert buttons(answer) == unrated
    good, bad = data(answer, 0, 0), data(answer, 0, 1)

    assert (await alice.press(place, good))["text"] == "👍 Thank you!"
    await shows(alice, place, [["✅ 👍 ResNet-34", "👎 ResNet-34"], *unrated[1:]])
    await eventually(lambda: len(kept(tmp_path / "data")) == 1, "a rated photo is kept")

    await alice.press(place, bad)
    await shows(alice, place, [["👍 ResNet-34", "✅ 👎 ResNet-34"], *unrated[1:]])

    # The buttons of an old answer work after a restart.
    await bot.stop()
    await start_bot()
    assert (await alice.press(place, bad))["text"] == "Your rating is taken back."
    await shows(alice, place, unrated)
    await eventually(lambda: kept(tmp_path / "data") == [], "an unrated photo is not")

    # Three presses within a moment: on, off, on.
    presses = await asyncio.gather(*(alice.press(place, good, stale=True) for _ in range(3)))
    assert all(press["answered"] for press in presses)
    await shows(alice, place, [["✅ 👍 ResNet-34", "👎 ResNet-34"], *unrated[1:]])

    await admin.send_text("/stats")
    stats = await admin.wait_for(lambda message: "photo" in message, timeout=240.0)
    lines = stats["caption"].splitlines()
    assert "Photos: 1" in lines
    assert "Captions: 2" in lines
    assert f"{RESNET} 1: 👍 1 👎 0, 100% 👍 (21% to 100%)" in lines
    assert "stats" in [item["command"] for item in (await admin.chat())["commands"]]


async def test_forgetting(
    start_bot: Any, alice: Any, bob: Any, several_photos: list[bytes], tmp_path: Path
) -> None:
    await start_bot()
    first, common = several_photos[:2]
    answer = await captioned(alice, first)
    await captioned(alice, common)
    bobs = await captioned(bob, common)
    await alice.press(answer["message_id"], data(answer, 0, 0))
    await eventually(lambda: len(kept(tmp_path / "data")) == 1, "a rated photo is kept")

    question = await answer_to(alice, "/forget")
    await alice.press(question["message_id"], "No, keep it")
    await alice.wait_for(says("Nothing was deleted."))

    question = await answer_to(alice, "/forget")
    yes = data(question, 0, 0)
    presses = await asyncio.gather(
        alice.press(question["message_id"], yes),
        alice.press(question["message_id"], yes, stale=True),
    )
    assert all(press["answered"] for press in presses)
    await alice.wait_for(says("Deleted: 2 photos, 4 captions, 1 rating, and your"))
    assert kept(tmp_path / "data") == []

    pressed = await alice.press(answer["message_id"], data(answer, 0, 0))
    assert pressed["text"] == forgotten_answer_text()
    await alice.wait_for(lambda m: m["message_id"] == answer["message_id"] and not buttons(m))

    # Bob's answer is his own.
    assert (await bob.press(bobs["message_id"], data(bobs, 0, 1)))["text"].startswith("👎")


async def test_a_photo_that_failed_is_tried_again_when_somebody_asks(
    start_bot: Any, alice: Any, api_server: Any, photo_bytes: bytes
) -> None:
    await start_bot()
    await api_server.fault("getFile", times=1, status=400)
    sent = await alice.send_photo(photo_bytes)
    failed = await alice.wait_for(says(failure_text("download")))
    for _ in range(2):
        await alice.send_text("/caption", reply_to=sent["message_id"])
    answer = await alice.wait_for(lambda message: buttons(message) and message is not failed)
    assert answer["message_id"] > failed["message_id"]
    assert answer["reply_to_message"]["message_id"] == sent["message_id"]
