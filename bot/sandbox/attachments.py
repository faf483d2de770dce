"""Photos, documents and albums that the bot sends, and edits of what lies in a message."""

import secrets
import time
from dataclasses import replace
from typing import Any

from bot.sandbox.entities import formatted_text, utf16_length
from bot.sandbox.errors import bad_request
from bot.sandbox.markup import read_keyboard
from bot.sandbox.messages import (
    NOT_MODIFIED,
    chat_of,
    message_to_edit,
    post,
    reply_fields,
)
from bot.sandbox.parameters import Parameters
from bot.sandbox.pictures import PhotoRefusedError
from bot.sandbox.world import Sandbox

MAX_CAPTION = 1024
MAX_ALBUM = 10
_CAPTION = ("caption", "caption_entities", "show_caption_above_media")
_MEDIA = ("photo", "document")
_CONTENT = ("text", "entities", "photo", "document", "sticker", "video", "animation")


async def send_photo(sandbox: Sandbox, parameters: Parameters) -> dict[str, Any]:
    return await _send(sandbox, parameters, "photo")


async def send_document(sandbox: Sandbox, parameters: Parameters) -> dict[str, Any]:
    return await _send(sandbox, parameters, "document")


async def _send(sandbox: Sandbox, parameters: Parameters, kind: str) -> dict[str, Any]:
    chat = chat_of(sandbox, parameters)
    content = reply_fields(sandbox, chat, parameters) | _caption(parameters)
    keyboard = read_keyboard(parameters, only_inline=False)
    content[kind] = await _media(sandbox, parameters, kind)
    return post(sandbox, chat, content, keyboard)


async def send_media_group(sandbox: Sandbox, parameters: Parameters) -> list[dict[str, Any]]:
    chat = chat_of(sandbox, parameters)
    items = parameters.json("media", "media")
    if not isinstance(items, list):
        raise bad_request("expected an Array of InputMedia")
    if not items:
        raise bad_request("there are no messages to send")
    if len(items) > MAX_ALBUM:
        raise bad_request("too much messages to send as an album")
    common = reply_fields(sandbox, chat, parameters)
    contents = [await _input_media(sandbox, parameters, item) for item in items]
    if len({kind for content in contents for kind in _MEDIA if kind in content}) > 1:
        raise bad_request("document can't be mixed with other media types")
    if len(items) > 1:
        common["media_group_id"] = new_media_group_id()
    return [sandbox.post(chat, {**common, **content}, sender=None) for content in contents]


def new_media_group_id() -> str:
    """An id that the photos of one album share; long, as Telegram's."""
    return str(13_000_000_000_000_000 + secrets.randbelow(10**15))


async def edit_message_caption(sandbox: Sandbox, parameters: Parameters) -> dict[str, Any]:
    message = message_to_edit(sandbox, parameters)
    if "text" in message or "sticker" in message:
        raise bad_request("there is no caption in the message to edit")
    return _change(sandbox, parameters, message, _CAPTION, _caption(parameters))


async def edit_message_media(sandbox: Sandbox, parameters: Parameters) -> dict[str, Any]:
    """Replace what lies in a message; a text may become a photo or document, never the reverse."""
    message = message_to_edit(sandbox, parameters)
    given = parameters.json("media", "InputMedia")
    content = await _input_media(sandbox, parameters, given)
    if "media_group_id" in message and not any(
        kind in message and kind in content for kind in _MEDIA
    ):
        raise bad_request("message can't be edited: other types of media are in the album")
    return _change(sandbox, parameters, message, (*_CONTENT, *_CAPTION), content)


def _change(
    sandbox: Sandbox,
    parameters: Parameters,
    message: dict[str, Any],
    replaced: tuple[str, ...],
    content: dict[str, Any],
) -> dict[str, Any]:
    """Put `content` in the place of some fields and of the keyboard."""
    kept = {
        name: value for name, value in message.items() if name not in (*replaced, "reply_markup")
    }
    changed = {**kept, **content}
    keyboard = read_keyboard(parameters, only_inline=True).inline
    if keyboard:
        changed["reply_markup"] = keyboard
    if changed == message:
        raise bad_request(NOT_MODIFIED)
    return sandbox.change({**changed, "edit_date": int(time.time())})


def _caption(parameters: Parameters) -> dict[str, Any]:
    """The fields `caption` and `caption_entities`, absent when there are none."""
    caption, entities = formatted_text(
        parameters.text("caption"),
        parameters.text("parse_mode"),
        parameters.json("caption_entities", "caption entities"),
    )
    if utf16_length(caption) > MAX_CAPTION:
        raise bad_request("message caption is too long")
    if not caption:
        return {}
    return {"caption": caption, **({"caption_entities": entities} if entities else {})}


async def _input_media(sandbox: Sandbox, parameters: Parameters, item: Any) -> dict[str, Any]:
    """The fields of a message with an InputMediaPhoto or InputMediaDocument."""
    if not isinstance(item, dict) or not isinstance(item.get("media"), str):
        raise bad_request("can't parse InputMedia: media not found")
    kind = item.get("type")
    if kind not in _MEDIA:
        raise bad_request(f'can\'t parse InputMedia: type "{kind}" is not supported here')
    inside = replace(parameters, values={**item, kind: item["media"]})
    return {kind: await _media(sandbox, inside, kind), **_caption(inside)}


async def _media(sandbox: Sandbox, parameters: Parameters, kind: str) -> Any:
    """The photo or document of a call: an upload (also by `attach://name`) or a known file id."""
    given = parameters.text(kind)
    name = given.removeprefix("attach://") if given.startswith("attach://") else kind
    upload = parameters.uploads.get(name)
    if upload is None:
        if not given:
            raise bad_request(f"there is no {kind} in the request")
        if kind == "photo":
            return sandbox.files.photo_of_id(given)
        return sandbox.files.document_of_id(given)
    if kind == "document":
        return await sandbox.files.add_document(upload.data, upload.name, upload.content_type)
    try:
        return await sandbox.files.add_photo(upload.data)
    except PhotoRefusedError as error:
        raise bad_request(str(error)) from None
