"""The arguments of a Bot API call, whichever way they were sent."""

import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from bot.sandbox.errors import BotApiError, bad_request

_TRUE = {"true", "yes", "1"}
_LARGEST = 2**63 - 1  # of the numbers that Telegram and SQLite count with


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came in a multipart body."""

    name: str
    content_type: str
    data: bytes


@dataclass(slots=True)
class Parameters:
    """Call arguments by name; a form sends every value as text, JSON sends it typed."""

    values: dict[str, Any] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """The text given, or an empty string."""
        value = self.values.get(name)
        if value is None:
            return ""
        return value if isinstance(value, str) else str(value)

    def integer(self, name: str, default: int = 0) -> int:
        """The number given; Telegram reads what is not a number as if it was not given."""
        try:
            number = int(str(self.values.get(name, default)).strip())
        except ValueError:
            return default
        return number if abs(number) <= _LARGEST else default

    def flag(self, name: str) -> bool:
        value = self.values.get(name, False)
        return value if isinstance(value, bool) else str(value).strip().lower() in _TRUE

    def json(self, name: str, what: str) -> Any:
        """A structured argument, or None; `what` is how Telegram calls it when it is malformed."""
        value = self.values.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise bad_request(f"can't parse {what} JSON object") from None


async def read_parameters(request: web.Request) -> Parameters:
    """Read the query, then a JSON, form or multipart body.

    Raises BotApiError when the body is not what its content type says.
    """
    parameters = Parameters(values=dict(request.query))
    if request.content_type == "application/json":
        try:
            body = json.loads(await request.read() or b"{}")
        except ValueError:
            raise bad_request("can't parse JSON object") from None
        if not isinstance(body, dict):
            raise bad_request("object expected")
        parameters.values.update(body)
    elif request.content_type in ("multipart/form-data", "application/x-www-form-urlencoded"):
        try:
            form = await request.post()
        except web.HTTPRequestEntityTooLarge:
            raise BotApiError(413, "Request Entity Too Large") from None
        except (ValueError, AssertionError):
            raise bad_request("can't parse the request body") from None
        for name, value in form.items():
            if isinstance(value, web.FileField):
                parameters.uploads[name] = Upload(
                    value.filename, value.content_type, value.file.read()
                )
            else:
                parameters.values[name] = value
    return parameters
