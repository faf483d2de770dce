"""What a caption written by a person has to be like, so that a model can learn from it."""

import re
import unicodedata
from difflib import SequenceMatcher

MIN_WORDS = 2
MIN_LETTERS = 4
MAX_CHARACTERS = 200

TOO_SHORT = "too_short"
TOO_LONG = "too_long"
LINK = "link"
NOT_ENGLISH = "not_english"
REPETITIVE = "repetitive"
QUESTION = "question"
SAME = "same"
TALK = "talk"

LATIN_SHARE = 0.8
"""Of the letters; a name in another script may be quoted."""

_WORD = re.compile(r"[^\W\d_]+")
_LINK = re.compile(
    r"https?:|www\.|t\.me/"
    r"|\b[\w-]+\.(?:app|biz|co|com|de|dev|eu|info|io|me|net|online|org|ru|uk|xyz|рф)\b"
    r"|@\w{3,}|\w@\w"  # a name at Telegram, an e-mail address
    r"|\+?\d[\d ().-]{7,}\d",  # a phone number
    re.IGNORECASE,
)
_REPEATED = re.compile(r"(.)\1{4,}|\b(\w+)(?:\W+\2\b){3,}", re.IGNORECASE)
_NUMBERED = re.compile(
    r"\s*(?:(?:photo|picture|image|number|no\.?|#)\s*)?"
    r"(\d{1,2})(?:\s*[:,]\s*|[.)]\s+|\s+[–—-]\s+|\s+(?=(?:a|an|the|some)\b))(.*)",
    re.DOTALL | re.IGNORECASE,
)
# What people say about an answer rather than about its photo.
_praise = (
    r"(?:that(?:'s| is) |it(?:'s| is) )?(?:(?:very|so|really|pretty|not) )?(?:good|great|nice|cool|"
    r"awesome|perfect|amazing|excellent|wonderful|brilliant|funny|well done|bad|wrong|right|"
    r"correct|true|wow|lol|haha+|ok|okay|yes|no|hello|hi|hey|sorry|please)"
    r"(?:,? (?:job|work|one|done|bot|caption|captions|answer|there|all|everyone|guess|try))*"
)
_TALK = re.compile(
    rf"(?:(?:oh|many|{_praise}),? )*(?:thanks?|thank you|thx|cheers)\b.*"
    rf"|{_praise}(?:,? {_praise})*|(?:i )?(?:love|like) (?:it|this|that|you)(?: (?:very )?much)?",
    re.IGNORECASE,
)
MENDED = 0.6
"""How alike two captions are when one is the other with mistakes mended."""


class CaptionRefusedError(Exception):
    """A caption cannot be used; `reason` is a short code, one of those of this module."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def tidy(text: str) -> str:
    """A text in one line, without invisible characters (which can also turn what follows)."""
    spaced = " ".join(unicodedata.normalize("NFC", text).split())
    return "".join(c for c in spaced if unicodedata.category(c) not in ("Cc", "Cf", "Co", "Cs"))


def check(text: str, known: tuple[str, ...] = ()) -> None:
    """Look at a tidy text; `known` are the captions that the models have given.

    Raises:
        CaptionRefusedError: it cannot be used.
    """
    if (reason := _refusal(text, known)) is not None:
        raise CaptionRefusedError(reason)


def numbered(text: str) -> tuple[int | None, str]:
    """What "2: a dog" says of which photo of an album: (2, "a dog"); None without a number."""
    match = _NUMBERED.fullmatch(text)
    return (None, text) if match is None else (int(match[1]), match[2])


def is_mended(former: str, text: str) -> bool:
    """Whether a text is another one with its mistakes mended, rather than a new one."""
    return SequenceMatcher(None, former.casefold(), text.casefold()).ratio() >= MENDED


def _refusal(text: str, known: tuple[str, ...]) -> str | None:
    letters = [character for character in text if character.isalpha()]
    latin = sum(unicodedata.name(letter, "").startswith("LATIN") for letter in letters)
    rules = (
        # First what tells most: "www.dog.com" is too short as well.
        (_LINK.search(text), LINK),
        (len(text) > MAX_CHARACTERS, TOO_LONG),
        (latin < LATIN_SHARE * len(letters), NOT_ENGLISH),
        (_REPEATED.search(text), REPETITIVE),
        # Replies to an answer are also how people talk about it, most of all in groups.
        (text.endswith("?"), QUESTION),
        (_TALK.fullmatch(text.strip(" .!,:;()🙂👍")), TALK),
        (len(_words(text)) < MIN_WORDS or len(letters) < MIN_LETTERS, TOO_SHORT),
        (_words(text) in map(_words, known), SAME),
    )
    return next((reason for applies, reason in rules if applies), None)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
