"""Messages of the bot: sent, edited, deleted, refused as Telegram refuses them."""

import time
from typing import Any

from bot.sandbox import SandboxUser
from bot.sandbox.entities import formatted_text, utf16_length
from bot.sandbox.errors import bad_request
from bot.sandbox.markup import read_inline_keyboard
from bot.sandbox.media import PhotoRefusedError
from bot.sandbox.parameters import Parameters
from bot.sandbox.world import Sandbox

MAX_TEXT = 4096
MAX_CAPTION = 1024
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
_NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the"
    " same as a current content and reply markup of the message"
)


async def send_message(sandbox: Sandbox, parameters: Parameters) -> dict[str, Any]:
    person = _chat(sandbox, parameters)
    text = _read_text(parameters, "message is too long")
    content = {**text, **_reply(sandbox, person, parameters)}
    keyboard = read_inline_keyboard(parameters, only_inline=False)
    if keyboard:
        content["reply_markup"] = keyboard
    return sandbox.post(person, content, by_bot=True)


async def send_photo(sandbox: Sandbox, parameters: Parameters) -> dict[str, Any]:
    person = _chat(sandbox, parameters)
    content: dict[str, Any] = _reply(sandbox, person, parameters)
    keyboard = read_inline_keyboard(parameters, only_inline=False)
    caption, entities = formatted_text(
        parameters.text("caption"),
        parameters.text("parse_mode"),
        parameters.json("caption_entities", "caption entities"),
    )
    if utf16_length(caption) > MAX_CAPTION:
        raise bad_request("message caption is too long")
    if caption:
        content |= {"caption": caption, "caption_entities": entities or None}
    if keyboard:
        content["reply_markup"] = keyboard
    content["photo"] = await _photo(sandbox, parameters)
    return sandbox.post(person, content, by_bot=True)


async def edit_message_text(sandbox: Sandbox, parameters: Parameters) -> dict[str, Any]:
    message = _message_to_edit(sandbox, parameters)
    if "text" not in message:
        raise bad_request("there is no text in the message to edit")
    changed = {
        name: value
        for name, value in message.items()
        if name not in ("text", "entities", "reply_markup")
    }
    changed |= _read_text(parameters, "MESSAGE_TOO_LONG")
    keyboard = read_inline_keyboard(parameters, only_inline=True)
    if keyboard:
        changed["reply_markup"] = keyboard
    if changed == message:
        raise bad_request(_NOT_MODIFIED)
    return sandbox.change({**changed, "edit_date": int(time.time())})


async def edit_message_reply_markup(sandbox: Sandbox, parameters: Parameters) -> dict[str, Any]:
    message = _message_to_edit(sandbox, parameters)
    changed = {name: value for name, value in message.items() if name != "reply_markup"}
    keyboard = read_inline_keyboard(parameters, only_inline=True)
    if keyboard:
        changed["reply_markup"] = keyboard
    if changed == message:
        raise bad_request(_NOT_MODIFIED)
    return sandbox.change(changed)


async def delete_message(sandbox: Sandbox, parameters: Parameters) -> bool:
    person = _chat(sandbox, parameters)
    message_id = parameters.integer("message_id")
    if message_id <= 0:
        raise bad_request("message identifier is not specified")
    if not sandbox.delete(person.id, message_id):
        raise bad_request("message to delete not found")
    return True


async def send_chat_action(sandbox: Sandbox, parameters: Parameters) -> bool:
    person = _chat(sandbox, parameters)
    action = parameters.text("action")
    if action not in _CHAT_ACTIONS:
        raise bad_request("wrong parameter action in request")
    sandbox.tell_page(person.id, f"action:{action}")
    return True


def _chat(sandbox: Sandbox, parameters: Parameters) -> SandboxUser:
    if not parameters.text("chat_id"):
        raise bad_request("chat_id is empty")
    return sandbox.chat_for_bot(parameters.integer("chat_id"))


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


def _reply(sandbox: Sandbox, person: SandboxUser, parameters: Parameters) -> dict[str, Any]:
    """The field `reply_to_message`, or nothing; a reply to a reply shows only the last one."""
    reply = parameters.json("reply_parameters", "reply parameters")
    if reply is None:
        return {}
    if not isinstance(reply, dict) or not isinstance(reply.get("message_id"), int):
        raise bad_request("can't parse reply parameters: message identifier is not specified")
    original = sandbox.state.message(person.id, reply["message_id"])
    if original is None:
        if reply.get("allow_sending_without_reply"):
            return {}
        raise bad_request("message to be replied not found")
    original.pop("reply_to_message", None)
    return {"reply_to_message": original}


def _message_to_edit(sandbox: Sandbox, parameters: Parameters) -> dict[str, Any]:
    person = _chat(sandbox, parameters)
    message_id = parameters.integer("message_id")
    if message_id <= 0:
        raise bad_request("message identifier is not specified")
    message = sandbox.state.message(person.id, message_id)
    if message is None:
        raise bad_request("message to edit not found")
    if not sandbox.state.is_from_bot(message_id):
        raise bad_request("message can't be edited")
    return message


async def _photo(sandbox: Sandbox, parameters: Parameters) -> list[dict[str, Any]]:
    """The photo of a call: an upload (also by `attach://name`) or a known file id."""
    given = parameters.text("photo")
    name = given.removeprefix("attach://") if given.startswith("attach://") else "photo"
    upload = parameters.uploads.get(name)
    if upload is not None:
        try:
            return await sandbox.files.add_photo(upload.data)
        except PhotoRefusedError as error:
            raise bad_request(str(error)) from None
    if not given:
        raise bad_request("there is no photo in the request")
    return sandbox.files.photo_of_id(given)
