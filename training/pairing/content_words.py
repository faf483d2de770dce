"""The words of captions that tell what is to be seen."""

from collections import Counter
from collections.abc import Iterable

from captioning.vocabulary import tokenise

_FUNCTION_WORDS = frozenset(
    "a an the this that these those some another other each all both "
    "one two three four several many few lot couple group "
    "it its it's he his she her they their them him who which what "
    "is are be being been was were has have there t s "
    "of on in with to at by for from into onto over near next off up down out through around "
    "front top while and as or very".split()
)
"""What any caption may say; how many there are is not to be learned from a photo as a whole."""


class ContentWords:
    """Those that are said often enough to be learned; singular and plural are one.

    Args:
        captions: in which they are counted.
        min_count: captions that must say a word.
    """

    def __init__(self, captions: Iterable[str], min_count: int) -> None:
        said = Counter(word for caption in captions for word in set(tokenise(caption)))
        self._frequent = {word for word, count in said.items() if count >= min_count}
        counts: Counter[str] = Counter()
        for word in self._frequent - _FUNCTION_WORDS:
            counts[self._singular(word)] += said[word]
        self.words = sorted(counts, key=lambda word: (-counts[word], word))
        self._ids = {word: index for index, word in enumerate(self.words)}

    def __len__(self) -> int:
        return len(self.words)

    def of(self, caption: str) -> list[int]:
        """The ids of a caption's content words, each once, in their order."""
        words = {self._singular(word) for word in tokenise(caption)}
        return sorted(self._ids[word] for word in words if word in self._ids)

    def _singular(self, word: str) -> str:
        """A frequent word that differs by an ending of plurals (or verbs), or the word itself."""
        shorter = []
        if word.endswith("s") and not word.endswith("ss"):
            shorter.append(word[:-1])
        if word.endswith("es"):
            shorter.append(word[:-2])
        if word.endswith("ies"):
            shorter.append(word[:-3] + "y")
        return next((one for one in shorter if one in self._frequent), word)
