"""Formatted text: Telegram's HTML into entities, with the refusals that Telegram gives.

Offsets and lengths of entities count UTF-16 code units; offsets in refusals count UTF-8 bytes.
"""

import re
from dataclasses import dataclass
from typing import Any, NoReturn

from bot.sandbox.errors import bad_request

_TAG_TYPES = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "span": "spoiler",
    "tg-spoiler": "spoiler",
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
}
_CHARACTER = re.compile(r"&(?:#(?P<decimal>\d+)|#[xX](?P<hex>[0-9a-fA-F]+)|(?P<name>[a-z]+));?")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_ATTRIBUTE = re.compile(
    r"""\s+(?P<name>[^\s=>]+)(?:\s*=\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<token>[^\s>"']*)))?"""
)
_OPENING = re.compile(r"""<(?P<name>[^\s>]*)(?P<attributes>(?:[^>"']|"[^"]*"|'[^']*')*)>""")
_CLOSING = re.compile(r"</(?P<name>[^\s>]*)\s*>")
_AUTOMATIC = re.compile(
    r"(?P<url>https?://[^\s<>\"]*[^\s<>\".,:;!?)\]])"
    r"|(?<![\w/])(?P<bot_command>/[A-Za-z0-9_]{1,32}(?:@\w{4,32})?)(?!\w)"
    r"|(?<!\w)(?P<mention>@[A-Za-z]\w{3,31})"
    r"|(?<!\w)(?P<hashtag>\#\w*[^\W\d_]\w*)"
)


def utf16_length(text: str) -> int:
    """The length of a text as Telegram's entities count it."""
    return len(text.encode("utf-16-le")) // 2


@dataclass(slots=True)
class _Open:
    name: str
    attributes: dict[str, str]
    start: int


def parse_html(source: str) -> tuple[str, list[dict[str, Any]]]:
    """Text without tags, and its entities in order; raises BotApiError in Telegram's words."""
    pieces: list[str] = []
    length = 0  # UTF-16 units written so far
    opened: list[_Open] = []
    entities: list[dict[str, Any]] = []
    position = 0
    while position < len(source):
        character = source[position]
        if source.startswith("</", position):
            if not opened:
                _refuse(source, position, "Unexpected end tag")
            closing = _CLOSING.match(source, position)
            if closing is None:
                _refuse(source, position, "Unclosed end tag")
            last = opened.pop()
            name = closing["name"].lower()
            if name and name != last.name:
                _refuse(
                    source,
                    position,
                    "Unmatched end tag",
                    f', expected "</{last.name}>", found "</{name}>"',
                )
            entities += _entity(last, length, "".join(pieces))
            position = closing.end()
        elif character == "<":
            opening = _OPENING.match(source, position)
            if opening is None:
                _refuse(source, position, "Unclosed start tag")
            opened.append(_open(source, position, opening, length))
            position = opening.end()
        else:
            piece, position = _read_character(source, position)
            pieces.append(piece)
            length += utf16_length(piece)
    if opened:
        _refuse(source, -1, f'Can\'t find end tag corresponding to start tag "{opened[-1].name}"')
    entities.sort(key=lambda entity: (entity["offset"], -entity["length"]))
    return "".join(pieces), entities


def _refuse(source: str, position: int, reason: str, rest: str = "") -> NoReturn:
    where = f" at byte offset {len(source[:position].encode())}" if position >= 0 else ""
    raise bad_request(f"can't parse entities: {reason}{where}{rest}")


def _open(source: str, position: int, opening: re.Match[str], length: int) -> _Open:
    name = opening["name"].lower()
    if name not in _TAG_TYPES:
        _refuse(source, position, f'Unsupported start tag "{name}"')
    attributes = {
        found["name"].lower(): found["double"] or found["single"] or found["token"] or ""
        for found in _ATTRIBUTE.finditer(opening["attributes"])
    }
    if name == "span" and attributes.get("class") != "tg-spoiler":
        _refuse(source, position, 'Tag "span" must have class "tg-spoiler"')
    return _Open(name, attributes, length)


def _read_character(source: str, position: int) -> tuple[str, int]:
    found = _CHARACTER.match(source, position) if source[position] == "&" else None
    if found is None:
        return source[position], position + 1
    if found["name"]:
        named = _NAMED.get(found["name"])
        return (named, found.end()) if named else ("&", position + 1)
    code = int(found["decimal"]) if found["decimal"] else int(found["hex"], 16)
    if code == 0 or code > 0x10FFFF or 0xD800 <= code < 0xE000:
        return "&", position + 1
    return chr(code), found.end()


def _entity(opened: _Open, end: int, text: str) -> list[dict[str, Any]]:
    if end == opened.start:
        return []
    entity: dict[str, Any] = {
        "type": _TAG_TYPES[opened.name],
        "offset": opened.start,
        "length": end - opened.start,
    }
    if opened.name == "a":
        inside = text.encode("utf-16-le")[2 * opened.start : 2 * end].decode("utf-16-le")
        url = opened.attributes.get("href") or inside
        if "." not in url and ":" not in url:  # Telegram drops a link that leads nowhere
            return []
        entity["url"] = url if ":" in url else f"http://{url}/"
    elif opened.name == "tg-emoji":
        entity["custom_emoji_id"] = opened.attributes.get("emoji-id", "")
    elif opened.name == "blockquote" and "expandable" in opened.attributes:
        entity["type"] = "expandable_blockquote"
    elif opened.name in ("code", "pre"):
        language = opened.attributes.get("class", "").removeprefix("language-")
        if language and opened.name == "pre":
            entity["language"] = language
    return [entity]


def detect_entities(text: str) -> list[dict[str, Any]]:
    """The links, commands, mentions and hashtags that Telegram marks by itself."""
    return [
        {
            "type": found.lastgroup,
            "offset": utf16_length(text[: found.start()]),
            "length": utf16_length(found[0]),
        }
        for found in _AUTOMATIC.finditer(text)
    ]


def formatted_text(
    source: str, parse_mode: str, given: list[dict[str, Any]] | None = None
) -> tuple[str, list[dict[str, Any]]]:
    """What Telegram makes of a bot's text: parsed, trimmed, with automatic entities added.

    Raises BotApiError for markup that cannot be parsed and for other parse modes than HTML.
    """
    mode = parse_mode.lower()
    if mode == "html":
        text, entities = parse_html(source)
    elif mode in ("", "none"):
        text, entities = source, [dict(entity) for entity in given or []]
    else:
        raise bad_request("unsupported parse_mode")
    return _trim(text, entities)


def _trim(text: str, entities: list[dict[str, Any]]) -> tuple[str, list[dict[str, Any]]]:
    skipped = utf16_length(text) - utf16_length(text.lstrip())
    text = text.strip()
    end = utf16_length(text)
    kept = []
    for entity in entities:
        first = max(entity["offset"] - skipped, 0)
        last = min(entity["offset"] + entity["length"] - skipped, end)
        if last > first:
            kept.append({**entity, "offset": first, "length": last - first})
    covered = [
        (entity["offset"], entity["offset"] + entity["length"])
        for entity in kept
        if entity["type"] in ("code", "pre", "text_link")
    ]
    for entity in detect_entities(text):
        first, last = entity["offset"], entity["offset"] + entity["length"]
        if not any(first < stop and last > start for start, stop in covered):
            kept.append(entity)
    kept.sort(key=lambda entity: (entity["offset"], -entity["length"]))
    return text, kept
