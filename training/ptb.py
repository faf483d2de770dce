"""Captions to words as the field's ruler, pycocoevalcap's tokeniser, splits them; no Java."""

import re

# Tokens that the ruler drops. "-LRB-" and its like are on its list too, but in capitals, and by
# then every token is in small letters: brackets therefore stay, here as there.
_PUNCTUATION = frozenset(
    {'"', "''", "'", "``", "`", ".", "?", "!", ",", ":", "-", "--", "...", ";"}
)
_PLAIN = re.compile(r"[a-z]+(?:-[a-z]+)*")
_CONTRACTION = re.compile(r"([a-z-]+?)(n't|'(?:s|m|d|ll|re|ve))")
_SPLIT = {"cannot": ("can", "not"), "gonna": ("gon", "na")}
_PIECE = re.compile(r"[a-z0-9]+(?:[-.'][a-z0-9]+)*\.?|''|``|[^\sa-z0-9]")
_BRACKETS = {"(": "-lrb-", ")": "-rrb-", "[": "-lsb-", "]": "-rsb-", "{": "-lcb-", "}": "-rcb-"}


def tokenise(caption: str) -> list[str]:
    """Split a caption into words in small letters, without punctuation."""
    words: list[str] = []
    for chunk in caption.lower().split():
        words.extend(_split(chunk))
    return [word for word in words if word not in _PUNCTUATION]


def _split(chunk: str) -> list[str]:
    if chunk in _SPLIT:
        return list(_SPLIT[chunk])
    if _PLAIN.fullmatch(chunk):
        return [chunk]
    if chunk in ("mr.", "jr.", "s.c.u.b.a.", "u.", "p.") or chunk in ("n't", "'s", "'n'"):
        return [chunk]
    if match := _CONTRACTION.fullmatch(chunk):
        return list(match.groups())
    return [_BRACKETS.get(piece, piece) for piece in _PIECE.findall(chunk)]
