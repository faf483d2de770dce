"""The person who runs the bot: statistics with a chart, health, export, digest."""

import asyncio
import io
import json
import os
import re
import sys
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from talk import answer_to, buttons, captioned, data, data_of, eventually, says

from bot.figures import digest
from bot.figures.periods import Period
from bot.sandbox import BOT_USERNAME, GROUP
from bot.texts.conversation import for_administrators_text, unknown_command_text

CORRECTION = "An astronaut smiles in front of a flag."

DRAWING_SECONDS = 240.0
"""The first chart takes long on a busy machine: matplotlib is loaded, and looks for its fonts."""

PERIODS = ["24 h", "7 days", "30 days", "All"]


def marked(period: str) -> list[list[str]]:
    return [["✅ " + name if name == period else name for name in PERIODS]]


async def file_of(api_server: Any, http: Any, message: dict[str, Any]) -> bytes:
    """The bytes of the picture or document in a message."""
    media = message["document"] if "document" in message else message["photo"][-1]
    found = await api_server.call("getFile", file_id=media["file_id"])
    path = found["result"]["file_path"]
    async with http.get(f"{api_server.url}/file/bot{api_server.token}/{path}") as response:
        assert response.status == 200
        return bytes(await response.read())


async def shows_period(person: Any, message_id: int, period: str) -> dict[str, Any]:
    message: dict[str, Any] = await person.wait_for(
        lambda it: it["message_id"] == message_id and buttons(it) == marked(period),
        timeout=DRAWING_SECONDS,
    )
    return message


def is_kept(data_dir: Path) -> bool:
    return any((data_dir / "photos").glob("*.jpg"))


@pytest.mark.timeout(1200)
async def test_statistics_with_a_chart_and_periods(
    start_bot: Any, api_server: Any, http: Any, alice: Any, admin: Any, photo_bytes: bytes
) -> None:
    bot = await start_bot()
    answer = await captioned(alice, photo_bytes)
    await alice.press(answer["message_id"], data(answer, 0, 0))

    await admin.send_text("/stats")
    stats = await admin.wait_for(lambda it: "photo" in it, timeout=DRAWING_SECONDS)
    place = stats["message_id"]
    assert buttons(stats) == marked("7 days")
    lines = stats["caption"].splitlines()
    assert {"Photos: 1", "Captions: 2", "In the queue now: 0"} <= set(lines)
    assert "ResNet-34 + LSTM 1: 👍 1 👎 0, 100% 👍 (21% to 100%)" in lines
    assert re.search(r"half within \d+\.\d s, 95 % within \d+\.\d s", stats["caption"])
    week = await file_of(api_server, http, stats)
    width, height = Image.open(io.BytesIO(week)).size
    assert 1000 <= width <= height

    pressed = await admin.press(place, "24 h")
    assert pressed["answered"]
    day = await shows_period(admin, place, "24 h")
    assert await file_of(api_server, http, day) != week

    # A double click, and another period before the first is drawn: the last one is shown.
    month = data_of(day, "30 days")
    everything = data_of(day, "All")
    presses = await asyncio.gather(
        admin.press(place, month, stale=True), admin.press(place, month, stale=True)
    )
    presses.append(await admin.press(place, everything, stale=True))
    assert all(press["answered"] for press in presses)
    await shows_period(admin, place, "All")

    # The buttons of an old message work after a restart.
    await bot.stop()
    await start_bot()
    assert (await admin.press(place, "7 days"))["answered"]
    await shows_period(admin, place, "7 days")
    # Nobody else can use them, whatever client they have.
    theirs = await alice.press(answer["message_id"], month, stale=True)
    assert theirs["text"] == for_administrators_text()


async def test_only_administrators_are_served(start_bot: Any, alice: Any, admin: Any) -> None:
    await start_bot()
    theirs = {"stats", "health", "models", "export", "ban", "unban"}
    for command in theirs:
        refusal = await answer_to(alice, f"/{command} {admin.id}")
        assert refusal["text"] == unknown_command_text()
    for period in Period:
        press = await alice.press(refusal["message_id"], f"st:{period}", stale=True)
        assert (press["text"], press["show_alert"]) == (for_administrators_text(), True)
    in_group = alice.in_chat(GROUP)
    said = await admin.in_chat(GROUP).send_text("Hello")
    for command in theirs:
        await in_group.send_text(f"/{command}@{BOT_USERNAME}", reply_to=said["message_id"])
    help_ = await answer_to(in_group, f"/help@{BOT_USERNAME}")
    assert await in_group.from_bot() == [help_], "in a group it is quiet about them"

    offered = {item["command"] for item in (await alice.chat())["commands"]}
    assert offered.isdisjoint(theirs)
    offered = {item["command"] for item in (await admin.chat())["commands"]}
    assert offered >= theirs


async def test_health_and_export(
    start_bot: Any,
    api_server: Any,
    http: Any,
    alice: Any,
    admin: Any,
    photo_bytes: bytes,
    tmp_path: Path,
) -> None:
    await start_bot()
    answer = await captioned(alice, photo_bytes)
    await alice.press(answer["message_id"], data(answer, 0, 1))
    await alice.send_text(CORRECTION, reply_to=answer["message_id"])
    await alice.wait_for(says(CORRECTION))
    await eventually(lambda: is_kept(tmp_path / "data"), "the rated photo is kept")

    verdict, *parts = (await answer_to(admin, "/health"))["text"].split("\n\n")
    assert verdict.startswith("✅ All is well.\nRunning for ")
    queue, storage, models = (part.splitlines()[1:] for part in parts)
    assert queue[:4] == ["Waiting: 0", "Being captioned: 0", "To be shown: 0", "Failed in 24 h: 0"]
    assert queue[4].startswith("Last answer: ")
    for line, begins in zip(
        storage, ("Database: sqlite, ", "Kept: 1 photo, ", "Free on the disk: "), strict=True
    ):
        assert line.startswith(begins)
    assert models == ["ResNet-34 + LSTM: 1", "MobileNet + attention: 1"]

    export = await answer_to(admin, "/export")
    assert export["caption"].startswith("2 captions, 1 correction, 1 photo.")
    content = await file_of(api_server, http, export)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        lines = [json.loads(line) for line in archive.read("feedback.jsonl").splitlines()]
        photo = archive.read(lines[0]["image"])
        everything = b"".join(archive.read(name) for name in archive.namelist())
    captions, (correction,) = lines[:2], lines[2:]
    assert [(line["up"], line["down"]) for line in captions] == [(0, 1), (0, 0)]
    assert correction["text"] == CORRECTION
    assert correction["image"] == lines[0]["image"]
    assert lines[0]["text"].startswith("<Caption> ")
    assert Image.open(io.BytesIO(photo)).format == "JPEG"
    assert f'"{alice.id}"'.encode() not in everything
    await eventually(
        lambda: not any((tmp_path / "data" / "exports").iterdir()), "no copy is left on disk"
    )

    # In a terminal, while the bot runs.
    file = tmp_path / "export.zip"
    command = (sys.executable, "-m", "bot", "export", str(file))
    environment = {**os.environ, "DATA_DIR": str(tmp_path / "data")}
    process = await asyncio.create_subprocess_exec(
        *command, cwd=tmp_path, env=environment, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    assert process.returncode == 0
    assert b"2 captions, 1 corrections and 1 photos" in said
    with zipfile.ZipFile(file) as archive:
        assert [json.loads(line) for line in archive.read("feedback.jsonl").splitlines()] == lines


@pytest.mark.timeout(600)
async def test_the_daily_digest(start_bot: Any, admin: Any, monkeypatch: Any) -> None:
    async def digests() -> list[Any]:
        return [it for it in await admin.from_bot() if buttons(it) == marked("24 h")]

    # A bot can write only to people who have written to it.
    await admin.send_text("/start")
    # The last one was due while the bot did not run.
    bot = await start_bot(daily_digest=9)
    sent = await admin.wait_for(lambda it: "photo" in it, timeout=DRAWING_SECONDS)
    assert buttons(sent) == marked("24 h")
    assert "Photos: 0" in sent["caption"]

    # A restart is no reason for another one, but the next day is.
    await bot.stop()
    bot = await start_bot(daily_digest=9)
    await admin.send_text("/stats")
    # It would have been drawn before this one.
    await admin.wait_for(lambda it: buttons(it) == marked("7 days"), timeout=DRAWING_SECONDS)
    await bot.stop()
    assert len(await digests()) == 1
    next_moment = digest.next_moment
    monkeypatch.setattr(
        digest, "next_moment", lambda now, hour: next_moment(now + timedelta(days=1), hour)
    )
    await start_bot(daily_digest=9)
    await admin.wait_for(
        lambda it: buttons(it) == marked("24 h") and it["message_id"] > sent["message_id"],
        timeout=DRAWING_SECONDS,
    )
    assert len(await digests()) == 2
