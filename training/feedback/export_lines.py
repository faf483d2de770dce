"""One line of an export: what each field must be, and what is wrong with one that is not."""

import json
import math
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

_IMAGE = re.compile(r"photos/([0-9a-f]{64})\.(?:jpg|png)")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_PERSON = re.compile(r"[0-9a-f]{16}")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


class LineError(ValueError):
    """A line is not as docs/export.md describes; the text says in what."""


@dataclass(frozen=True, slots=True)
class Rating:
    """One person's 👍 (+1) or 👎 (-1)."""

    person: str
    value: int
    at: str = ""
    """When it was given or changed last; ISO 8601, UTC."""


@dataclass(frozen=True, slots=True)
class CaptionLine:
    """A caption by a model."""

    photo_id: int
    sha256: str | None
    """Of the photo's bytes; None when the bot has not kept it."""
    text: str
    model: str = ""
    version: str = ""
    ratings: tuple[Rating, ...] = ()
    image: str | None = None
    """Hash in the name of the photo's file in the zip; None when it is said to have none."""


@dataclass(frozen=True, slots=True)
class CorrectionLine:
    """A caption by a person."""

    photo_id: int
    sha256: str | None
    text: str
    person: str
    image: str | None = None


def parse_line(line: bytes | str) -> CaptionLine | CorrectionLine | None:
    """A line as an object; None for a kind that a later version of the bot may have.

    Raises:
        LineError: naming the field.
    """
    fields = _fields(line)
    kind = _text(fields, "kind")
    if kind not in ("caption", "correction"):
        return None
    sha256, image = _photo(fields)
    photo_id = _whole(fields, "photo_id")
    text = _text(fields, "text")
    _moment(fields, "created_at")
    if kind == "correction":
        person = _person(fields)
        return CorrectionLine(photo_id, sha256, text, person, image)
    _text(fields, "options")
    _number(fields, "log_probability")
    if fields.get("confidence") is not None:  # which earlier exports do not tell
        _number(fields, "confidence")
    ratings = _ratings(fields)
    for name, value in (("up", 1), ("down", -1)):
        if _whole(fields, name) != sum(rating.value == value for rating in ratings):
            raise LineError(f"the field {name!r} and the ratings do not agree")
    model, version = _text(fields, "model"), _text(fields, "version")
    return CaptionLine(photo_id, sha256, text, model, version, ratings, image)


def _fields(line: bytes | str) -> dict[str, Any]:
    try:
        fields = json.loads(line, parse_constant=_refuse_constant)
    except LineError:
        raise
    except UnicodeDecodeError as error:
        raise LineError("not UTF-8 text") from error
    except json.JSONDecodeError as error:
        raise LineError(f"not JSON: {error.msg}") from error
    except ValueError as error:  # Python refuses to read whole numbers of thousands of digits
        raise LineError("not JSON: a number is too long") from error
    except RecursionError as error:
        raise LineError("nested too deeply") from error
    if not isinstance(fields, dict):
        raise LineError("expected an object")
    return fields


def _refuse_constant(name: str) -> NoReturn:
    raise LineError(f"{name} is no number of JSON")


def _photo(fields: dict[str, Any]) -> tuple[str | None, str | None]:
    sha256, image = (_text_or_none(fields, name) for name in ("sha256", "image"))
    if sha256 is not None and not _SHA256.fullmatch(sha256):
        raise LineError("the field 'sha256' is no SHA-256 in small hexadecimal digits")
    if image is None:
        return sha256, None
    match = _IMAGE.fullmatch(image)
    if match is None:
        raise LineError(f"the field 'image' is {image!r}, no photo inside the zip")
    if sha256 != match[1]:
        raise LineError("the fields 'image' and 'sha256' name different photos")
    return sha256, match[1]


def _ratings(fields: dict[str, Any]) -> tuple[Rating, ...]:
    listed = fields.get("ratings")
    if not isinstance(listed, list):
        raise LineError("the field 'ratings' is no list")
    ratings = []
    for entry in listed:
        if not isinstance(entry, dict):
            raise LineError("a rating is no object")
        value = _whole(entry, "value")
        if value not in (1, -1):
            raise LineError(f"a rating is {value}, not 1 or -1")
        ratings.append(Rating(_person(entry), value, _moment(entry, "at")))
    if len({rating.person for rating in ratings}) != len(ratings):
        raise LineError("a person has rated the caption twice")
    return tuple(ratings)


def _person(fields: dict[str, Any]) -> str:
    person = _text(fields, "person")
    if not _PERSON.fullmatch(person):
        raise LineError("the field 'person' is no pseudonym of 16 hexadecimal digits")
    return person


def _moment(fields: dict[str, Any], name: str) -> str:
    text = _text(fields, name)
    try:
        datetime.fromisoformat(text)
    except ValueError as error:
        raise LineError(f"the field {name!r} is no time") from error
    return text


def _text(fields: dict[str, Any], name: str) -> str:
    value = _text_or_none(fields, name)
    if value is None:
        raise LineError(f"the field {name!r} is null")
    return value


def _text_or_none(fields: dict[str, Any], name: str) -> str | None:
    value = _given(fields, name)
    if value is not None and not isinstance(value, str):
        raise LineError(f"the field {name!r} is no text")
    if value is not None and _SURROGATE.search(value):
        raise LineError(f"the field {name!r} holds half a character")
    return value


def _whole(fields: dict[str, Any], name: str) -> int:
    value = _given(fields, name)
    if type(value) is not int:  # True is an instance of int
        raise LineError(f"the field {name!r} is no whole number")
    return value


def _number(fields: dict[str, Any], name: str) -> float:
    value = _given(fields, name)
    try:
        if type(value) in (int, float) and math.isfinite(value):
            return float(value)
    except OverflowError:
        pass
    raise LineError(f"the field {name!r} is no number")


def _given(fields: dict[str, Any], name: str) -> Any:
    if name not in fields:
        raise LineError(f"the field {name!r} is missing")
    return fields[name]
