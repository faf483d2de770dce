"""Writing a caption of one's own, as far as the sandbox cannot play it."""

from typing import Any

from aiogram.methods import AnswerCallbackQuery, DeleteMessage, EditMessageText, SendMessage
from aiogram.types import ForceReply, MessageEntity
from conversing import of_type
from sqlalchemy import select, update

from bot.storage import Database
from bot.storage.tables import Correction, Job
from bot.telegram.callbacks import CancelButton, PickButton, WithdrawButton, WriteButton
from bot.texts.conversation import plain_text_text

ALICE, BOB = 1001, 1002
GROUP = -100
TEXT = "A dog runs along a beach."


def write(sent: Any) -> str:
    return WriteButton(job_id=sent.job_id).pack()


def by_bot(conversation: Any, message_id: int, chat_type: str = "private", **content: Any) -> Any:
    message = conversation.message(ALICE, chat_type, message_id=message_id, **content)
    bot = message.from_user.model_copy(update={"id": conversation.bot.id, "is_bot": True})
    return message.model_copy(update={"from_user": bot})


async def stored(database: Database) -> list[tuple[int, str]]:
    async with database.read() as session:
        rows = await session.execute(select(Correction.user_id, Correction.text))
        return [(user_id, text) for user_id, text in rows]


async def test_pressing_writing_and_withdrawing(
    conversation: Any, filler: Any, database: Database
) -> None:
    sent = await filler.photo_sent(ALICE)
    question = of_type(await conversation.press(write(sent)), SendMessage)[0]
    assert "What would you say about this photo?" in question.text
    assert question.reply_parameters.message_id == 1, "it replies to the photo"

    calls = await conversation.say(text=TEXT)
    (confirmation,) = of_type(calls, SendMessage)
    assert f"“{TEXT}”" in confirmation.text
    assert [call.message_id for call in of_type(calls, DeleteMessage)] == [9000]
    assert await stored(database) == [(ALICE, TEXT)]

    button = confirmation.reply_markup.inline_keyboard[0][0].callback_data
    for words in ("is withdrawn", "withdrawn already"):
        calls = await conversation.press(button)
        assert words in of_type(calls, AnswerCallbackQuery)[0].text
        assert words in of_type(calls, EditMessageText)[0].text
    assert await stored(database) == []
    assert (await conversation.say(text=TEXT))[0].text == plain_text_text()


async def test_what_cannot_be_used_is_asked_for_again(
    conversation: Any, filler: Any, database: Database
) -> None:
    sent = await filler.photo_sent(ALICE)
    await conversation.press(write(sent))
    calls = await conversation.say(text="Dog")
    assert "too short" in of_type(calls, SendMessage)[0].text
    await conversation.outbox.drain(30)  # what the question has left to be done
    deleted = of_type(conversation.session.calls, DeleteMessage)
    assert [call.message_id for call in deleted] == [9000], "the first question"
    await conversation.say(text="Собака бежит по пляжу")
    assert await stored(database) == []
    await conversation.say(text=TEXT)
    assert await stored(database) == [(ALICE, TEXT)]


async def test_words_are_shown_as_they_were_written(conversation: Any, filler: Any) -> None:
    sent = await filler.photo_sent(ALICE)
    await conversation.press(write(sent))
    (confirmation, _delete) = await conversation.say(text="A <b> dog & a cat")
    assert "“A &lt;b&gt; dog &amp; a cat”" in confirmation.text


async def test_a_question_cancelled_by_its_button(conversation: Any, filler: Any) -> None:
    sent = await filler.photo_sent(ALICE)
    (question,) = of_type(await conversation.press(write(sent)), SendMessage)
    button = question.reply_markup.inline_keyboard[0][0].callback_data
    assert CancelButton.unpack(button).user_id == ALICE

    calls = await conversation.press(button, BOB)
    assert "somebody else" in of_type(calls, AnswerCallbackQuery)[0].text
    await conversation.press(button, message_id=9000)
    assert (await conversation.say(text=TEXT))[0].text == plain_text_text()


async def test_in_a_group_only_a_reply_counts_and_the_question_is_for_one(
    conversation: Any, filler: Any, database: Database
) -> None:
    sent = await filler.photo_sent(ALICE, placeholder_id=500)
    async with database.write() as session:
        await session.execute(update(Job).values(chat_id=GROUP))
    press = conversation.feed_press(write(sent), BOB, chat_id=GROUP, chat_type="supergroup")
    calls = await conversation.calls_of(press)
    (question,) = of_type(calls, SendMessage)
    assert question.chat_id == GROUP

    group = {"chat_type": "supergroup"}
    assert await conversation.say(BOB, **group, text="By the way, hello") == []
    answer = by_bot(conversation, 500, "supergroup", text="An answer")
    assert await conversation.say(BOB, **group, text="lol", reply_to_message=answer) == []
    asked = by_bot(conversation, 9000, "supergroup", text="A question")
    (again,) = of_type(
        await conversation.say(BOB, **group, text="lol", reply_to_message=asked), SendMessage
    )
    assert "tg://user?id=1002" in again.text
    assert isinstance(again.reply_markup, ForceReply)
    assert again.reply_markup.selective
    asked = by_bot(conversation, 9001, "supergroup", text="A question")
    await conversation.say(BOB, **group, text=TEXT, reply_to_message=asked)
    assert await stored(database) == [(BOB, TEXT)]


async def test_a_reply_that_is_mended_replaces_the_caption(
    conversation: Any, filler: Any, database: Database
) -> None:
    await filler.photo_sent(ALICE, placeholder_id=500)
    answer = by_bot(conversation, 500, text="An answer")
    await conversation.say(text="A dgo runs.", reply_to_message=answer)
    mended = conversation.message(
        ALICE, text="A dog runs.", reply_to_message=answer, edit_date=1_800_000_000
    )
    await conversation.calls_of(conversation.feed(edited_message=mended))
    assert await stored(database) == [(ALICE, "A dog runs.")]


async def test_which_photo_of_an_album_it_is_about(
    conversation: Any, filler: Any, database: Database
) -> None:
    photos = [await filler.photo_sent(ALICE, placeholder_id=500 + n) for n in range(3)]
    jobs = [photo.job_id for photo in photos]
    async with database.write() as session:
        await session.execute(update(Job).values(media_group_id="album"))
        followers = update(Job).where(Job.id.in_(jobs[1:]))
        await session.execute(followers.values(lead_id=jobs[0], placeholder_id=None))
    answer = by_bot(conversation, 500, text="Three captions")

    (confirmation,) = await conversation.say(text=f"2: {TEXT}", reply_to_message=answer)
    assert "photo 2" in confirmation.text
    (refusal,) = await conversation.say(text="Dog", reply_to_message=answer)
    assert "too short" in refusal.text

    for text in (TEXT, f"4: {TEXT}"):
        (question,) = await conversation.say(text=text, reply_to_message=answer)
        numbers = [button.text for button in question.reply_markup.inline_keyboard[0]]
        assert numbers == ["1", "2", "3"]
    button = question.reply_markup.inline_keyboard[0][2].callback_data
    assert PickButton.unpack(button).job_id == jobs[2]
    # The press comes with the question, and that with the text it replies to.
    said = conversation.message(ALICE, text=f"4: {TEXT}")
    for user_id, expected in ((BOB, "somebody else"), (ALICE, None), (ALICE, None)):
        before = len(conversation.session.calls)
        await conversation.feed_press(button, user_id, chat_id=ALICE, reply_to_message=said)
        await conversation.outbox.drain(30)
        answered = of_type(conversation.session.calls[before:], AnswerCallbackQuery)[0].text
        assert (answered is None) if expected is None else (expected in answered)
    async with database.read() as session:
        corrected = await session.scalars(select(Correction.photo_id).order_by(Correction.id))
    assert list(corrected) == [photos[1].photo_id, photos[2].photo_id]


async def test_somebody_else_s_caption_is_not_withdrawn(
    conversation: Any, filler: Any, database: Database
) -> None:
    sent = await filler.photo_sent(ALICE)
    corrections = conversation.services["corrections"]
    written = await corrections.write(ALICE, ALICE, sent.job_id, TEXT)
    button = WithdrawButton(correction_id=written.correction.correction_id).pack()
    (answer,) = await conversation.press(button, BOB)
    assert "Only the person who wrote" in answer.text
    assert await stored(database) == [(ALICE, TEXT)]


async def test_the_buttons_of_a_forgotten_answer_say_so(conversation: Any, filler: Any) -> None:
    sent = await filler.photo_sent(ALICE)
    await conversation.services["privacy"].forget(ALICE)
    calls = await conversation.press(write(sent))
    assert "no longer know this answer" in of_type(calls, AnswerCallbackQuery)[0].text
    calls = await conversation.press(WithdrawButton(correction_id=1).pack())
    assert "withdrawn already" in of_type(calls, AnswerCallbackQuery)[0].text


async def test_a_reply_replaces_a_caption_only_after_a_question_and_can_be_undone(
    conversation: Any, filler: Any, database: Database
) -> None:
    """What was seen: "thank you very much!" took the place of a caption."""
    await filler.photo_sent(ALICE, placeholder_id=500)
    answer = by_bot(conversation, 500, text="An answer")
    await conversation.say(text=TEXT, reply_to_message=answer)
    (reply,) = await conversation.say(text="thank you very much!", reply_to_message=answer)
    assert "not stored" in reply.text
    new = "A cat sleeps on a sofa."
    (question,) = await conversation.say(text=new, reply_to_message=answer)
    assert TEXT in question.text
    assert new in question.text
    assert await stored(database) == [(ALICE, TEXT)]

    replace, keep = question.reply_markup.inline_keyboard[0]
    calls = await conversation.press(keep.callback_data)
    assert "stays as it is" in of_type(calls, EditMessageText)[0].text
    assert await stored(database) == [(ALICE, TEXT)]

    said = conversation.message(ALICE, text=new)
    press = conversation.feed_press(replace.callback_data, ALICE, reply_to_message=said)
    (written,) = of_type(await conversation.calls_of(press), EditMessageText)
    assert await stored(database) == [(ALICE, new)]
    undo = written.reply_markup.inline_keyboard[0][0].callback_data
    quotation = MessageEntity(type="blockquote", offset=3, length=len(TEXT))
    shown = {"text": f"…: {TEXT}", "entities": [quotation]}
    for expected in ("is stored", None):
        press = conversation.feed_press(undo, ALICE, **shown)
        edits = of_type(await conversation.calls_of(press), EditMessageText)
        assert [expected in edit.text for edit in edits if expected] == [True] * bool(expected)
    assert await stored(database) == [(ALICE, TEXT)]


async def test_after_another_photo_it_is_asked_which_one_is_meant(
    conversation: Any, filler: Any, database: Database
) -> None:
    """What was seen: "I only understand photos"."""
    first = await filler.photo_sent(ALICE)
    await conversation.press(write(first))
    second = await filler.photo_sent(ALICE)
    (question,) = of_type(await conversation.say(text=TEXT), SendMessage)
    assert "Which one" in question.text
    before, last = question.reply_markup.inline_keyboard[0]
    jobs = [PickButton.unpack(button.callback_data).job_id for button in (before, last)]
    assert jobs == [first.job_id, second.job_id]
    said = conversation.message(ALICE, text=TEXT)
    press = conversation.feed_press(last.callback_data, ALICE, reply_to_message=said)
    await conversation.calls_of(press)
    async with database.read() as session:
        assert await session.scalar(select(Correction.photo_id)) == second.photo_id


async def test_cancelling_says_that_the_caption_stays(conversation: Any, filler: Any) -> None:
    sent = await filler.photo_sent(ALICE)
    await conversation.services["corrections"].write(ALICE, ALICE, sent.job_id, TEXT)
    (question,) = of_type(await conversation.press(write(sent)), SendMessage)
    cancel = question.reply_markup.inline_keyboard[0][-1].callback_data
    calls = await conversation.press(cancel, message_id=9000)
    assert f"stays: “{TEXT}”" in of_type(calls, EditMessageText)[0].text


async def test_a_number_in_front_is_never_stored(
    conversation: Any, filler: Any, database: Database
) -> None:
    await filler.photo_sent(ALICE, placeholder_id=500)
    answer = by_bot(conversation, 500, text="An answer")
    await conversation.say(text="2 A show dog", reply_to_message=answer)
    assert await stored(database) == [(ALICE, "A show dog")]
