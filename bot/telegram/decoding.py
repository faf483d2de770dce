"""Reads what Telegram answers piece by piece, so that one it cannot read does not spoil the rest.

aiogram decodes an answer as a whole. A single update of a shape that it does not know (a newer Bot
API sends such, and this one has been seen to) would make every getUpdates fail for ever, and its
error quotes the answer: people's names and messages, in the log.
"""

import copy
import json
import logging
from functools import cache
from http import HTTPStatus
from typing import Any, get_args

from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.exceptions import ClientDecodeError
from aiogram.methods import GetUpdates, Response, TelegramMethod
from aiogram.methods.base import TelegramType
from aiogram.types import Message, ResponseParameters, Update
from pydantic import TypeAdapter, ValidationError

logger = logging.getLogger(__name__)

MAX_PIECES = 40
"""So many pieces that cannot be read are left out of one object before it is given up."""

IDENTITY = frozenset({"chat", "from", "sender_chat", "user"})
"""Never left out alone: what a message says means little without who said it and where."""

INT64 = range(-(2**63), 2**63)


class UnreadableAnswerError(ClientDecodeError):
    """An answer that cannot be used at all. Its text quotes nothing of it, unlike aiogram's."""

    def __init__(self, message: str) -> None:
        super().__init__(message, ValueError(message), None)

    def __str__(self) -> str:
        return self.message


class TolerantSession(AiohttpSession):
    """Calls the Bot API, and makes the most of its answers."""

    def check_response(
        self, bot: Bot, method: TelegramMethod[TelegramType], status_code: int, content: str
    ) -> Response[TelegramType]:
        """What was answered, or the error that it means.

        Raises:
            UnreadableAnswerError: it is no answer of the Bot API, or not one to this method.
            TelegramAPIError: the call was refused.
        """
        name = type(method).__name__
        try:
            answer = json.loads(content, parse_int=_integer)
        except (ValueError, RecursionError):
            raise UnreadableAnswerError(f"The answer to {name} is not JSON") from None
        if not isinstance(answer, dict) or not isinstance(answer.get("ok"), bool):
            raise UnreadableAnswerError(f"The answer to {name} is none of the Bot API")
        if not answer["ok"] or not HTTPStatus.OK <= status_code <= HTTPStatus.IM_USED:
            return super().check_response(bot, method, status_code, json.dumps(_refusal(answer)))
        result = answer.get("result")
        read = (
            _read_updates(result, bot)
            if isinstance(method, GetUpdates)
            else _read_result(method.__returning__, result, bot)
        )
        if read is None:
            raise UnreadableAnswerError(f"The answer to {name} has no result that can be read")
        return Response.model_construct(ok=True, result=read)


def read_update(body: bytes, bot: Bot) -> Update:
    """The update that a webhook is brought; of one that cannot be read only its id is left.

    Raises:
        ValueError: it is not JSON, or no update.
    """
    try:
        raw = json.loads(body, parse_int=_integer)
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None
    if (update := _read_update(raw, bot)) is None:
        raise ValueError("not an update")
    return update


def is_unread(update: Update) -> bool:
    """Whether an update is only a place in their row, since it could not be read."""
    return all(content is None for name, content in update if name != "update_id")


def _integer(digits: str) -> int | float:
    """A whole number as the database and Telegram's own types know them; others are none."""
    fits = len(digits) <= len(str(INT64.start)) and int(digits) in INT64
    return int(digits) if fits else float("nan")


def _refusal(answer: dict[str, Any]) -> dict[str, Any]:
    """A refusal with the fields that aiogram relies on."""
    parameters, _ = _read(ResponseParameters, answer.get("parameters"))
    return {
        "ok": False,
        "description": str(answer.get("description") or "no reason given"),
        "parameters": parameters and parameters.model_dump(exclude_none=True),
    }


def _read_updates(result: object, bot: Bot) -> list[Update] | None:
    """Every update by itself; of one that cannot be read only the id is left, to confirm it."""
    if not isinstance(result, list):
        return None
    read = [_read_update(raw, bot) for raw in result]
    updates = [update for update in read if update is not None]
    # Nothing could be confirmed, so the same would come again at once, for ever.
    return None if result and not updates else updates


def _read_update(raw: object, bot: Bot) -> Update | None:
    if not isinstance(raw, dict) or type(raw.get("update_id")) is not int:
        logger.warning("An update without an id is passed over")
        return None
    update_id = raw["update_id"]
    kind = ", ".join(str(key)[:40] for key in raw if key != "update_id") or "empty"
    # What aiogram does not know yet, it would write into the log whole.
    known = {key: value for key, value in raw.items() if key in Update.model_fields}
    update, is_whole = _read(Update, known, bot)
    if not isinstance(update, Update) or is_unread(update):
        logger.warning("Update %d (%s) cannot be read; it is passed over", update_id, kind)
        return Update.model_validate({"update_id": update_id}, context={"bot": bot})
    if not is_whole:
        logger.warning("Update %d (%s) is read without a part that cannot be", update_id, kind)
    return update


def _read_result(kind: Any, result: object, bot: Bot) -> Any:
    read, _ = _read(kind, result, bot)
    is_message = kind is Message or Message in get_args(kind)
    if read is None and is_message and isinstance(result, dict):
        message_id = result.get("message_id")
        if type(message_id) is int:
            # It was sent: with its id it can be edited, and will not be sent again.
            return Message.model_construct(message_id=message_id)
    return read


def _read(kind: Any, raw: object, bot: Bot | None = None) -> tuple[Any, bool]:
    """An object of a kind, without the pieces of it that cannot be read; and whether it is whole.

    It is None where nothing sensible is left.
    """
    adapter = _adapter(kind)
    is_whole = True
    for _attempt in range(MAX_PIECES):
        try:
            return adapter.validate_python(raw, context={"bot": bot}), is_whole
        except ValidationError as error:
            if is_whole:
                raw, is_whole = copy.deepcopy(raw), False
            if not _leave_out(raw, error):
                break
    return None, False


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _leave_out(raw: object, error: ValidationError) -> bool:
    """Delete the smallest piece that an error is about; false when that would be everything."""
    places = [detail["loc"] for detail in error.errors(include_url=False, include_input=False)]
    # A value that may be of several kinds has errors for each: the one that was meant reaches
    # furthest into it.
    found = [(_path(raw, place), len(place)) for place in places]
    path, _ = max(found, key=lambda it: (len(it[0]), it[1]))
    while path and path[-1] in IDENTITY:
        path.pop()
    if not path:
        return False
    container: Any = raw
    for key in path[:-1]:
        container = container[key]
    del container[path[-1]]
    return True


def _path(raw: object, place: tuple[int | str, ...]) -> list[int | str]:
    """The keys to a place in an object, as far as it is there.

    Pydantic's places also name the kinds that were tried, which are no keys.
    """
    keys: list[int | str] = []
    value: Any = raw
    for part in place:
        is_key = isinstance(value, dict) and part in value
        is_index = isinstance(value, list) and isinstance(part, int) and part < len(value)
        if is_key or is_index:
            keys.append(part)
            value = value[part]
    return keys
