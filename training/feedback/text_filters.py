"""Which texts no model should learn from, and why: rules on the text alone."""

import re
from collections.abc import Iterable
from enum import StrEnum

from captioning.vocabulary import tokenise
from training.feedback.words import English, tidy


class Reason(StrEnum):
    """Why a text or a photo is not in a dataset."""

    GONE = "gone"
    NO_PHOTO = "no photo"
    DAMAGED_PHOTO = "damaged photo"
    HELD_OUT_PHOTO = "held-out photo"
    NEAR_DUPLICATE = "near-duplicate photo"
    DISTRUSTED = "distrusted person"
    REPEATED = "written again and again"
    DISLIKED = "disliked"
    FEW_LIKES = "liked by too few"
    PERSONAL_DATA = "personal data"
    OFFENSIVE = "offensive"
    PROMPT = "prompt-like"
    ADVERTISING = "advertising"
    NO_DESCRIPTION = "no description"
    TOO_SHORT = "too short"
    TOO_LONG = "too long"
    NOT_ENGLISH = "not English"
    REPETITIVE = "repetitive"
    SAME = "same text"


MIN_WORDS = 3
MAX_WORDS = 40
MAX_CHARACTERS = 200

_PERSONAL = re.compile(
    r"https?:|www\.|\bt\.me\b"
    r"|\b[\w-]+\.(?:app|biz|co|com|de|dev|eu|fr|gg|info|io|ly|me|net|online|org|ru|shop|site|store"
    r"|uk|ua|xyz|рф)\b(?:/\S*)?"
    r"|(?<!\w)@\s?\w{3,}"  # a name at Telegram
    r"|\w\s?@\s?\w"  # an e-mail address
    r"|\w\s*[(\[{]\s*(?:at|@)\s*[)\]}]\s*\w"
    r"|\b[\w.]+ at [\w-]+ dot \w{2,}\b"
    r"|\b(?:my name is|my address is|my (?:phone|number) is|i live (?:at|in|on))\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?<![\w.,])\+?\(?\d[\d ().\-–/]{5,}\d(?!\w)")
_YEARS = re.compile(r"(?:1[89]|20)\d\d\s?[-–/]\s?(?:1[89]|20)\d\d")
_PHONE_DIGITS = 7

_PROMPT = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b.{0,30}\b(?:above|all|earlier|instruct\w*|previous|"
    r"prior|prompts?|rules?)\b"
    r"|\b(?:system|developer|hidden) (?:message|prompt)\b|\byour (?:instructions|prompt)\b"
    r"|\bas an? (?:ai|assistant|(?:large )?language model)\b|\b(?:chatgpt|gpt-?\d|llm)\b"
    r"|\byou are (?:a|an|now|the) \w*|\bact as an?\b|\bpretend (?:that )?you\b|\bjailbreak\b"
    r"|^(?:please |kindly )?(?:caption|create|describe|draw|explain|generate|imagine|list|"
    r"output|print|repeat|reply|respond|say|summari[sz]e|tell|translate|write)\b"
    r"(?: (?:a|an|me|the|this|these|us|only|exactly|in|it)\b|:)"
    r"|\b(?:highly detailed|hyper-?realistic|photorealistic|octane render|unreal engine|"
    r"trending on artstation|masterpiece,|best quality|ultra hd|negative prompt)\b|\b[48]k\b"
    r"|(?:^|\s)--?(?:ar|v|seed|style|no|q)\s|<[/|!?a-z][^>]*>|\[/?inst\]|\{\{|\}\}|```|\\n|\$\{"
    r"|^(?:answer|assistant|caption|human|instruction|label|output|prompt|system|user)\s?:",
    re.IGNORECASE,
)
_ADVERTISING = re.compile(
    r"(?<!to )\b(?:buy|order|shop|call|sign up|register|join|subscribe|download|book|click|visit|"
    r"dm|"
    r"message|text|follow)\s(?:(?!during)\w+\s)?(?:now|today|here|us|me|our|my)\b"
    r"|\b\d+\s?% (?:off|discount|cashback)|\bdiscount(?:s|ed)? (?:code|on|for|up)\b"
    r"|\b(?:promo|coupon|referral|voucher) ?code\b|\bpromocode\b|\blink in (?:the )?(?:bio|profile)"
    r"|\b(?:free shipping|best prices?|low(?:est)? prices?|limited(?: time)? offer|special offer|"
    r"money back|earn money (?:fast|online|with)|work from home|passive income|make money|"
    r"get rich|100% free|"
    r"for sale now|only today|free trial)\b"
    r"|\b(?:online casino|casino (?:bonus|online)|betting site|forex|bitcoin|crypto(?:currency)?|"
    r"nft|airdrop|viagra|onlyfans)\b"
    r"|\b(?:only|just|from)\s(?:[$€£₽]\s?\d|\d+\s?(?:[$€£₽]|usd|eur|rub)\b)",
    re.IGNORECASE,
)
_NO_DESCRIPTION = re.compile(
    r"\?\s*$"
    r"|^(?:lol|haha\w*)\b|^(?:no|nope|yes|yeah|ok|okay|wow|hi|hello|hey|thanks?|thank you|sorry|"
    r"please|"
    r"bad bot|good bot|stupid bot)\b(?!-)(?: ?[,.!:)]|$| (?:it|this|that|you|for|the bot|bot)\b)"
    r"|^(?:(?:it|this|that)(?: is|'s)|that was|what an?|very|so|totally|completely|"
    r"really|absolutely) (?:(?:a|an|not|so|very|totally|completely) )?(?:wrong|bad|false|incorrect|"
    r"nonsense|right|correct|good|great|terrible|awful|stupid|perfect|nice|funny|caption|answer|"
    r"description)(?: one| bot| caption| answer| description| picture| photo)?[.!]*$"
    r"|\b(?:wrong|bad|good|nice|right|correct|better|your|this) (?:caption|description|answer|"
    r"bot)\b"
    r"|\b(?:the|this) (?:bot|caption|description) (?:is|was|says|should)\b"
    r"|\b(?:test|testing) (?:test|testing|\d)|^(?:test|testing|asdf\w*|qwerty\w*|lorem ipsum)\b",
    re.IGNORECASE,
)
_REPETITIVE = re.compile(r"(.)\1{4,}|\b(\w+)(?:\W+\2\b){2,}", re.IGNORECASE)

# Written apart, masked or in other digits, a word stays what it is.
_DISGUISES = str.maketrans("013457@$!", "oieastasi")
_OFFENSIVE = re.compile(
    r"\b(?:"
    # Slurs against origin, faith, love, body and mind.
    r"nigg(?:a|er|uh)s?|negro(?:es|s)?|(?<!maine )coons?|chinks?|gooks?|kikes?|spics?|wetbacks?|"
    r"beaners?|"
    r"pakis?|ragheads?|towelheads?|sand ?monkeys?|porch ?monkeys?|darkies|darky|golliwogs?|wogs?|"
    r"gypp?os?|redskins?|squaws?|half[- ]breeds?|fag(?:got)?s?|dykes?|trann(?:y|ies)|shemales?|"
    r"homos?(?! sapiens)|retard(?:s|ed)?|spastics?|spaz|cripples?|mongoloids?|subhumans?|"
    r"untermensch(?:en)?|"
    r"chuchmek\w*|churk[ai]\w*|zhid(?:y|ov\w*)?|pid[oa]r\w*|hohol\w*|moskal\w*|"
    # Obscenities.
    r"fck|fuk(?:ing|er)?|motherf\w*|bullsh\w*|"
    r"cunts?|cocksuck\w*|dickheads?|dumbass\w*|jackass\w*|asshole\w*|arsehole\w*|ass(?:es)?|"
    r"arse|butthole|bitch\w*|bastards?|wank\w*|twats?|bollocks|puss(?:y(?! willow)|ies)|"
    r"(?<!blue )(?<!great )tits|titties|"
    r"boobs?|blow ?jobs?|hand ?jobs?|dildos?|jizz|cum(?:shot)?s?|cumming|horny|milfs?|porn\w*|"
    r"hentai|gang ?bang\w*|masturbat\w*|erections?|penis(?:es)?|vaginas?|"
    r"whores?|sluts?|slutty|skanks?|hookers?|thots?|"
    r"blya[td]\w*|suk[ai]|khuy\w*|huy|huynya|hu[iy]lo|pizd\w*|yeb\w*|ebat|mudak\w*|gandon\w*|"
    r"shlyuh\w*|zalup\w*|"
    # Insults and calls for violence.
    r"idiots?|imbeciles?|morons?|stupid|dumb(?:est)?|scum(?:bag)?s?|douche(?:bag)?s?|"
    r"nazis?|heil hitler|sieg heil|white power|rapists?|rap(?:e(?! field| flower| blossom)|ed|"
    r"ing)|pedo(?:phile)?s?|"
    r"paedophiles?|terrorists?|kill (?:all|them|him|her|yourself)|kys|gas the|hang (?:him|them|"
    r"her)|"
    r"should (?:die|be (?:killed|shot|hanged))|go to hell"
    r")\b"
    r"|fuck|shit(?!ake|take|su|zu)",
    re.IGNORECASE,
)
_MASKED = (_PERSONAL, _NUMBER, _OFFENSIVE)
_APART = re.compile(r"\b(?:\w[\W_]+){2,}\w\b")


class TextFilter:
    """Judges texts.

    Args:
        words: English words that captions are made of, see `English`.
        min_words, max_words: lengths that a caption may have, in words.
    """

    def __init__(
        self, words: Iterable[str], *, min_words: int = MIN_WORDS, max_words: int = MAX_WORDS
    ) -> None:
        self.english = English(words)
        self._min_words, self._max_words = min_words, max_words

    def reason(self, text: str) -> Reason | None:
        """Why a text cannot be learnt from; None when it can.

        What tells most comes first: a link of one word is personal data, not a short text.
        """
        text = tidy(text)
        words = tokenise(text)
        rules = (
            (lambda: _has_personal_data(text), Reason.PERSONAL_DATA),
            (lambda: is_offensive(text), Reason.OFFENSIVE),
            (lambda: _PROMPT.search(text), Reason.PROMPT),
            (lambda: _ADVERTISING.search(text), Reason.ADVERTISING),
            (lambda: _NO_DESCRIPTION.search(text), Reason.NO_DESCRIPTION),
            (lambda: _REPETITIVE.search(text), Reason.REPETITIVE),
            (lambda: len(words) < self._min_words, Reason.TOO_SHORT),
            (lambda: len(words) > self._max_words or len(text) > MAX_CHARACTERS, Reason.TOO_LONG),
            (lambda: not self.english.speaks(text), Reason.NOT_ENGLISH),
        )
        return next((reason for applies, reason in rules if applies()), None)


def is_offensive(text: str) -> bool:
    """Whether a text holds a slur, an obscenity, an insult or a call for violence.

    Words are also found when they are written apart (``i d i o t``) or disguised (``1d10t``).
    """
    plain = tidy(text)
    spread = _APART.sub(lambda match: re.sub(r"[\W_]+", "", match[0]), plain)
    return any(
        _OFFENSIVE.search(form)
        for form in {plain, plain.translate(_DISGUISES), spread, spread.translate(_DISGUISES)}
    )


def masked(text: str) -> str:
    """A text whose personal data and offensive words are dots, to be shown as an example."""
    shown = []
    start = 0
    spans = [match.span() for pattern in _MASKED for match in pattern.finditer(text)]
    for begin, end in sorted(spans):
        # The whole word goes, however little of it gave it away.
        begin = max(start, text.rfind(" ", 0, begin + 1) + 1)
        while end < len(text) and not text[end].isspace():
            end += 1
        if begin < end:
            shown += [text[start:begin], "•" * min(end - begin, 8)]
            start = end
    return "".join([*shown, text[start:]])


def _has_personal_data(text: str) -> bool:
    if _PERSONAL.search(text):
        return True
    numbers = (match[0] for match in _NUMBER.finditer(text) if not _YEARS.fullmatch(match[0]))
    return any(sum(map(str.isdigit, number)) >= _PHONE_DIGITS for number in numbers)
