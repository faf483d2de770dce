"""Messages of the bot: sent, edited, deleted, refused as Telegram refuses them."""

import time
from typing import Any

from bot.sandbox.chats import Chat
from bot.sandbox.entities import formatted_text, utf16_length
from bot.sandbox.errors import bad_request
from bot.sandbox.markup import Keyboard, read_keyboard
from bot.sandbox.parameters import Parameters
from bot.sandbox.world import Sandbox

MAX_TEXT = 4096
_MAX_DELETED = 100
_CHAT_ACTIONS = {
    "typing",
    "upload_photo",
    "record_video",
    "upload_video",
    "record_voice",
    "upload_voice",
    "upload_document",
    "choose_sticker",
    "find_location",
    "record_video_note",
    "upload_video_note",
}
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the"
    " same as a current content and reply markup of the message"
)


async def send_message(sandbox: Sandbox, parameters: Parameters) -> dict[str, Any]:
    chat = chat_of(sandbox, parameters)
    text = _read_text(parameters, "message is too long")
    content = {**text, **reply_fields(sandbox, chat, parameters)}
    return post(sandbox, chat, content, read_keyboard(parameters, only_inline=False))


async def edit_message_text(sandbox: Sandbox, parameters: Parameters) -> dict[str, Any]:
    message = message_to_edit(sandbox, parameters)
    if "text" not in message:
        raise bad_request("there is no text in the message to edit")
    changed = {
        name: value
        for name, value in message.items()
        if name not in ("text", "entities", "reply_markup")
    }
    changed |= _read_text(parameters, "MESSAGE_TOO_LONG")
    keyboard = read_keyboard(parameters, only_inline=True).inline
    if keyboard:
        changed["reply_markup"] = keyboard
    if changed == message:
        raise bad_request(NOT_MODIFIED)
    return sandbox.change({**changed, "edit_date": int(time.time())})


async def edit_message_reply_markup(sandbox: Sandbox, parameters: Parameters) -> dict[str, Any]:
    message = message_to_edit(sandbox, parameters)
    changed = {name: value for name, value in message.items() if name != "reply_markup"}
    keyboard = read_keyboard(parameters, only_inline=True).inline
    if keyboard:
        changed["reply_markup"] = keyboard
    if changed == message:
        raise bad_request(NOT_MODIFIED)
    return sandbox.change(changed)


async def delete_message(sandbox: Sandbox, parameters: Parameters) -> bool:
    chat = chat_of(sandbox, parameters)
    message_id = parameters.integer("message_id")
    if message_id <= 0:
        raise bad_request("message identifier is not specified")
    _delete(sandbox, chat, message_id)
    return True


async def delete_messages(sandbox: Sandbox, parameters: Parameters) -> bool:
    """Delete several at once; those that are gone are passed over, as in Telegram."""
    chat = chat_of(sandbox, parameters)
    message_ids = parameters.json("message_ids", "message identifiers")
    if not isinstance(message_ids, list) or not 0 < len(message_ids) <= _MAX_DELETED:
        raise bad_request("message identifiers are not specified")
    for message_id in map(int, message_ids):
        if sandbox.state.message(chat.id, message_id) is not None:
            _delete(sandbox, chat, message_id)
    return True


def _delete(sandbox: Sandbox, chat: Chat, message_id: int) -> None:
    if sandbox.state.message(chat.id, message_id) is None:
        raise bad_request("message to delete not found")
    may_delete_others = chat.is_private or sandbox.chats.is_administrator(chat, sandbox.bot_id)
    if not may_delete_others and not sandbox.state.is_from_bot(message_id):
        raise bad_request("message can't be deleted")
    sandbox.delete(chat.id, message_id)


async def send_chat_action(sandbox: Sandbox, parameters: Parameters) -> bool:
    chat = chat_of(sandbox, parameters)
    action = parameters.text("action")
    if action not in _CHAT_ACTIONS:
        raise bad_request("wrong parameter action in request")
    sandbox.tell_page(chat.id, f"action:{action}")
    return True


def chat_of(sandbox: Sandbox, parameters: Parameters) -> Chat:
    """The chat that a call writes to; raises BotApiError when the bot may not."""
    if not parameters.text("chat_id"):
        raise bad_request("chat_id is empty")
    return sandbox.chats.for_bot(parameters.integer("chat_id"))


def post(
    sandbox: Sandbox, chat: Chat, content: dict[str, Any], keyboard: Keyboard
) -> dict[str, Any]:
    """Put the bot's new message into a chat."""
    if keyboard.inline:
        content["reply_markup"] = keyboard.inline
    message = sandbox.post(chat, content, sender=None)
    if keyboard.force_reply:
        sandbox.ask_for_reply(chat, message, keyboard.force_reply)
    return message


def _read_text(parameters: Parameters, too_long: str) -> dict[str, Any]:
    """The fields `text` and `entities` (absent when there are none) of a text message."""
    text, entities = formatted_text(
        parameters.text("text"),
        parameters.text("parse_mode"),
        parameters.json("entities", "message entities"),
    )
    if not text:
        raise bad_request("message text is empty")
    if utf16_length(text) > MAX_TEXT:
        raise bad_request(too_long)
    return {"text": text, "entities": entities} if entities else {"text": text}


def reply_fields(sandbox: Sandbox, chat: Chat, parameters: Parameters) -> dict[str, Any]:
    """The field `reply_to_message`, or nothing; a reply to a reply shows only the last one."""
    reply = parameters.json("reply_parameters", "reply parameters")
    if reply is None:
        return {}
    if not isinstance(reply, dict) or not isinstance(reply.get("message_id"), int):
        raise bad_request("can't parse reply parameters: message identifier is not specified")
    original = sandbox.state.message(chat.id, reply["message_id"])
    if original is None:
        if reply.get("allow_sending_without_reply"):
            return {}
        raise bad_request("message to be replied not found")
    original.pop("reply_to_message", None)
    return {"reply_to_message": original}


def message_to_edit(sandbox: Sandbox, parameters: Parameters) -> dict[str, Any]:
    """The bot's message that a call names; raises BotApiError when it cannot be edited."""
    chat = chat_of(sandbox, parameters)
    message_id = parameters.integer("message_id")
    if message_id <= 0:
        raise bad_request("message identifier is not specified")
    message = sandbox.state.message(chat.id, message_id)
    if message is None:
        raise bad_request("message to edit not found")
    if not sandbox.state.is_from_bot(message_id):
        raise bad_request("message can't be edited")
    return message
