"""/history: whose it is, and how a page is shown."""

from typing import Any

from aiogram.exceptions import TelegramBadRequest
from aiogram.methods import (
    AnswerCallbackQuery,
    DeleteMessage,
    EditMessageMedia,
    SendDocument,
    SendMessage,
    SendPhoto,
)
from conversing import of_type

from bot.telegram.callbacks import HistoryButton

ALICE, BOB = 1001, 1002
REFUSED = TelegramBadRequest(SendMessage(chat_id=1, text=""), "Bad Request: wrong type of file")


def page(sent: Any, user_id: int = ALICE) -> str:
    return HistoryButton(user_id=user_id, job_id=sent.job_id).pack()


async def test_a_page_is_the_photo_with_its_captions(conversation: Any, filler: Any) -> None:
    (nothing,) = await conversation.say(text="/history")
    assert "no captions yet" in nothing.text
    await filler.photo_sent(ALICE)
    (picture,) = await conversation.say(text="/history")
    assert picture.photo == "file-1"
    assert "Caption 1 of resnet34-lstm." in picture.caption


async def test_what_is_no_photo_goes_as_a_document_or_as_words(
    conversation: Any, filler: Any
) -> None:
    await filler.photo_sent(ALICE)
    conversation.session.refusals = {SendPhoto: [REFUSED]}
    assert isinstance((await conversation.say(text="/history"))[-1], SendDocument)
    conversation.session.refusals = {SendPhoto: [REFUSED], SendDocument: [REFUSED]}
    words = (await conversation.say(text="/history"))[-1]
    assert "does not show this picture" in words.text
    assert "Caption 1 of resnet34-lstm." in words.text


async def test_turning_shows_another_page_in_the_same_message(
    conversation: Any, filler: Any
) -> None:
    old, _new = [await filler.photo_sent(ALICE) for _ in range(2)]
    (edit,) = of_type(await conversation.press(page(old), message_id=321), EditMessageMedia)
    assert (edit.message_id, edit.media.media) == (321, "file-1")


async def test_a_page_that_cannot_take_the_place_of_another_comes_anew(
    conversation: Any, filler: Any
) -> None:
    sent = await filler.photo_sent(ALICE)
    conversation.session.refusals = {EditMessageMedia: [REFUSED, REFUSED]}
    calls = await conversation.press(page(sent), message_id=321)
    assert [it.message_id for it in of_type(calls, DeleteMessage)] == [321]
    assert isinstance(calls[-1], SendPhoto)


async def test_a_page_that_is_there_already_stays(conversation: Any, filler: Any) -> None:
    sent = await filler.photo_sent(ALICE)
    same = TelegramBadRequest(SendMessage(chat_id=1, text=""), "message is not modified")
    conversation.session.refusals = {EditMessageMedia: [same]}
    calls = await conversation.press(page(sent))
    assert [type(call) for call in calls] == [AnswerCallbackQuery, EditMessageMedia]


async def test_it_is_nobody_elses_business(conversation: Any, filler: Any) -> None:
    sent = await filler.photo_sent(ALICE)
    (in_group,) = await conversation.say(text="/history", chat_type="supergroup")
    assert "private chat" in in_group.text
    (for_bob,) = await conversation.press(page(sent), BOB)
    assert "your own captions" in for_bob.text
    (invented,) = of_type(await conversation.press(page(sent, BOB), BOB), AnswerCallbackQuery)
    assert "no longer know" in invented.text
