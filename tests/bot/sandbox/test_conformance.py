"""Every object that the sandbox returns, checked field by field against the Bot API's schema."""

import asyncio
import json
from functools import cache
from pathlib import Path

import pytest

from bot.sandbox import ALICE, BOB, CHANNEL, GROUP, SANDBOX_TOKEN
from bot.sandbox.methods import METHODS

SCHEMA = Path(__file__).parents[3] / ".." / "shared" / "telegram" / "api.min.json"
pytestmark = pytest.mark.skipif(
    not SCHEMA.exists(), reason=f"the Bot API's schema is not at {SCHEMA}"
)
NEWER = {"can_send_welcome_messages"}  # required by aiogram, which is newer than this schema
PLAIN = {"Integer": int, "String": str, "Boolean": bool, "Float": float, "True": bool}


@cache
def schema():
    return json.loads(SCHEMA.read_text())


def check(value, types, where):
    """Fail unless the value is of one of the types, in all its depth."""
    problems = [problem_with(value, kind, where) for kind in types]
    assert None in problems, problems[0] if len(problems) == 1 else problems


def problem_with(value, kind, where):
    """What keeps a value from being of a type; None when it is."""
    if kind.startswith("Array of "):
        if not isinstance(value, list):
            return f"{where} is not an array: {value!r}"
        found = [
            problem_with(entry, kind.removeprefix("Array of "), f"{where}[{place}]")
            for place, entry in enumerate(value)
        ]
        return next(filter(None, found), None)
    if kind in PLAIN:
        fits = type(value) is PLAIN[kind] and (kind != "True" or value is True)
        return None if fits else f"{where} is not {kind}: {value!r}"
    described = schema()["types"][kind]
    if "subtypes" in described:
        found = [problem_with(value, subtype, where) for subtype in described["subtypes"]]
        return None if None in found else f"{where} is no {kind}: {found}"
    if not isinstance(value, dict):
        return f"{where} is not an object: {value!r}"
    fields = {field["name"]: field for field in described.get("fields", [])}
    if unknown := value.keys() - fields.keys() - NEWER:
        return f"{where} ({kind}) has unknown fields {unknown}"
    for name, field in fields.items():
        if name not in value:
            if field["required"]:
                return f"{where} ({kind}) lacks {name}"
            continue
        found = [problem_with(value[name], one, f"{where}.{name}") for one in field["types"]]
        if None not in found:
            return found[0]
    return None


def test_every_method_exists_in_the_bot_api():
    assert set(METHODS) <= set(schema()["methods"])


def test_the_check_finds_what_is_wrong():
    user = {"id": 1, "is_bot": False, "first_name": "A"}
    assert problem_with(user, "User", "user") is None
    assert problem_with({**user, "shoe_size": 4}, "User", "user")
    assert problem_with({**user, "id": "1"}, "User", "user")
    assert problem_with({**user, "id": True}, "User", "user")
    assert problem_with({"id": 1, "is_bot": False}, "User", "user")
    message = {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}, "from": user}
    assert problem_with(message, "Message", "message") is None
    assert problem_with({**message, "photo": [{"file_id": "x"}]}, "Message", "message")


async def test_every_answer_conforms(chat, jpeg):
    called = set()

    async def call(method, **parameters):
        known = {field["name"] for field in schema()["methods"][method].get("fields", [])}
        required = {
            field["name"]
            for field in schema()["methods"][method].get("fields", [])
            if field["required"]
        }
        assert required <= parameters.keys() <= known
        result = await chat.result(method, **parameters)
        check(result, schema()["methods"][method]["returns"], method)
        called.add(method)
        return result

    keyboard = {
        "inline_keyboard": [
            [{"text": "👍", "callback_data": "up"}, {"text": "Site", "url": "https://e.org"}]
        ]
    }
    await call("getMe")
    photo = await chat.upload(jpeg())
    await chat.upload(b"x", "document", "x.txt", "text/plain")
    await chat.person("text", text="/help @someone", reply_to=photo["message_id"])
    html = "<b>a</b> <a href='https://e.org'>b</a> <pre><code>c</code></pre> /help"
    sent = await call(
        "sendMessage",
        chat_id=ALICE.id,
        text=html,
        parse_mode="HTML",
        reply_markup=keyboard,
        reply_parameters={"message_id": photo["message_id"]},
    )
    at = {"chat_id": ALICE.id, "message_id": sent["message_id"]}
    await call("editMessageText", **at, text="x", reply_markup=keyboard)
    await call("editMessageReplyMarkup", **at)
    await call("editMessageReplyMarkup", **at, reply_markup=keyboard)
    await call("sendPhoto", chat_id=ALICE.id, photo=photo["photo"][0]["file_id"], caption="#x")
    file = await chat.upload(jpeg(), "document")
    await call("sendDocument", chat_id=ALICE.id, document=file["document"]["file_id"])
    media = {"type": "photo", "media": photo["photo"][0]["file_id"], "caption": "<i>x</i>"}
    await call("sendMediaGroup", chat_id=ALICE.id, media=[media, media])
    await call("editMessageMedia", **at, media=media)
    await call("editMessageCaption", **at, caption="#y", reply_markup=keyboard)
    await chat.upload(jpeg(), "sticker")
    await chat.upload(b"x", "video")
    await chat.send_files(ALICE.id, ALICE, "album", [jpeg(), jpeg()])
    await chat.act(ALICE.id, ALICE, f"messages/{photo['message_id']}", text="edited")
    await chat.act(CHANNEL.id, ALICE, "text", text="A post")
    bot_id = int(SANDBOX_TOKEN.partition(":")[0])
    await chat.act(GROUP.id, ALICE, f"members/{bot_id}", status="administrator")
    await chat.act(GROUP.id, ALICE, f"members/{BOB.id}", status="left")
    for chat_id in (GROUP.id, CHANNEL.id):
        await call("getChat", chat_id=chat_id)
        await call("getChatAdministrators", chat_id=chat_id, return_bots=True)
        await call("getChatMemberCount", chat_id=chat_id)
        for user_id in (ALICE.id, BOB.id, bot_id):
            await call("getChatMember", chat_id=chat_id, user_id=user_id)
    supergroup = await chat.act(GROUP.id, ALICE, "migrate")
    sent_there = await call("sendMessage", chat_id=supergroup["id"], text="x")
    ids = [sent_there["message_id"]]
    await call("deleteMessages", chat_id=supergroup["id"], message_ids=ids)
    await call("leaveChat", chat_id=supergroup["id"])
    await call("sendChatAction", chat_id=ALICE.id, action="typing")
    await call("getFile", file_id=photo["photo"][-1]["file_id"])
    await call("getChat", chat_id=ALICE.id)
    commands = [{"command": "help", "description": "How it works"}]
    await call("setMyCommands", commands=commands)
    await call("getMyCommands")
    await call("deleteMyCommands")
    await call("setMyDescription", description="x")
    await call("setMyShortDescription", short_description="x")
    await call("getMyDescription")
    await call("getMyShortDescription")
    before = await call("getUpdates")
    press = {"message_id": sent["message_id"], "data": "up", "wait": 30}
    pressed = asyncio.create_task(chat.person("press", **press))
    (update,) = await call("getUpdates", offset=before[-1]["update_id"] + 1, timeout=30)
    await call("answerCallbackQuery", callback_query_id=update["callback_query"]["id"])
    await pressed
    await chat.person("text", text="https://e.org")
    await chat.upload(jpeg())
    await chat.upload(b"x", "document", "x.txt", "text/plain")
    await chat.person("block", blocked=True)
    await chat.person("block", blocked=False)
    kinds = {kind for update in before + await call("getUpdates") for kind in update}
    assert kinds >= {
        *("message", "edited_message", "channel_post"),
        *("callback_query", "my_chat_member"),
    }
    await call("deleteMessage", **at)
    await call("setWebhook", url="https://e.org/x")
    await call("getWebhookInfo")
    await call("deleteWebhook")
    assert called == set(METHODS)
