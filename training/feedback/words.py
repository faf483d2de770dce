"""Words of captions as the filters see them: which carry meaning, which are English."""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

from captioning.vocabulary import tokenise

FUNCTION_WORDS = frozenset(
    (
        "a about above across after against all along also am among an and another any are around "
        "as at away back be been before behind being below beneath beside between both but by can "
        "could do does down during each either every few for from front had has have he her hers "
        "herself him himself his how i if in inside into is it its itself just like many may more "
        "most much near next no nor not of off on one onto or other others our out outside over "
        "past same she so some such than that the their them themselves then there these they "
        "this those through to together too toward towards two under up upon was we were what "
        "when where which while who whose will with within without you your"
    ).split()
)
"""English words that say little about a photo."""

_FOREIGN = (
    frozenset(
        (
            # Spanish, Portuguese, Italian, French
            "el la los las un una unos unas del al con por para pero esta este muy niño niña "
            "perro gato hombre mujer calle playa mesa um uma com não mulher homem rua praia "
            "cachorro "
            "em na da dos das ao il lo gli uno di della nel sulla che sono bambino ragazzo cane "
            "gatto "
            "uomo donna spiaggia le les des du une dans sur avec est et pour qui homme femme chien "
            "chat enfant garçon fille plage rue "
            # German, Dutch, the Scandinavian languages
            "der das den dem ein eine einen einem einer und ist im mit auf zwei hund katze mann "
            "frau "
            "kind junge mädchen strand sitzt steht läuft het een op van met voor en zijn hond "
            "vrouw "
            "jongen meisje kat staat zit loopt och är på ett av på som og er av jente gutt mand "
            "kvinde "
            "pige dreng kvinna flicka pojke "
            # Polish, Czech, Turkish, Indonesian, Hungarian, Romanian, Finnish
            "na w z do jest się pies kot kobieta mężczyzna chłopiec dziewczyna je se ve muž žena "
            "kluk bir ve köpek kedi adam kadın çocuk yang di dan dengan seekor anjing kucing pria "
            "wanita sebuah egy és kutya macska férfi nő fiú lány și cu pe un câine pisică bărbat "
            "femeie koira kissa mies nainen ja "
            # Russian and Ukrainian, in Latin letters
            "v po iz sobaka koshka kot devushka devochka malchik muzhchina zhenshchina chelovek "
            "stoit sidit bezhit idet lezhit lyudi na fone pes divchyna cholovik zhinka "
            # Hindi and Tagalog, in Latin letters
            "ek aur hai hain mein ke ki ka par kutta billi aadmi aurat ladka ladki ang isang ng "
            "sa mga "
            "aso pusa lalaki babae"
        ).split()
    )
    - FUNCTION_WORDS
    - frozenset("as dan das den do kind la met mies pies sit van".split())
)
"""Frequent words of languages that people write in Latin letters; none is an English word."""

_SUFFIXES = ("'s", "s", "es", "ed", "d", "ing", "ly", "er", "est", "y")
_LATIN_SHARE = 0.8
"""Of the letters; a sign in another script may be quoted."""
_KNOWN_SHARE = 0.5
_PLAUSIBLE = 0.5
"""What a word that is unknown and looks English counts, beside a known one."""


def content_words(text: str) -> tuple[str, ...]:
    """The words of a text that say something about a photo, in their order."""
    return tuple(word for word in tokenise(text) if word not in FUNCTION_WORDS)


class English:
    """Tells English captions from those in other languages.

    Most words of a caption are known, or inflected from known words. The others are taken for
    English when their letters follow each other as in known words (Cavnar and Trenkle, 1994, tell
    languages by their n-grams too) and they are no frequent word of another language.

    Args:
        words: English words that captions are made of: a model's vocabulary.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._known = {word.casefold() for word in words} | FUNCTION_WORDS
        self._trigrams: Counter[str] = Counter()
        self._bigrams: Counter[str] = Counter()
        plain = sorted(word for word in self._known if word.isascii() and word.isalpha())
        for word in plain:
            for gram in _trigrams(word):
                self._trigrams[gram] += 1
                self._bigrams[gram[:2]] += 1
        likelihoods = sorted(self._likelihood(word) for word in plain)
        # Nineteen of twenty known words look at least so English.
        self._least = likelihoods[len(likelihoods) // 20]

    def knows(self, word: str) -> bool:
        """Whether the word is known, or an inflection of a known one."""
        if word in self._known or word.isdigit():
            return True
        if "-" in word:
            return all(part in self._known for part in word.split("-"))
        for suffix in _SUFFIXES:
            stem = word.removesuffix(suffix)
            if stem != word and len(stem) > 2:
                doubled = stem[:-1] if stem[-1:] == stem[-2:-1] else stem
                if {stem, doubled, stem + "e", stem + "y"} & self._known:
                    return True
        return False

    def speaks(self, text: str) -> bool:
        """Whether a caption is English."""
        letters = [letter for letter in text if letter.isalpha()]
        if sum(map(_is_latin, letters)) < _LATIN_SHARE * len(letters):
            return False
        words = tokenise(text)
        # Letters of another script that look Latin pass for none of ours.
        if any(_mixes_scripts(word) for word in words):
            return False
        known = foreign = plausible = 0
        for word in words:
            if word in FUNCTION_WORDS:
                known += 1
            elif word in _FOREIGN:
                foreign += 1
            elif self.knows(word):
                known += 1
            elif self._likelihood(word) >= self._least:
                plausible += 1
        if foreign >= max(1, known):
            return False
        return known + _PLAUSIBLE * plausible >= _KNOWN_SHARE * len(words)

    def _likelihood(self, word: str) -> float:
        """Mean log-probability of each letter after the two before it."""
        grams = _trigrams(word)
        return sum(
            math.log((self._trigrams[gram] + 0.1) / (self._bigrams[gram[:2]] + 2.7))
            for gram in grams
        ) / len(grams)


def _trigrams(word: str) -> list[str]:
    padded = f"^^{word}$"
    return [padded[start : start + 3] for start in range(len(padded) - 2)]


def _is_latin(letter: str) -> bool:
    return letter.isascii() or unicodedata.name(letter, "").startswith("LATIN")


def _mixes_scripts(word: str) -> bool:
    letters = [letter for letter in word if letter.isalpha()]
    return 0 < sum(map(_is_latin, letters)) < len(letters)


_SPACE = re.compile(r"\s+")


def tidy(text: str) -> str:
    """A text in one line, in compatible characters, without invisible ones."""
    if text.isascii() and text.isprintable():
        return _SPACE.sub(" ", text).strip()
    normal = unicodedata.normalize("NFKC", text)
    visible = "".join(c for c in normal if unicodedata.category(c) not in ("Cf", "Co", "Cs"))
    spaced = "".join(" " if unicodedata.category(c) == "Cc" else c for c in visible)
    return _SPACE.sub(" ", spaced).strip()
