"""The message of /models."""

from pathlib import Path
from typing import Any

import pytest
from aiogram.methods import EditMessageText, SendMessage
from conversing import of_type, texts
from version_files import MOBILENET, RESNET, checkpoint_file, quick_load

from bot.queue.versions import OutdatedError
from bot.telegram.callbacks import BackButton, PromoteButton
from bot.telegram.versions_panel import VersionsPanel

ADMIN = 1003


@pytest.fixture
def panel(conversation: Any) -> VersionsPanel:
    found: VersionsPanel = conversation.services["versions_panel"]
    return found


async def add(conversation: Any, folder: Path, version: str, model: str = MOBILENET) -> None:
    source = checkpoint_file(folder / "file.safetensors", version)
    await conversation.versions.add(source, model, quick_load)


async def test_a_new_bot_has_nothing_to_promote(conversation: Any, panel: VersionsPanel) -> None:
    await panel.send(conversation.bot, ADMIN)
    (message,) = of_type(conversation.session.calls, SendMessage)
    assert message.text.count("✅ 1 of the package, answers") == 2
    assert texts(message.reply_markup) == [["🔄 Refresh"]]


async def test_each_version_that_does_not_answer_has_a_button(
    conversation: Any, panel: VersionsPanel, tmp_path: Path
) -> None:
    await add(conversation, tmp_path, "0.7.0")
    await add(conversation, tmp_path, "0.8.0")
    await conversation.versions.promote(MOBILENET, "0.7.0")
    await panel.show(conversation.bot, ADMIN, 55)
    (message,) = of_type(conversation.session.calls, EditMessageText)
    assert texts(message.reply_markup) == [
        ["Promote MobileNet 1"],
        ["Promote MobileNet 0.8.0"],
        ["Go back to MobileNet 1"],
        ["🔄 Refresh"],
    ]


async def test_a_question_that_is_outdated_shows_the_versions(
    conversation: Any, panel: VersionsPanel
) -> None:
    button = BackButton(model=RESNET, promotion_id=7, confirmed=0)
    await panel.ask(conversation.bot, ADMIN, 55, button)
    (message,) = of_type(conversation.session.calls, EditMessageText)
    assert texts(message.reply_markup) == [["🔄 Refresh"]]


async def test_the_package_s_own_version_is_promoted_too(
    conversation: Any, panel: VersionsPanel, tmp_path: Path
) -> None:
    await add(conversation, tmp_path, "0.7.0")
    await conversation.versions.promote(MOBILENET, "0.7.0")
    button = PromoteButton(model=MOBILENET, version_id=0, promotion_id=1, confirmed=1)
    change = await panel.carry_out(button)
    assert (change.now.name, change.before.name) == ("1", "0.7.0")
    with pytest.raises(OutdatedError):
        await panel.carry_out(button)
