"""A gallery of captioned photos: pages that need nothing but themselves and a browser.

Thumbnails, style and script are in the page; the photos themselves are linked to, from where the
page lies. Above `PHOTOS_PER_PAGE` photos there are several pages, so that a browser can hold each.
"""

import base64
import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from itertools import islice
from pathlib import Path
from urllib.parse import quote

from captioning.confidence import is_unsure
from captioning.library.files import whole_file
from captioning.library.finding import readable
from captioning.library.records import Record, Said

PHOTOS_PER_PAGE = 2000
_PAGE = Path(__file__).parent / "page"


def write_gallery(
    path: Path,
    records: Iterable[Record],
    titles: Mapping[str, str],
    photos_per_page: int = PHOTOS_PER_PAGE,
) -> list[Path]:
    """Write the pages of a gallery: `path`, and further ones with their number in the name.

    Returns:
        The pages.

    Raises:
        OSError: one cannot be written.
    """
    waiting = iter(records)
    pages: list[Path] = []
    chunk = list(islice(waiting, photos_per_page))
    while chunk or not pages:
        following = list(islice(waiting, photos_per_page))
        target = page_name(path, len(pages) + 1)
        with whole_file(target) as file:
            for part in _page(path, len(pages) + 1, chunk, bool(following), titles):
                file.write(part.encode())
        pages.append(target)
        chunk = following
    number = len(pages) + 1
    while (left := page_name(path, number)).exists():  # of a larger gallery that was here before
        left.unlink()
        number += 1
    return pages


def page_name(path: Path, number: int) -> Path:
    """The file of a gallery's page, counted from 1."""
    return path if number == 1 else path.with_name(f"{path.stem}-{number}{path.suffix}")


def _page(
    path: Path, number: int, records: list[Record], has_next: bool, titles: Mapping[str, str]
) -> Iterator[str]:
    style = (_PAGE / "style.css").read_text(encoding="utf-8")
    script = (_PAGE / "script.js").read_text(encoding="utf-8")
    head, tail = (_PAGE / "page.html").read_text(encoding="utf-8").split("{cards}")
    hashes = {"style_hash": _hash(style), "script_hash": _hash(script)}
    links = []
    if number > 1:
        links.append(_link(page_name(path, number - 1), "prev", "← Before"))
    if has_next:
        links.append(_link(page_name(path, number + 1), "next", "Further →"))
    filled = {
        **hashes,
        "style": style,
        "script": script,
        "title": escape(path.stem if number == 1 else f"{path.stem}, page {number}"),
        "count": f"{len(records):,}",
        "pages": f'<nav class="pages">{"".join(links)}</nav>' if links else "",
    }
    yield _fill(head, filled)
    for record in records:
        yield _card(record, path.absolute().parent, titles)
    yield _fill(tail, filled)


def _fill(template: str, values: Mapping[str, str]) -> str:
    # The page holds braces of CSS and of JavaScript, which `format` would take for its own.
    for name, value in values.items():
        template = template.replace("{" + name + "}", value)
    return template


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _link(page: Path, relation: str, text: str) -> str:
    return f'<a rel="{relation}" href="{quote(os.fsencode(page.name))}">{text}</a>'


def _card(record: Record, base: Path, titles: Mapping[str, str]) -> str:
    name = Path(readable(record.file))
    address = quote(os.fsencode(os.path.relpath(record.file, base)))
    best = record.ranked()[0].text if record.captions else ""
    if record.error is not None:
        picture = '<div class="none">no picture</div>'
        said = f'<p class="error">{escape(record.error)}</p>'
    else:
        width, height = record.size
        picture = (
            f'<a class="picture" href="{address}"><img alt="{escape(best)}" loading="lazy" '
            f'decoding="async" width="{width}" height="{height}" '
            f'src="data:image/webp;base64,{record.thumbnail}"></a>'
        )
        said = "".join(_said(caption, titles) for caption in record.captions)
    confidence = max((caption.confidence or 0.0 for caption in record.captions), default=-1.0)
    unsure = bool(record.captions) and all(is_unsure(one.confidence) for one in record.captions)
    return (
        f'<li class="card" data-confidence="{confidence:.3f}"{" data-unsure" if unsure else ""}>'
        f'<figure>{picture}<figcaption>{said}<p class="file" title="{escape(str(name))}">'
        f"<bdi>{escape(name.name)}</bdi></p></figcaption></figure></li>\n"
    )


def _said(said: Said, titles: Mapping[str, str]) -> str:
    title = escape(titles.get(said.model, said.model))
    if said.confidence is None:
        meter = ""
    else:
        percent = min(99, round(100 * said.confidence))  # nobody is that sure
        label = f"{percent} % likely to fit"
        mark = " unsure" if is_unsure(said.confidence) else ""
        meter = (
            f'<svg class="meter{mark}" viewBox="0 0 100 6" preserveAspectRatio="none" role="img" '
            f'aria-label="{label}"><title>{label}</title><rect class="all" width="100" height="6" '
            f'rx="3"/><rect class="part" width="{percent}" height="6" rx="3"/></svg>'
            f'<span class="percent">{percent} %</span>'
        )
    return (
        f'<div class="said"><p class="text">{escape(said.text)}</p>'
        f'<p class="by"><span class="model">{title}</span>{meter}</p></div>'
    )
