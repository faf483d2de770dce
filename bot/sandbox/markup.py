"""Keyboards that a bot sends, checked as Telegram checks them."""

from dataclasses import dataclass
from typing import Any

from aiogram.types import InlineKeyboardMarkup
from pydantic import ValidationError

from bot.sandbox.errors import bad_request
from bot.sandbox.parameters import Parameters

MAX_CALLBACK_DATA_BYTES = 64
MAX_BUTTONS = 100
_OTHER_MARKUP = ("keyboard", "remove_keyboard", "force_reply")
_LINK_SCHEMES = ("http://", "https://", "tg://")


@dataclass(frozen=True, slots=True)
class Keyboard:
    """What came as `reply_markup`: an inline keyboard, or the wish that a person replies."""

    inline: dict[str, Any] | None = None
    force_reply: dict[str, Any] | None = None


def read_keyboard(parameters: Parameters, *, only_inline: bool) -> Keyboard:
    """The keyboard of a call; only an inline one becomes part of the message.

    Other kinds are accepted on a new message, never on an edit. Raises BotApiError for what
    Telegram refuses.
    """
    markup = parameters.json("reply_markup", "reply keyboard markup")
    if markup is None:
        return Keyboard()
    if not isinstance(markup, dict):
        raise bad_request("object expected as reply markup")
    if "inline_keyboard" not in markup:
        if only_inline and markup:
            raise bad_request("inline keyboard expected")
        if markup and not any(name in markup for name in _OTHER_MARKUP):
            raise bad_request("object expected as reply markup")
        return Keyboard(force_reply=markup if markup.get("force_reply") is True else None)
    rows = markup["inline_keyboard"]
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array')
    for row in rows:
        for button in row:
            _check_button(button)
    if sum(map(len, rows)) > MAX_BUTTONS:
        raise bad_request("reply markup is too long")
    kept = [row for row in rows if row]
    if not kept:
        return Keyboard()
    try:
        keyboard = InlineKeyboardMarkup.model_validate({"inline_keyboard": kept})
    except ValidationError as error:
        raise bad_request(
            f"can't parse inline keyboard button: {error.errors()[0]['msg']}"
        ) from None
    return Keyboard(inline=keyboard.model_dump(mode="json", exclude_none=True))


def _check_button(button: Any) -> None:
    if not isinstance(button, dict):
        raise bad_request("can't parse inline keyboard button: Object expected")
    if not isinstance(button.get("text"), str) or not button["text"].strip():
        raise bad_request("can't parse inline keyboard button: Can't find field \"text\"")
    if "callback_data" in button:
        data = button["callback_data"]
        if not isinstance(data, str) or not 0 < len(data.encode()) <= MAX_CALLBACK_DATA_BYTES:
            raise bad_request("BUTTON_DATA_INVALID")
    elif "url" in button:
        url = button["url"]
        if not isinstance(url, str) or not url.startswith(_LINK_SCHEMES) or "." not in url:
            raise bad_request(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
    elif not any(name in button for name in ("copy_text", "switch_inline_query", "web_app")):
        raise bad_request(
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        )
