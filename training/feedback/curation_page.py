"""The report of a curated dataset as one page: what was kept, what was not and why, examples."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from html import escape

import numpy as np

from captioning import open_image
from training.datasets import SPLITS
from training.feedback.curated import Curated, Dropped, KeptCaption, KeptPhoto
from training.feedback.dataset_folder import manifest
from training.feedback.text_filters import Reason, masked
from training.html_page import fill, inline_image, table, tile

_PHOTOS = 12
_PAIRS = 6
_TEXTS = 6
_WORDS = 120
_PEOPLE = 12
_PHOTO_SIZE = (640, 440)

_MEANINGS = {
    Reason.GONE: "only in an older export: deleted since, and left out for that",
    Reason.NO_PHOTO: "the bot has not kept the photo, or it is in no export given",
    Reason.DAMAGED_PHOTO: "the photo cannot be decoded",
    Reason.HELD_OUT_PHOTO: "the photo is one that models are judged on",
    Reason.NEAR_DUPLICATE: "nearly the same photo is there already, with more said about it",
    Reason.DISTRUSTED: "of people whose ratings and captions do not fit what others say",
    Reason.REPEATED: "the same text by the same person for several photos",
    Reason.DISLIKED: "as many people dislike it as like it, or more",
    Reason.FEW_LIKES: "a model's caption that nobody or hardly anybody has rated",
    Reason.PERSONAL_DATA: "phone numbers, addresses, names at Telegram, links",
    Reason.OFFENSIVE: "slurs, obscenities, insults, calls for violence",
    Reason.PROMPT: "written to steer a model, or to be drawn by one",
    Reason.ADVERTISING: "praises what is for sale",
    Reason.NO_DESCRIPTION: "a question or a remark about the caption",
    Reason.TOO_SHORT: "says too little",
    Reason.TOO_LONG: "longer than a caption is",
    Reason.NOT_ENGLISH: "in another language, or no language",
    Reason.REPETITIVE: "the same letters or words over and over",
    Reason.SAME: "says what another caption of the photo says already",
}


def curation_page(curated: Curated) -> str:
    """The HTML of the report; the same for the same dataset."""
    facts = manifest(curated)
    newest = curated.exports[0]
    kept = facts["kept"]
    captioned = [photo for photo in curated.photos if photo.captions]
    pairs = sum(len(photo.pairs) for photo in curated.photos)
    people = facts["people"]
    total = sum(kept.values())
    tiles = [
        tile(
            "Captions",
            f"{total:,}",
            f"{kept['corrections']:,} written by people, {kept['captions']:,} that people liked",
        ),
        tile("Photos", f"{len(captioned):,}", "with at least one of these captions", colour=1),
        tile("Preferences", f"{pairs:,}", "pairs of captions of which one is better", colour=2),
        tile(
            "People",
            f"{people['trusted']:,}",
            f"are trusted; not trusted: {people['distrusted']:,}",
            colour=3,
        ),
    ]
    sections = [
        _fates(total, facts["dropped"]),
        _splits(curated),
        _examples(captioned, curated),
        _preferences(curated),
        _words(curated),
        _dropped(curated.dropped),
        _people(curated),
        _exports(curated),
    ]
    return fill(
        title="What people said about captions",
        subtitle=f"Curated from {newest.name}, exported on {newest.exported_at:%d %B %Y}",
        tiles="".join(tiles),
        sections=sections,
        footer=(
            "Weights say how sure people are of a caption. The photos are other people's: keep "
            "this page as confidential as the bot's data, and curate again, from a new export, "
            "after somebody has asked to be forgotten."
        ),
    )


def _fates(kept: int, dropped: dict[str, int]) -> str:
    most = max([kept, *dropped.values()])
    rows = [("kept", kept, "good", "to learn from")]
    rows += [
        (reason, count, "neutral", _MEANINGS[Reason(reason)]) for reason, count in dropped.items()
    ]
    bars = "".join(
        f'<span>{escape(name)} <span class="quiet small">{escape(meaning)}</span></span>'
        f'<i class="{style}" style="width: {100 * count / most:.1f}%"></i><b>{count:,}</b>'
        for name, count, style, meaning in rows
    )
    return (
        f"<h2>What became of {kept + sum(dropped.values()):,} texts</h2>"
        f'<div class="bars card">{bars}</div>'
    )


def _splits(curated: Curated) -> str:
    counts = manifest(curated)["splits"]
    rows = [
        (split, *(f"{counts[split][what]:,}" for what in ("photos", "captions", "preferences")))
        for split in SPLITS
    ]
    return (
        "<h2>Splits</h2>"
        '<p class="quiet">By the hash of the photo, so that it stays where it is in every dataset '
        "that is curated later.</p>" + table(("", "Photos", "Captions", "Preferences"), rows)
    )


def _drawn(photos: Sequence[KeptPhoto], count: int) -> list[KeptPhoto]:
    """Some photos, the same each time."""
    order = np.random.default_rng(0).permutation(len(photos))
    return [photos[row] for row in sorted(order[:count])]


def _examples(photos: Sequence[KeptPhoto], curated: Curated) -> str:
    articles = "".join(
        _article(photo, curated, "".join(map(_caption, photo.captions)))
        for photo in _drawn(photos, _PHOTOS)
    )
    return (
        '<h2>Examples</h2><p class="quiet">Drawn at random.</p>'
        f'<div class="examples">{articles}</div>'
    )


def _caption(caption: KeptCaption) -> str:
    said = (
        f"👍 {caption.likes} 👎 {caption.dislikes}" if caption.source == "liked" else "correction"
    )
    return (
        f'<p class="caption">{escape(caption.text)}</p>'
        f'<p class="score quiet"><span class="tag">{said}</span> weight {caption.weight:.2f}</p>'
    )


def _article(photo: KeptPhoto, curated: Curated, text: str) -> str:
    picture = open_image(curated.photo(photo.sha256))
    picture.thumbnail(_PHOTO_SIZE)
    return (
        f'<article class="example card">{inline_image(picture, photo.sha256[:12])}'
        f"<div>{text}</div></article>"
    )


def _preferences(curated: Curated) -> str:
    photos = [photo for photo in curated.photos if photo.pairs]
    if not photos:
        return ""
    articles = "".join(
        _article(
            photo,
            curated,
            f'<p class="caption good">{escape(photo.pairs[0].chosen)}</p>'
            f'<p class="bad"><s>{escape(masked(photo.pairs[0].rejected))}</s></p>'
            f'<p class="score quiet">weight {photo.pairs[0].weight:.2f}</p>',
        )
        for photo in _drawn(photos, _PAIRS)
    )
    return (
        '<h2>Preferences</h2><p class="quiet">The caption above is preferred to the one below.</p>'
        f'<div class="examples">{articles}</div>'
    )


def _words(curated: Curated) -> str:
    if not curated.new_words:
        return ""
    shown = list(curated.new_words.items())[:_WORDS]
    chips = "".join(
        f'<li>{escape(word)} <span class="quiet small">{count}</span></li>' for word, count in shown
    )
    rest = len(curated.new_words) - len(shown)
    more = f'<p class="quiet">And {rest:,} more.</p>' if rest else ""
    return (
        f"<h2>New words ({len(curated.new_words):,})</h2>"
        '<p class="quiet">The models do not know them; with the number of captions that use each. '
        "Those that stand once are often mistyped.</p>"
        f'<ul class="chips">{chips}</ul>{more}'
    )


def _dropped(dropped: Iterable[Dropped]) -> str:
    texts: dict[Reason, list[str]] = defaultdict(list)
    for entry in dropped:
        # What was deleted is not shown again.
        if entry.reason is not Reason.GONE and len(texts[entry.reason]) < _TEXTS:
            texts[entry.reason].append(masked(entry.text))
    parts = [
        f'<details class="card"><summary>{escape(reason)}</summary>'
        f"<ul>{''.join(f'<li>{escape(text)}</li>' for text in of_reason)}</ul></details>"
        for reason, of_reason in texts.items()
        if of_reason
    ]
    if not parts:
        return ""
    return (
        '<h2>Not kept</h2><p class="quiet">Some texts of each kind; what gives people away or '
        "offends is hidden.</p>" + "".join(parts)
    )


def _people(curated: Curated) -> str:
    if not curated.people:
        return ""
    least = sorted(curated.people.items(), key=lambda item: (item[1].trust, item[0]))[:_PEOPLE]
    rows = [
        (
            name,
            f"{person.trust:.2f}",
            f"{person.ratings}",
            f"{person.agreeing} of {person.compared}",
            f"{person.corrections}",
            f"{person.repeated}",
        )
        for name, person in least
    ]
    heads = ("Pseudonym", "Trust", "Ratings", "Agree with others", "Captions", "Repeated")
    return (
        '<h2>Who is trusted least</h2><p class="quiet">Trust is the probability that a person '
        f"looks at what they rate; below {curated.rules.min_trust:.2f} nothing of theirs counts."
        "</p>" + table(heads, rows)
    )


def _exports(curated: Curated) -> str:
    rows = [
        (
            export.name,
            f"{export.exported_at:%Y-%m-%d %H:%M}",
            f"{len(export.captions):,}",
            f"{len(export.corrections):,}",
            export.sha256[:16] or "–",
        )
        for export in curated.exports
    ]
    return "<h2>Exports</h2>" + table(
        ("File", "Exported", "Captions", "Corrections", "SHA-256"), rows
    )
