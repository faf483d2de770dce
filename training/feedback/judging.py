"""The texts about each picture, and what becomes of them.

Pictures are taken together by the SHA-256 of their bytes, whatever number the bot gave them.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from captioning.vocabulary import tokenise
from training.feedback.agreement import Agreement, Vote, Written, agreement
from training.feedback.curated import Dropped, KeptCaption, KeptPhoto, Pair, Rules
from training.feedback.export_lines import CaptionLine, CorrectionLine, Rating
from training.feedback.text_filters import Reason, TextFilter
from training.feedback.words import content_words, tidy


@dataclass(slots=True)
class Text:
    """What is known of one text about one picture, before it is judged."""

    kind: str
    text: str
    writers: list[str] = field(default_factory=list)
    votes: dict[str, Rating] = field(default_factory=dict)
    lines: int = 0
    good: float = 0.0
    reason: Reason | None = None


def pictures_of(lines: Iterable[CaptionLine | CorrectionLine]) -> dict[str, list[Text]]:
    """The texts about each picture; one that has no hash goes by its number.

    A model's caption that stands for a picture several times, for versions or repeated photos, is
    one text; a person's last rating of it counts.
    """
    texts: dict[str, dict[tuple[str, ...], Text]] = {}
    for line in lines:
        key = line.sha256 or f"#{line.photo_id}"
        own = ("correction",) if isinstance(line, CorrectionLine) else ("caption",)
        of_picture = texts.setdefault(key, {})
        spoken = (*own, *tokenise(line.text)) if tokenise(line.text) else (*own, "", line.text)
        text = of_picture.setdefault(spoken, Text(own[0], tidy(line.text)))
        text.lines += 1
        if isinstance(line, CorrectionLine):
            if line.person not in text.writers:
                text.writers.append(line.person)
            continue
        for rating in line.ratings:
            known = text.votes.get(rating.person)
            if known is None or rating.at >= known.at:
                text.votes[rating.person] = rating
    return {key: list(of_picture.values()) for key, of_picture in sorted(texts.items())}


def weigh(pictures: Mapping[str, Sequence[Text]]) -> Agreement:
    """How far people agree; writes into each caption how likely it is good."""
    captions: list[Text] = []
    votes: list[Vote] = []
    written: list[Written] = []
    said: dict[int, list[str]] = defaultdict(list)
    for photo, texts in enumerate(pictures.values()):
        for text in texts:
            if text.kind == "correction":
                written += (Written(person, photo, text.text) for person in text.writers)
                continue
            said[photo].append(text.text)
            votes += (
                Vote(person, len(captions), rating.value) for person, rating in text.votes.items()
            )
            captions.append(text)
    verdict = agreement(len(captions), votes, written, said)
    for text, good in zip(captions, verdict.good.tolist(), strict=True):
        text.good = good
    return verdict


def judge(
    sha256: str | None,
    texts: Sequence[Text],
    verdict: Agreement,
    filters: TextFilter,
    rules: Rules,
) -> KeptPhoto | None:
    """Give each text that is not kept its reason; None when nothing of the photo is left."""
    captions: list[KeptCaption] = []
    better: list[tuple[str, float]] = []
    worse: list[tuple[str, float]] = []
    for text in texts:
        trusted = [
            rating.value
            for rating in text.votes.values()
            if verdict.people[rating.person].trust >= rules.min_trust
        ]
        likes, dislikes = trusted.count(1), trusted.count(-1)
        writers = [
            verdict.people[person].trust
            for person in text.writers
            if verdict.people[person].trust >= rules.min_trust
        ]
        if text.kind == "correction":
            # Wrong only if all who wrote it are.
            text.good = 1 - float(np.prod([1 - trust for trust in writers]))
        repeated = any(
            (person, content_words(text.text)) in verdict.repeated for person in text.writers
        )
        text.reason = (
            Reason.NO_PHOTO
            if sha256 is None
            else _said_by_people(text, likes, dislikes, bool(writers), repeated, rules)
        )
        learnable = (text.kind == "correction" and text.reason is None) or likes > dislikes
        if sha256 is not None and learnable:
            refusal = filters.reason(text.text)
            text.reason = text.reason or refusal
            if refusal is None:
                better.append((text.text, text.good))
        elif sha256 is not None and text.kind == "caption" and dislikes > likes:
            worse.append((text.text, 1 - text.good))
        if text.reason is None:
            source = "correction" if text.kind == "correction" else "liked"
            captions.append(KeptCaption(text.text, round(text.good, 4), source, likes, dislikes))
    captions = _distinct(captions, texts)
    pairs = _pairs(better, worse, rules)
    if sha256 is None or not (captions or pairs):
        return None
    return KeptPhoto(sha256, rules.split(sha256), tuple(captions), tuple(pairs))


def _said_by_people(
    text: Text, likes: int, dislikes: int, has_writers: bool, repeated: bool, rules: Rules
) -> Reason | None:
    if text.kind == "correction":
        if not has_writers:
            return Reason.REPEATED if repeated else Reason.DISTRUSTED
        return Reason.REPEATED if repeated else None
    if likes >= rules.min_likes and likes > dislikes:
        return None
    if dislikes and dislikes >= likes:
        return Reason.DISLIKED
    everybody = [rating.value for rating in text.votes.values()]
    if everybody.count(1) >= rules.min_likes and everybody.count(1) > everybody.count(-1):
        return Reason.DISTRUSTED
    return Reason.FEW_LIKES


def _distinct(captions: Sequence[KeptCaption], texts: Sequence[Text]) -> list[KeptCaption]:
    """The surest first; a correction that says what a liked caption says makes that surer."""
    best: dict[tuple[str, ...], KeptCaption] = {}
    for caption in sorted(captions, key=lambda caption: (-caption.weight, caption.text)):
        words = tuple(tokenise(caption.text))
        same = best.get(words)
        if same is None:
            best[words] = caption
            continue
        weight = round(1 - (1 - same.weight) * (1 - caption.weight), 4)
        likes, dislikes = same.likes + caption.likes, same.dislikes + caption.dislikes
        best[words] = KeptCaption(same.text, weight, same.source, likes, dislikes)
        for text in texts:
            if text.text == caption.text and text.kind == caption.kind and text.reason is None:
                text.reason = Reason.SAME
    return sorted(best.values(), key=lambda caption: (-caption.weight, caption.text))


def _pairs(
    better: Sequence[tuple[str, float]], worse: Sequence[tuple[str, float]], rules: Rules
) -> list[Pair]:
    pairs = [
        Pair(chosen, rejected, round(good * bad, 4))
        for chosen, good in better
        for rejected, bad in worse
        if good * bad >= rules.min_preference and tokenise(chosen) != tokenise(rejected)
    ]
    pairs.sort(key=lambda pair: (-pair.weight, pair.chosen, pair.rejected))
    return pairs[: rules.pairs_per_photo]


def drops(texts: Iterable[Text], sha256: str | None) -> Iterator[Dropped]:
    """One for each line that is not kept."""
    for text in texts:
        # Lines beyond the first said the same of the same picture.
        for number in range(text.lines):
            reason = text.reason or (Reason.SAME if number else None)
            if reason is not None:
                yield Dropped(reason, text.text, text.kind, sha256)
