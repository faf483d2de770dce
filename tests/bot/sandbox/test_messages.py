import json

import aiohttp
import pytest

from bot.sandbox import ALICE, BOB

NOT_MODIFIED = (
    "Bad Request: message is not modified: specified new message content and reply markup are"
    " exactly the same as a current content and reply markup of the message"
)
BUTTON = {"text": "👍", "callback_data": "up"}


def keyboard(*buttons):
    return {"inline_keyboard": [list(buttons)]}


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"text": "x", "chat_id": None}, "chat_id is empty"),
        ({"text": "x", "chat_id": BOB.id}, "chat not found"),
        ({"text": "x", "chat_id": 77}, "chat not found"),
        ({"text": "x", "chat_id": 10**30}, "chat not found"),
        ({"text": " \n "}, "message text is empty"),
        ({}, "message text is empty"),
        ({"text": "x" * 4097}, "message is too long"),
        ({"text": "😀" * 2049}, "message is too long"),
        ({"text": "x", "parse_mode": "Wiki"}, "unsupported parse_mode"),
        (
            {"text": "<b>x", "parse_mode": "HTML"},
            "can't parse entities: Can't find end tag corresponding to start tag \"b\"",
        ),
        ({"text": "x", "reply_parameters": {"message_id": 999}}, "message to be replied not found"),
        (
            {"text": "x", "reply_markup": keyboard({"text": "a", "callback_data": "я" * 33})},
            "BUTTON_DATA_INVALID",
        ),
        (
            {"text": "x", "reply_markup": keyboard({"text": "a", "callback_data": ""})},
            "BUTTON_DATA_INVALID",
        ),
        (
            {"text": "x", "reply_markup": keyboard({"text": "a"})},
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
        ({"text": "x", "reply_markup": keyboard(*[BUTTON] * 101)}, "reply markup is too long"),
        ({"text": "x", "reply_markup": "{"}, "can't parse reply keyboard markup JSON object"),
        ({"text": "x", "reply_markup": [1]}, "object expected as reply markup"),
    ],
)
async def test_what_send_message_refuses(chat, parameters, reason):
    refused = await chat.call("sendMessage", **{"chat_id": ALICE.id, **parameters})
    assert refused == {"ok": False, "error_code": 400, "description": f"Bad Request: {reason}"}


async def test_the_longest_text_and_callback_data_are_taken(chat):
    markup = keyboard({"text": "a", "callback_data": "x" * 64})
    text = f"<b>{'x' * 4096}</b>"  # the limit counts what is left after parsing
    sent = await chat.result(
        "sendMessage", chat_id=ALICE.id, text=text, parse_mode="HTML", reply_markup=markup
    )
    assert len(sent["text"]) == 4096
    assert sent["reply_markup"] == markup


async def test_forms_and_queries_are_read_like_json(chat):
    fields = {
        "chat_id": str(ALICE.id),
        "text": "<i>x</i>",
        "parse_mode": "HTML",
        "reply_markup": json.dumps(keyboard(BUTTON)),
    }
    multipart = aiohttp.FormData(fields, default_to_multipart=True)
    for sending in ({"data": fields}, {"data": multipart}, {"params": fields}):
        async with chat.http.post(chat.address("sendMessage"), **sending) as response:
            sent = (await response.json())["result"]
        assert sent["entities"] == [{"type": "italic", "offset": 0, "length": 1}]
        assert sent["reply_markup"] == keyboard(BUTTON)


async def test_absent_fields_are_absent_and_dates_are_numbers(chat):
    sent = await chat.result("sendMessage", chat_id=ALICE.id, text="x")
    assert set(sent) == {"message_id", "date", "chat", "from", "text"}
    assert isinstance(sent["date"], int)
    assert sent["from"]["is_bot"] is True


async def test_a_reply_quotes_the_message(chat):
    original = await chat.person("text", text="look")
    reply = {"message_id": original["message_id"]}
    sent = await chat.result("sendMessage", chat_id=ALICE.id, text="x", reply_parameters=reply)
    assert sent["reply_to_message"]["text"] == "look"
    again = {"message_id": sent["message_id"]}
    second = await chat.result("sendMessage", chat_id=ALICE.id, text="y", reply_parameters=again)
    assert "reply_to_message" not in second["reply_to_message"]


async def test_a_reply_to_a_missing_message_may_be_sent_without_it(chat):
    reply = {"message_id": 999, "allow_sending_without_reply": True}
    sent = await chat.result("sendMessage", chat_id=ALICE.id, text="x", reply_parameters=reply)
    assert "reply_to_message" not in sent


async def test_an_edit_changes_text_and_keyboard(chat):
    sent = await chat.result(
        "sendMessage", chat_id=ALICE.id, text="one", reply_markup=keyboard(BUTTON)
    )
    at = {"chat_id": ALICE.id, "message_id": sent["message_id"]}
    edited = await chat.result("editMessageText", **at, text="two")
    assert edited["text"] == "two"
    assert edited["edit_date"] >= sent["date"]
    assert "reply_markup" not in edited  # an edit without a keyboard takes it away
    marked = await chat.result("editMessageReplyMarkup", **at, reply_markup=keyboard(BUTTON))
    assert marked["reply_markup"] == keyboard(BUTTON)


async def test_an_edit_that_changes_nothing_is_refused(chat):
    same = {"text": "<b>x</b>", "parse_mode": "HTML", "reply_markup": keyboard(BUTTON)}
    sent = await chat.result("sendMessage", chat_id=ALICE.id, **same)
    at = {"chat_id": ALICE.id, "message_id": sent["message_id"]}
    assert await chat.refusal("editMessageText", **at, **same) == NOT_MODIFIED
    again = {"reply_markup": keyboard(BUTTON)}
    assert await chat.refusal("editMessageReplyMarkup", **at, **again) == NOT_MODIFIED
    # The same words in another formatting, or another keyboard, are a change.
    assert (await chat.call("editMessageText", **at, text="x", **again))["ok"]
    assert (await chat.call("editMessageText", **at, text="x"))["ok"]
    assert await chat.refusal("editMessageText", **at, text="x") == NOT_MODIFIED


async def test_what_edits_and_deletions_refuse(chat, jpeg):
    theirs = await chat.person("text", text="mine")
    photo = await chat.upload(jpeg())
    by_id = photo["photo"][0]["file_id"]
    picture = await chat.result("sendPhoto", chat_id=ALICE.id, photo=by_id)
    sent = await chat.result("sendMessage", chat_id=ALICE.id, text="x")

    async def refusal(method, message, **more):
        at = {"chat_id": ALICE.id, "message_id": message["message_id"]}
        return (await chat.refusal(method, **at, **more)).removeprefix("Bad Request: ")

    assert await refusal("editMessageText", theirs, text="x") == "message can't be edited"
    assert (
        await refusal("editMessageText", picture, text="x")
        == "there is no text in the message to edit"
    )
    assert await refusal("editMessageText", sent, text="x" * 4097) == "MESSAGE_TOO_LONG"
    reply_keyboard = {"keyboard": [[{"text": "a"}]]}
    assert (
        await refusal("editMessageText", sent, text="y", reply_markup=reply_keyboard)
        == "inline keyboard expected"
    )
    gone = {"message_id": 999}
    assert await refusal("editMessageText", gone, text="x") == "message to edit not found"
    assert await refusal("editMessageReplyMarkup", gone) == "message to edit not found"
    assert await refusal("deleteMessage", gone) == "message to delete not found"
    assert (
        await chat.refusal("deleteMessage", chat_id=ALICE.id)
        == "Bad Request: message identifier is not specified"
    )
    assert await chat.result("deleteMessage", chat_id=ALICE.id, message_id=sent["message_id"])
    assert await refusal("editMessageText", sent, text="y") == "message to edit not found"


async def test_a_person_who_blocked_the_bot_gets_nothing(chat):
    sent = await chat.result("sendMessage", chat_id=ALICE.id, text="x")
    await chat.person("block", blocked=True)
    for method, more in (
        ("sendMessage", {"text": "y"}),
        ("editMessageText", {"text": "y", "message_id": sent["message_id"]}),
        ("sendChatAction", {"action": "typing"}),
    ):
        refused = await chat.call(method, chat_id=ALICE.id, **more)
        assert (refused["error_code"], refused["description"]) == (
            403,
            "Forbidden: bot was blocked by the user",
        )
    assert "blocked this bot" in (await chat.person("text", text="x"))["error"]
    await chat.person("block", blocked=False)
    assert (await chat.call("sendMessage", chat_id=ALICE.id, text="y"))["ok"]


async def test_unknown_chat_actions_are_refused(chat):
    assert await chat.result("sendChatAction", chat_id=ALICE.id, action="typing") is True
    assert (
        await chat.refusal("sendChatAction", chat_id=ALICE.id, action="dancing")
        == "Bad Request: wrong parameter action in request"
    )


@pytest.mark.parametrize(
    ("token", "method", "status", "words"),
    [
        ("4242:wrong", "getMe", 401, "Unauthorized"),
        ("nonsense", "getMe", 404, "Not Found"),
        ("4242:токен", "getMe", 404, "Not Found"),
        (None, "getNothing", 404, "Not Found: method not found"),
    ],
)
async def test_wrong_tokens_and_methods(api, token, method, status, words):
    address = api.address(method, token) if token else api.address(method)
    async with api.http.get(address) as response:
        assert response.status == status
        assert await response.json() == {"ok": False, "error_code": status, "description": words}


async def test_method_names_are_read_without_regard_to_case(api):
    assert (await api.result("GETME"))["username"].endswith("_bot")
