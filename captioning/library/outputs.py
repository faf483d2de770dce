"""The captions of a library in one file: a table, JSON lines, a list, or a gallery."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import IO

from captioning.confidence import is_unsure
from captioning.library.files import whole_file
from captioning.library.finding import readable
from captioning.library.gallery import write_gallery
from captioning.library.records import Record, public

Records = Iterable[Record]
Titles = Mapping[str, str]
"""Of the models that were asked, by their names."""


def write_output(path: Path, records: Records, titles: Titles) -> list[Path]:
    """Write what is known of photos into `path`, whose suffix is one of `WRITERS` or of a gallery.

    Returns:
        The files that were written; a gallery may take several.

    Raises:
        OSError: a file cannot be written.
    """
    if path.suffix.lower() in GALLERY_SUFFIXES:
        return write_gallery(path, records, titles)
    with whole_file(path) as file:
        WRITERS[path.suffix.lower()](file, records, titles)
    return [path]


def _write_csv(file: IO[bytes], records: Records, titles: Titles) -> None:
    # The mark at the beginning tells spreadsheets that it is UTF-8.
    text = io.TextIOWrapper(file, "utf-8-sig", newline="")
    table = csv.writer(text)
    models = [column for name in titles for column in (name, f"{name} confidence")]
    table.writerow(["file", *models, "error"])
    for record in records:
        said = {caption.model: caption for caption in record.captions}
        cells: list[str] = []
        for name in titles:
            caption = said.get(name)
            cells.append(caption.text if caption else "")
            known = caption is not None and caption.confidence is not None
            cells.append(f"{caption.confidence:.2f}" if caption and known else "")
        table.writerow([_no_formula(readable(record.file)), *cells, record.error or ""])
    text.flush()
    text.detach()


def _no_formula(name: str) -> str:
    """A file's name that no spreadsheet takes for a formula."""
    return f"./{name}" if name.startswith(("=", "+", "-", "@")) else name


def _write_jsonl(file: IO[bytes], records: Records, titles: Titles) -> None:
    for record in records:
        document = public(record.file, record.captions, record.error)
        file.write(json.dumps(document).encode() + b"\n")


def _write_txt(file: IO[bytes], records: Records, titles: Titles) -> None:
    for record in records:
        lines = [readable(record.file), *listed(record, titles)]
        file.write("\n".join([*lines, "", ""]).encode())


def listed(record: Record, titles: Titles) -> list[str]:
    """The captions of a photo, or its error, as lines for people."""
    if record.error is not None:
        return [f"  {record.error}"]
    width = max(map(len, titles.values()), default=0)
    return [
        f"  {titles.get(said.model, said.model):<{width}}  {said.text}"
        + ("  (unsure)" if is_unsure(said.confidence) else "")
        for said in record.captions
    ]


WRITERS: Mapping[str, Callable[[IO[bytes], Records, Titles], None]] = {
    ".csv": _write_csv,
    ".jsonl": _write_jsonl,
    ".txt": _write_txt,
}
GALLERY_SUFFIXES = (".html", ".htm")
SUFFIXES = (*WRITERS, *GALLERY_SUFFIXES)
