"""From exports to a dataset, in memory: what is kept, with what weight, and why the rest is not."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from captioning import ImageError
from training.feedback.curated import Curated, Dropped, KeptPhoto, Rules
from training.feedback.export_lines import CaptionLine, CorrectionLine
from training.feedback.export_reader import Export, ExportError
from training.feedback.judging import drops, judge, pictures_of, weigh
from training.feedback.near_duplicates import duplicates, near_pairs, perceptual_hash, stack
from training.feedback.text_filters import Reason, TextFilter
from training.feedback.words import content_words

_AT_A_TIME = 256
"""Photos in memory together."""


def curate(
    exports: Sequence[Export],
    words: Iterable[str],
    rules: Rules | None = None,
    *,
    held_out: NDArray[np.uint64] | None = None,
) -> Curated:
    """Choose what models can learn from.

    Of several exports the newest wins: what it does not speak of any more was deleted, by those
    whose it was or because it was old, and is dropped. The others only lend photos to an export
    that was written without them.

    Args:
        words: English words that the models know, for telling languages and new words.
        held_out: perceptual hashes (N, 2) of photos that must not be learnt from.

    Raises:
        ExportError: for exports of different bots, or a photo of an export that cannot be read.
    """
    rules = rules or Rules()
    newest, *older = sorted(exports, key=lambda export: (export.exported_at, export.sha256))[::-1]
    _check_one_bot(newest, older)
    filters = TextFilter(words, min_words=rules.min_words, max_words=rules.max_words)
    dropped = list(_gone(newest, older))
    pictures = pictures_of((*newest.captions, *newest.corrections))
    verdict = weigh(pictures)
    ordered = (newest, *older)
    kept: dict[str, KeptPhoto] = {}
    for key, texts in pictures.items():
        sha256 = key if any(key in export.photos for export in ordered) else None
        photo = judge(sha256, texts, verdict, filters, rules)
        dropped += drops(texts, sha256 and key)
        if photo is not None:
            kept[photo.sha256] = photo
    refused = _refused_photos(kept, ordered, rules, held_out)
    for sha256, reason in refused.items():
        dropped += (
            Dropped(reason, caption.text, caption.kind, sha256)
            for caption in kept.pop(sha256).captions
        )
    photos = tuple(kept[sha256] for sha256 in sorted(kept))
    new_words = Counter(
        word
        for photo in photos
        for caption in photo.captions
        for word in set(content_words(caption.text))
        if not filters.english.knows(word)
    )
    return Curated(
        ordered, rules, photos, tuple(dropped), verdict.people, dict(new_words.most_common())
    )


def _check_one_bot(newest: Export, older: Sequence[Export]) -> None:
    """Photos have the same number in every export of one bot."""
    known = {line.photo_id: line.sha256 for line in _lines(newest) if line.sha256}
    for export in older:
        both = [
            (known[line.photo_id], line.sha256)
            for line in _lines(export)
            if line.sha256 and line.photo_id in known
        ]
        same = sum(first == second for first, second in both)
        if both and same * 2 < len(both):
            raise ExportError(
                f"{newest.name} and {export.name} give other numbers to the same photos: they are "
                "of different bots; curate each bot's exports into a dataset of its own"
            )


def _lines(export: Export) -> Iterator[CaptionLine | CorrectionLine]:
    yield from export.captions
    yield from export.corrections


def _gone(newest: Export, older: Sequence[Export]) -> Iterator[Dropped]:
    """What only older exports speak of; a text that was in several counts once."""
    seen = {_identity(line) for line in _lines(newest)}
    for export in older:
        for line in _lines(export):
            identity = _identity(line)
            if identity not in seen:
                seen.add(identity)
                kind = "correction" if isinstance(line, CorrectionLine) else "caption"
                yield Dropped(Reason.GONE, line.text, kind, None)


def _identity(line: CaptionLine | CorrectionLine) -> tuple[object, ...]:
    if isinstance(line, CorrectionLine):
        return "correction", line.photo_id, line.person
    return "caption", line.photo_id, line.model, line.version, line.text


def _refused_photos(
    kept: Mapping[str, KeptPhoto],
    exports: Sequence[Export],
    rules: Rules,
    held_out: NDArray[np.uint64] | None,
) -> dict[str, Reason]:
    """The photos that cannot be used, in the order of their hashes."""

    def hashed(sha256: str) -> NDArray[np.uint64] | None:
        content = next(export.photos[sha256] for export in exports if sha256 in export.photos)
        try:
            return perceptual_hash(content)
        except ImageError:
            return None

    names = sorted(kept)
    hashes: dict[str, NDArray[np.uint64]] = {}
    refused: dict[str, Reason] = {}
    waiting = iter(names)
    with ThreadPoolExecutor() as threads:
        while batch := list(islice(waiting, _AT_A_TIME)):
            for sha256, value in zip(batch, threads.map(hashed, batch), strict=True):
                if value is None:
                    refused[sha256] = Reason.DAMAGED_PHOTO
                else:
                    hashes[sha256] = value
    if held_out is not None:
        listed = list(hashes)
        for row, _ in near_pairs(stack(hashes.values()), held_out, rules.near):
            refused[listed[row]] = Reason.HELD_OUT_PHOTO
            hashes.pop(listed[row], None)
    listed = list(hashes)
    order = sorted(range(len(listed)), key=lambda row: _worth(kept[listed[row]]))
    for row in duplicates(stack(hashes.values()), order, rules.near):
        refused[listed[row]] = Reason.NEAR_DUPLICATE
    return refused


def _worth(photo: KeptPhoto) -> tuple[float, int, str]:
    """A key that puts the photo of which people said most first."""
    return -sum(caption.weight for caption in photo.captions), -len(photo.pairs), photo.sha256
