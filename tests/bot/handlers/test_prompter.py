"""Asking for a caption; tests of corrections show what comes of the questions."""

from typing import Any

from aiogram.methods import DeleteMessage, EditMessageText, SendMessage
from aiogram.types import ForceReply
from conversing import of_type

from bot.feedback.own_captions import Request
from bot.handlers.presses import Place
from bot.handlers.prompter import Prompter, become, is_private

ALICE = 1001


def prompter(conversation: Any, chat_type: str, **user: Any) -> Prompter:
    message = conversation.message(ALICE, chat_type)
    person = message.from_user.model_copy(update=user)
    services = conversation.services
    return Prompter(
        conversation.bot, services["corrections"], conversation.outbox, message.chat, person
    )


async def test_only_in_a_group_a_person_is_mentioned_and_replies(
    conversation: Any, filler: Any
) -> None:
    sent = await filler.photo_sent(ALICE)
    request = Request(sent.job_id, None, 1, None, is_new=True, former_prompt=66)
    alone, member = (prompter(conversation, kind) for kind in ("private", "supergroup"))
    assert alone.mention is None
    assert "tg://user?id=1001" in (member.mention or "")
    assert prompter(conversation, "group", username="alice").mention == "@alice"
    for asker in (alone, member):
        asker.ask(request, "Well?", 1)
    await conversation.outbox.drain(30)
    in_private, in_group = of_type(conversation.session.calls, SendMessage)
    assert not isinstance(in_private.reply_markup, ForceReply)
    assert isinstance(in_group.reply_markup, ForceReply)
    deleted = [call.message_id for call in of_type(conversation.session.calls, DeleteMessage)]
    assert 66 in deleted, "the former question"


async def test_a_question_becomes_its_outcome(conversation: Any) -> None:
    become(conversation.bot, Place(ALICE, 5), "Done.", conversation.outbox)
    await conversation.outbox.drain(30)
    (edit,) = of_type(conversation.session.calls, EditMessageText)
    assert (edit.chat_id, edit.message_id, edit.text) == (ALICE, 5, "Done.")
    assert is_private(conversation.message(ALICE).chat)
    assert not is_private(conversation.message(ALICE, "supergroup").chat)
