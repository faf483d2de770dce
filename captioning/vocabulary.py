"""Words and ids: tokenisation, special tokens, and sentences made of words again."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence

PAD, BOS, EOS, UNK = range(4)
SPECIAL_TOKENS = ("<pad>", "<bos>", "<eos>", "<unk>")
EMPTY = "<empty>"
"""Stands for the empty string in an imported vocabulary that has it as a word."""

COMMON = 0.003
"""Share of all words above which a word is common. Some fifty are: "a", "on", "dog", "two"."""

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


def tokenise(caption: str) -> list[str]:
    """Split a caption into lower-case words; punctuation is dropped, ``t-shirt`` stays whole."""
    return _WORD.findall(caption.lower().replace("’", "'"))


def sentence(words: Sequence[str], *, finished: bool = True) -> str:
    """Words as a person writes them: capital letter, single spaces, full stop.

    An unfinished caption, cut at the length limit, ends in an ellipsis instead.
    """
    text = " ".join(word for word in words if word)
    return text[:1].upper() + text[1:] + ("." if finished else "…") if text else ""


class Vocabulary:
    """An immutable two-way mapping between words and ids; the special tokens come first.

    Args:
        words: the words, special tokens excluded, in the order of their ids.
        counts: how often each of `words` is said in the captions that a model was trained on;
            empty when that is not known.

    Raises:
        ValueError: for an empty, repeated or special word, or counts of other words.
    """

    def __init__(self, words: Iterable[str], counts: Iterable[int] = ()) -> None:
        self.words: tuple[str, ...] = (*SPECIAL_TOKENS, *words)
        self._ids = {word: index for index, word in enumerate(self.words)}
        if len(self._ids) != len(self.words):
            raise ValueError("a vocabulary lists a word twice, or a special token as a word")
        if "" in self._ids:
            raise ValueError("a vocabulary lists the empty string as a word")
        self.counts: tuple[int, ...] = tuple(map(int, counts))
        if self.counts and len(self.counts) != len(self.words) - len(SPECIAL_TOKENS):
            raise ValueError("a vocabulary counts other words than it lists")

    def counted(self, captions: Iterable[str]) -> "Vocabulary":
        """The same words, with how often `captions` say each."""
        counts = Counter(word for caption in captions for word in tokenise(caption))
        words = self.words[len(SPECIAL_TOKENS) :]
        return Vocabulary(words, (counts[word] for word in words))

    def rarity(self) -> list[float]:
        """Of each word, by how many e-folds it is rarer than `COMMON`, and 0 if it is not.

        A word that is never said counts as said once. 0 for special tokens, and for all words when
        their counts are not known.
        """
        total = sum(self.counts)
        rarer = [max(0.0, math.log(COMMON * total / max(count, 1))) for count in self.counts]
        return [0.0] * len(SPECIAL_TOKENS) + (rarer or [0.0] * (len(self) - len(SPECIAL_TOKENS)))

    def __len__(self) -> int:
        return len(self.words)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocabulary) and self.words == other.words

    def __hash__(self) -> int:
        return hash(self.words)

    def encode(self, caption: str) -> list[int]:
        """Ids of a caption's words, UNK for the unknown, without BOS and EOS."""
        return [self._ids.get(word, UNK) for word in tokenise(caption)]

    def decode(self, ids: Iterable[int]) -> list[str]:
        """The words of `ids` up to the first EOS; PAD, BOS and UNK are left out.

        Of an imported vocabulary, ``""`` may be among the words; a sentence leaves it out.
        """
        words = []
        for index in ids:
            if index == EOS:
                break
            if index >= len(SPECIAL_TOKENS):
                word = self.words[index]
                words.append("" if word == EMPTY else word)
        return words
