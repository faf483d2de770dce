"""Pages that need nothing beside themselves: one template with its styles, pictures inline."""

import base64
import io
from collections.abc import Iterable
from html import escape
from pathlib import Path
from string import Template

from PIL import Image

_TEMPLATE = Path(__file__).with_name("report.html")
_JPEG_QUALITY = 82


def fill(*, title: str, subtitle: str, tiles: str, sections: Iterable[str], footer: str) -> str:
    """The page; `tiles` and `sections` are HTML, the others plain text."""
    return Template(_TEMPLATE.read_text(encoding="utf-8")).substitute(
        title=escape(title),
        subtitle=escape(subtitle),
        tiles=f'<div class="tiles">{tiles}</div>',
        sections="\n".join(sections),
        footer=escape(footer),
    )


def inline_image(image: Image.Image, description: str) -> str:
    """An ``<img>`` that holds its picture."""
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, "JPEG", quality=_JPEG_QUALITY, optimize=True)
    data = base64.b64encode(buffer.getvalue()).decode("ascii")
    return (
        f'<img src="data:image/jpeg;base64,{data}" width="{image.width}" height="{image.height}" '
        f'alt="{escape(description)}">'
    )


def tile(heading: str, number: str, text: str, *, colour: int = 0) -> str:
    """A figure that stands for itself; all plain text."""
    return (
        f'<section class="tile card series-{colour}"><h2>{escape(heading)}</h2>'
        f'<div class="number">{escape(number)}</div><div class="quiet">{escape(text)}</div>'
        "</section>"
    )


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table of plain texts, the first of each row naming it."""
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    body = []
    for name, *cells in rows:
        row = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
        body.append(f'<tr><th scope="row">{escape(name)}</th>{row}</tr>')
    return (
        f'<div class="scroll card"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )
