"""/models and its buttons: two presses change what answers, and an old one changes nothing."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from aiogram.methods import AnswerCallbackQuery, EditMessageText
from conversing import of_type, texts
from version_files import MOBILENET, checkpoint_file, quick_load

from bot.queue.standings import Standing
from bot.texts.conversation import outdated_button_text
from bot.texts.versions import only_private_text, outdated_text

ALICE, ADMIN = 1001, 1003
PROMOTE, BACK = "Promote MobileNet 0.7.0", "Go back to MobileNet 1"


@pytest.fixture
async def added(conversation: Any, tmp_path: Path) -> Path:
    source = checkpoint_file(tmp_path / "file.safetensors")
    _model, version = await conversation.versions.add(source, load=quick_load)
    path: Path = version.path
    return path


async def standing(conversation: Any) -> Standing:
    found: Standing = (await conversation.versions.standings())[1]
    assert found.model == MOBILENET
    return found


def data_of(message: Any, text: str) -> str:
    buttons = [it for row in message.reply_markup.inline_keyboard for it in row]
    return str(next(it.callback_data for it in buttons if it.text == text))


def edited(calls: list[Any]) -> Any:
    return of_type(calls, EditMessageText)[-1]


def told(calls: list[Any]) -> str | None:
    (answer,) = of_type(calls, AnswerCallbackQuery)
    text: str | None = answer.text
    return text


@pytest.mark.usefixtures("added")
async def test_two_presses_promote_and_two_go_back(conversation: Any) -> None:
    (list_,) = await conversation.say(ADMIN, text="/models")
    assert texts(list_.reply_markup) == [[PROMOTE], ["🔄 Refresh"]]
    assert "✅ 1 of the package, answers" in list_.text.splitlines()

    question = edited(await conversation.press(data_of(list_, PROMOTE), ADMIN))
    assert question.text == "Shall MobileNet + attention 0.7.0 answer everybody, instead of 1?"
    assert (await standing(conversation)).current.name == "1", "it was only asked"
    calls = await conversation.press(data_of(question, "Yes, let it answer"), ADMIN)
    assert told(calls) == "MobileNet + attention 0.7.0 takes over in a moment."
    list_ = edited(calls)
    assert "✅ 0.7.0, answers" in list_.text.splitlines()
    assert texts(list_.reply_markup) == [["Promote MobileNet 1"], [BACK], ["🔄 Refresh"]]

    question = edited(await conversation.press(data_of(list_, BACK), ADMIN))
    calls = await conversation.press(data_of(question, "Yes, let it answer"), ADMIN)
    assert told(calls) == "MobileNet + attention 1 takes over in a moment."
    assert (await standing(conversation)).current.name == "1"


@pytest.mark.usefixtures("added")
async def test_no_leaves_it(conversation: Any) -> None:
    (list_,) = await conversation.say(ADMIN, text="/models")
    question = edited(await conversation.press(data_of(list_, PROMOTE), ADMIN))
    again = edited(await conversation.press(data_of(question, "No, leave it"), ADMIN))
    assert again.text == list_.text
    assert (await standing(conversation)).current.name == "1"


@pytest.mark.usefixtures("added")
async def test_buttons_that_are_older_than_what_was_decided(conversation: Any) -> None:
    (list_,) = await conversation.say(ADMIN, text="/models")
    promote = data_of(list_, PROMOTE)
    question = edited(await conversation.press(promote, ADMIN))
    yes = data_of(question, "Yes, let it answer")
    await conversation.versions.promote(MOBILENET, "0.7.0")
    for data in (promote, yes):
        calls = await conversation.press(data, ADMIN)
        assert told(calls) == outdated_text()
        assert "✅ 0.7.0, answers" in edited(calls).text
    # The second press of a double click takes nothing back that the first did not.
    back = data_of(edited(calls), BACK)
    sure = data_of(edited(await conversation.press(back, ADMIN)), "Yes, let it answer")
    await conversation.press(sure, ADMIN)
    assert told(await conversation.press(sure, ADMIN)) == outdated_text()
    assert (await standing(conversation)).current.name == "1"


@pytest.mark.parametrize(
    "data", ["mp:none:1:0:1", f"mp:{MOBILENET}:77:0:0", f"mb:{MOBILENET}:0:1", "mb:x:0:0"]
)
async def test_invented_buttons_change_nothing(conversation: Any, data: str) -> None:
    assert told(await conversation.press(data, ADMIN)) == outdated_text()
    assert (await standing(conversation)).last_promotion == 0


async def test_a_file_that_vanished_is_named(conversation: Any, added: Path) -> None:
    (list_,) = await conversation.say(ADMIN, text="/models")
    question = edited(await conversation.press(data_of(list_, PROMOTE), ADMIN))
    await asyncio.to_thread(added.unlink)
    calls = await conversation.press(data_of(question, "Yes, let it answer"), ADMIN)
    assert told(calls) == "The file of 0.7.0 is missing, so it cannot answer."
    assert (await standing(conversation)).current.name == "1"


@pytest.mark.usefixtures("added")
async def test_nobody_else_sees_or_presses_it(conversation: Any) -> None:
    (list_,) = await conversation.say(ADMIN, text="/models")
    version_id = (await standing(conversation)).versions[1].id
    for data in (data_of(list_, PROMOTE), f"mp:{MOBILENET}:{version_id}:0:1", "ml"):
        (answer,) = await conversation.press(data, ALICE)
        assert answer.text == outdated_button_text()
    assert (await standing(conversation)).current.name == "1"
    (answer,) = await conversation.say(ADMIN, chat_type="supergroup", text="/models")
    assert answer.text == only_private_text()
