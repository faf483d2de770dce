"""What administrators may do, and nobody else, commands and buttons alike."""

import asyncio
import zipfile
from pathlib import Path
from typing import Any

import pytest
from aiogram.methods import AnswerCallbackQuery, EditMessageMedia, SendDocument, SendMessage

from bot.feedback.export import Exports
from bot.handlers import admin
from bot.storage import Database
from bot.storage.tables import Rating
from bot.telegram.stats_panel import StatsPanel
from bot.texts.conversation import (
    for_administrators_text,
    outdated_button_text,
    unknown_command_text,
)

ALICE, ADMIN = 1001, 1003
SHA = "ab" * 32


def pressed(calls: list[Any]) -> list[str]:
    """Which period each edited message shows."""
    return [
        next(
            button.text
            for button in call.reply_markup.inline_keyboard[0]
            if button.text.startswith("✅")
        )
        for call in calls
        if isinstance(call, EditMessageMedia)
    ]


@pytest.mark.parametrize("command", ["/stats", "/health", "/export", "/ban 5", "/unban 5"])
async def test_commands_are_unknown_to_everyone_else(conversation: Any, command: str) -> None:
    (answer,) = await conversation.say(ALICE, text=command)
    assert answer.text == unknown_command_text()


async def test_buttons_of_administrators_do_nothing_for_others(conversation: Any) -> None:
    (answer,) = await conversation.press("st:7d", ALICE)
    assert (answer.text, answer.show_alert) == (for_administrators_text(), True)


async def test_the_statistics_of_a_week_first(conversation: Any) -> None:
    _activity, sent = await conversation.say(ADMIN, text="/stats")
    assert sent.photo.data == b"PNG"
    assert "Photos: 0" in sent.caption
    (row,) = sent.reply_markup.inline_keyboard
    assert [button.text for button in row] == ["24 h", "✅ 7 days", "30 days", "All"]
    assert [button.callback_data for button in row] == ["st:24h", "st:7d", "st:30d", "st:all"]


async def test_a_period_is_shown_in_the_same_message(conversation: Any) -> None:
    calls = await conversation.press("st:30d", ADMIN, message_id=77)
    assert {type(call) for call in calls} == {AnswerCallbackQuery, EditMessageMedia}
    assert pressed(calls) == ["✅ 30 days"]
    assert [call.message_id for call in calls if isinstance(call, EditMessageMedia)] == [77]


@pytest.mark.parametrize("data", ["st:1y", "st:", "st:7d:1"])
async def test_an_unknown_period_is_an_old_button(conversation: Any, data: str) -> None:
    (answer,) = await conversation.press(data, ADMIN)
    assert answer.text == outdated_button_text()


async def test_of_quick_presses_every_one_is_answered_and_the_last_is_shown(
    conversation: Any,
) -> None:
    conversation.session.hold()
    for data in ("st:24h", "st:30d", "st:30d", "st:all"):
        await conversation.feed_press(data, ADMIN)
    await asyncio.sleep(0)
    conversation.session.released.set()
    await conversation.outbox.drain(30)
    calls = conversation.session.calls
    assert sum(isinstance(call, AnswerCallbackQuery) for call in calls) == 4
    assert pressed(calls)[-1] == "✅ All"
    assert len(pressed(calls)) <= 2


async def test_a_chart_that_cannot_be_drawn_is_apologised_for(
    conversation: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[int, str]] = []

    async def apologise(chat_id: int, reference: str) -> None:
        told.append((chat_id, reference))

    def broken(report: Any) -> bytes:
        raise RuntimeError("no font")

    panel: StatsPanel = conversation.services["stats_panel"]
    monkeypatch.setattr(panel, "_draw", broken)
    monkeypatch.setattr(conversation.outbox, "_apologise", apologise)
    await conversation.say(ADMIN, text="/stats")
    ((chat_id, reference),) = told
    assert chat_id == ADMIN
    assert f"reference {reference}" in caplog.text
    assert "no font" in caplog.text


async def test_health(conversation: Any) -> None:
    (answer,) = await conversation.say(ADMIN, text="/health")
    assert "Waiting: 0" in answer.text


async def rated_photo(filler: Any, database: Database) -> None:
    sent = await filler.photo_sent(ALICE, kept_name=f"{SHA}.jpg")
    async with database.write() as session:
        session.add(Rating(user_id=ALICE, caption_id=sent.caption_ids[0], value=1))


@pytest.fixture
def sent_files(conversation: Any, monkeypatch: pytest.MonkeyPatch) -> list[set[str]]:
    """What is in each zip file that is sent, read while it is there."""
    files: list[set[str]] = []
    make_request = conversation.session.make_request

    async def note(bot: Any, method: Any, timeout: Any = None) -> Any:  # noqa: ASYNC109
        if isinstance(method, SendDocument):
            with zipfile.ZipFile(Path(method.document.path)) as archive:
                files.append(set(archive.namelist()))
        return await make_request(bot, method, timeout)

    monkeypatch.setattr(conversation.session, "make_request", note)
    return files


async def test_the_export_is_sent_and_not_left_on_disk(
    conversation: Any, filler: Any, database: Database, sent_files: list[set[str]], tmp_path: Path
) -> None:
    await rated_photo(filler, database)
    _activity, sent = await conversation.say(ADMIN, text="/export")
    assert sent_files == [{"feedback.jsonl", "manifest.json", f"photos/{SHA}.jpg"}]
    assert sent.caption.startswith("2 captions, 0 corrections, 1 photo.")
    assert list((tmp_path / "exports").iterdir()) == []


async def test_too_many_photos_are_left_out(
    conversation: Any,
    filler: Any,
    database: Database,
    sent_files: list[set[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(admin, "MAX_PHOTO_BYTES", 3)
    await rated_photo(filler, database)
    _activity, sent = await conversation.say(ADMIN, text="/export")
    assert sent_files == [{"feedback.jsonl", "manifest.json"}]
    assert "captionbot export" in sent.caption


async def test_what_is_too_large_even_so_is_not_sent(
    conversation: Any, sent_files: list[set[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admin, "MAX_UPLOAD_BYTES", 3)
    _activity, sent = await conversation.say(ADMIN, text="/export")
    assert isinstance(sent, SendMessage)
    assert "larger than Telegram allows" in sent.text
    assert sent_files == []


async def test_no_export_goes_to_a_group(conversation: Any) -> None:
    (answer,) = await conversation.say(ADMIN, chat_type="supergroup", text="/export")
    assert "private chat" in answer.text


async def test_what_a_killed_process_left_is_swept(conversation: Any, tmp_path: Path) -> None:
    exports: Exports = conversation.services["exports"]
    left = tmp_path / "exports" / "half" / "photo.jpg"
    left.parent.mkdir(parents=True)
    left.touch()
    await asyncio.to_thread(exports.sweep)
    assert not left.exists()


async def test_stats_are_for_administrators_and_unknown_to_others(conversation: Any) -> None:
    _activity, for_admin = await conversation.say(ADMIN, text="/stats")
    (for_alice,) = await conversation.say(ALICE, text="/stats")
    (nonsense,) = await conversation.say(ALICE, text="/nonsense")
    assert "Photos: 0" in for_admin.caption
    assert "People: 1 (1 new)" in for_admin.caption
    assert for_alice == nonsense


@pytest.mark.parametrize("is_topic", [True, False])
async def test_stats_stay_in_the_topic_of_a_forum(conversation: Any, is_topic: bool) -> None:
    topic = {"message_thread_id": 77, "is_topic_message": is_topic}
    calls = await conversation.say(ADMIN, text="/stats", chat_type="supergroup", **topic)
    assert len(calls) == 2
    assert {call.message_thread_id for call in calls} == {77 if is_topic else None}
