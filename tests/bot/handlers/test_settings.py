"""/settings: one message that shows and changes all choices."""

import asyncio
import re
from typing import Any

import pytest
from aiogram.methods import (
    AnswerCallbackQuery,
    DeleteMyCommands,
    EditMessageText,
    SendMessage,
    SetMyCommands,
)
from conversing import of_type, texts

from bot.i18n import translations
from bot.telegram.callbacks import SettingButton

ALICE, BOB, ADMIN = 1001, 1002, 1003
LISTED = [None, *translations().available_locales]


def setting(name: str, value: str, user_id: int = ALICE) -> str:
    return SettingButton(user_id=user_id, name=name, value=value).pack()


async def test_all_choices_are_shown_and_the_present_ones_marked(conversation: Any) -> None:
    (message,) = await conversation.say(text="/settings")
    assert "Models: <b>all models</b>" in message.text
    assert "Language: <b>as in your Telegram (English)</b>" in message.text
    models, languages, detail, attention = texts(message.reply_markup)
    assert models == ["✅ All models", "ResNet-34", "MobileNet"]
    assert languages[:2] == ["✅ 🌐 Automatic", "English"]
    assert detail == ["Short", "✅ Normal", "Detailed"]
    assert attention == ["👀 Always", "✅ 👀 On request"]


async def test_what_cannot_be_chosen_is_not_shown(conversation: Any, catalogue_of: Any) -> None:
    catalogue_of(1)
    (message,) = await conversation.say(text="/settings")
    assert [line.split(":")[0] for line in message.text.splitlines()[2:]] == [
        "Language",
        "Captions",
    ]
    languages, detail = texts(message.reply_markup)
    assert languages[:2] == ["✅ 🌐 Automatic", "English"]
    assert detail == ["Short", "✅ Normal", "Detailed"]


async def test_more_models_go_on_in_another_row(conversation: Any, catalogue_of: Any) -> None:
    catalogue_of(3)
    (message,) = await conversation.say(text="/settings")
    assert texts(message.reply_markup)[:2] == [
        ["✅ All models", "ResNet-34", "MobileNet"],
        ["Third"],
    ]
    calls = await conversation.press(setting("models", "third"))
    (edit,) = of_type(calls, EditMessageText)
    assert "Models: <b>Third &amp; best</b>" in edit.text


async def test_a_press_changes_one_setting_and_the_message(conversation: Any) -> None:
    for name, value in (
        ("models", "mobilenet-attention"),
        ("detail", "long"),
        ("attention", "on"),
        ("language", "en"),
    ):
        calls = await conversation.press(setting(name, value))
        assert of_type(calls, AnswerCallbackQuery)[0].text
    (edit,) = of_type(calls, EditMessageText)
    marked = [text for row in texts(edit.reply_markup) for text in row if text.startswith("✅")]
    assert marked == ["✅ MobileNet", "✅ English", "✅ Detailed", "✅ 👀 Always"]
    person = await conversation.users.load(ALICE, "ru")
    assert person.models == ("mobilenet-attention",)
    assert (person.detail, person.shows_attention, person.language) == ("long", True, "en")

    await conversation.press(setting("language", "auto"))
    assert (await conversation.users.load(ALICE, "ru")).language == "ru"


async def test_a_double_click_is_answered_twice_and_changes_nothing_more(conversation: Any) -> None:
    conversation.session.hold()
    for _ in range(2):
        await conversation.feed_press(setting("detail", "short"))
    await asyncio.sleep(0.05)
    conversation.session.released.set()
    await conversation.outbox.drain(30)
    assert len(of_type(conversation.session.calls, AnswerCallbackQuery)) == 2
    assert (await conversation.users.load(ALICE)).detail == "short"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("models", "gpt"),
        ("detail", "endless"),
        ("language", "tlh"),
        ("attention", "maybe"),
        ("x", "y"),
    ],
)
async def test_a_setting_that_does_not_exist_is_an_old_button(
    conversation: Any, name: str, value: str
) -> None:
    (answer,) = await conversation.press(setting(name, value))
    assert "no longer works" in answer.text


async def test_nobody_chooses_for_somebody_else(conversation: Any) -> None:
    (answer,) = await conversation.press(setting("detail", "long"), BOB)
    assert "/settings" in answer.text
    assert (await conversation.users.load(ALICE)).detail == "normal"
    assert (await conversation.users.load(BOB)).detail == "normal"


async def test_the_longest_button_fits() -> None:
    assert len(setting("models", "mobilenet-attention", 2**63 - 1).encode()) <= 64


async def test_history_is_for_private_chats(conversation: Any, filler: Any) -> None:
    await filler.photo_sent(ALICE)
    (answer,) = await conversation.say(chat_type="supergroup", text="/history")
    assert isinstance(answer, SendMessage)
    assert "private chat" in answer.text


@pytest.mark.parametrize("who", [ALICE, ADMIN])
async def test_the_menu_speaks_the_language_that_was_chosen(conversation: Any, who: int) -> None:
    def of_person(calls: list[Any], kind: type[Any]) -> list[Any]:
        return [call for call in of_type(calls, kind) if call.scope.chat_id == who]

    data = SettingButton(user_id=who, name="language", value="ru").pack()
    lists = of_person(await conversation.press(data, who), SetMyCommands)
    assert [call.language_code for call in lists] == LISTED
    for call in lists:
        descriptions = {command.command: command.description for command in call.commands}
        assert re.search("[а-я]", descriptions["help"]), "whatever language Telegram speaks"
        assert ("stats" in descriptions) == (who == ADMIN)

    data = SettingButton(user_id=who, name="language", value="auto").pack()
    calls = await conversation.press(data, who)
    if who == ADMIN:
        english = next(c for c in of_person(calls, SetMyCommands) if c.language_code is None)
        assert english.commands[0].description.isascii()
    else:
        deleted = of_person(calls, DeleteMyCommands)
        assert [call.language_code for call in deleted] == LISTED
        assert of_person(calls, SetMyCommands) == []
    assert of_type(await conversation.press(setting("detail", "long"), ALICE), SetMyCommands) == []
