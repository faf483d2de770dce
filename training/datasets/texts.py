"""Captions of photos that are not there, one a line."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from training.datasets.records import DatasetError, checked_caption, read_lines


class Text(NamedTuple):
    """A caption without its photo."""

    source: str
    """Where it comes from; empty when the file does not say."""
    caption: str


def read_texts(path: Path, sources: Sequence[str] = ()) -> list[Text]:
    """The captions in a file, which may be compressed (``.gz``).

    Each line is a caption, or ``source:id<TAB>caption``.

    Args:
        sources: which to take; all when there are none.

    Raises:
        DatasetError: naming the file, and the line where there is one: when it cannot be read, is
            not compressed as its name says, is not UTF-8, has a caption without words, or nothing
            of one of `sources`.
    """
    texts = []
    for where, line in read_lines(path):
        key, tab, caption = line.partition("\t")
        source = key.partition(":")[0] if tab else ""
        texts.append(Text(source, checked_caption(caption if tab else line, where)))
    if not texts:
        raise DatasetError(f"{path} has no captions")
    found = {text.source for text in texts}
    if missing := [source for source in sources if source not in found]:
        raise DatasetError(
            f"{path} has no captions of the source {missing[0]!r}: its sources are "
            f"{', '.join(map(repr, sorted(found)))}"
        )
    return [text for text in texts if not sources or text.source in sources]
