"""One run over a library: what is not captioned yet is, and the outputs are written anew."""

import base64
import contextlib
import io
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from captioning.library.finding import STANDARD_INPUT, Photo, in_batches, readable
from captioning.library.journal import Journal, LibraryError
from captioning.library.outputs import GALLERY_SUFFIXES, SUFFIXES, write_output
from captioning.library.records import Record, Said, Sidecar
from captioning.library.sidecars import EMBEDDED, write_beside
from captioning.library.xmp import KeptAsItIsError

if TYPE_CHECKING:
    from captioning.captioner import Captioner

THUMBNAIL = (320, 320)
MOST_KEPT = 20
"""So many photos beside which nothing was written are named; the others are counted."""

CaptionPhotos = Callable[[list[Photo]], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is wanted of a run.

    Raises:
        LibraryError: it cannot be done.
    """

    outputs: Sequence[Path]
    sidecars: Sequence[Sidecar] = ()
    embed: bool = False
    restart: bool = False
    """Begin anew, whatever is there."""

    def __post_init__(self) -> None:
        for path in self.outputs:
            if path.suffix.lower() not in SUFFIXES:
                raise LibraryError(f"{path}: the name has to end in {', '.join(SUFFIXES)}.")
            if not path.absolute().parent.is_dir():
                raise LibraryError(f"{path}: there is no such folder; make it first.")

    @property
    def beside(self) -> tuple[str, ...]:
        """What every photo gets beside it, or into it."""
        return (*dict.fromkeys(self.sidecars), *([EMBEDDED] if self.embed else []))

    @property
    def has_gallery(self) -> bool:
        return any(path.suffix.lower() in GALLERY_SUFFIXES for path in self.outputs)


@dataclass(slots=True)
class Outcome:
    """What a run came to."""

    captioned: int = 0
    known: int = 0
    """Captioned by a run before."""
    errors: list[tuple[str, str]] = field(default_factory=list)
    """Of photos that cannot be read: name and reason, the first of them."""
    failed: int = 0
    kept: list[tuple[str, str]] = field(default_factory=list)
    """Where nothing was written beside a photo: name and reason, the first of them."""
    not_written: int = 0
    written: list[Path] = field(default_factory=list)
    left: int = 0
    """Not looked at, as somebody stopped the run."""


def made_by(captioners: Sequence["Captioner"], beam: int | None) -> dict[str, str]:
    """What captions come from, for `Journal`."""
    made = {each.name: f"{each.version} ({each.fingerprint})" for each in captioners}
    return made if beam is None else {**made, "beam": str(beam)}


def run(
    photos: Sequence[Photo],
    plan: Plan,
    captioners: Sequence["Captioner"],
    caption: CaptionPhotos,
    beam: int | None,
    advance: Callable[[int], None],
    batch_size: int,
) -> Outcome:
    """Caption what is not captioned yet, and write the outputs, also when it is interrupted.

    Args:
        photos: in the order of the outputs.
        caption: fills in the `captions` of opened photos.
        advance: is told of how many more photos are done.

    Raises:
        LibraryError: see `Journal`; or an output cannot be written.
        CaptioningError: captioning fails.
    """
    if any(photo.name == STANDARD_INPUT for photo in photos):
        raise LibraryError("--out is for files; a photo from standard input is printed.")
    titles = {each.name: each.title for each in captioners}
    outcome = Outcome()
    names = list({photo.name: None for photo in photos})
    errors = {photo.name: photo.error for photo in photos if photo.error is not None}
    with Journal(plan.outputs[0], made_by(captioners, beam), restart=plan.restart) as journal:
        journal.claim(plan.outputs, restart=plan.restart)
        try:
            left = [
                name for name in names if name not in errors and not _is_known(journal, name, plan)
            ]
            outcome.known = len(names) - len(errors) - len(left)
            advance(outcome.known + len(errors))
            outcome.left = len(left)
            _caption(left, journal, plan, caption, advance, batch_size, outcome)
        except KeyboardInterrupt:  # whoever stops it sees what there is so far
            pass
        finally:
            for name, error in errors.items():
                _note(outcome, name, error)
            _write(plan, journal, names, errors, titles, outcome)
    return outcome


def _is_known(journal: Journal, name: str, plan: Plan) -> bool:
    known = journal.known(name, _stamp(name))
    return (
        known is not None
        and all(kind in known.beside or _refused(kind) in known.beside for kind in plan.beside)
        and (known.has_thumbnail or not plan.has_gallery)
    )


def _refused(kind: str) -> str:
    """In `Record.beside`: something is in the way, so that it was not written."""
    return f"no {kind}"


def _caption(
    names: Sequence[str],
    journal: Journal,
    plan: Plan,
    caption: CaptionPhotos,
    advance: Callable[[int], None],
    batch_size: int,
    outcome: Outcome,
) -> None:
    with contextlib.closing(in_batches(map(Photo, names), batch_size)) as batches:
        for batch in batches:
            known = {photo.name: journal.find(photo.name) for photo in batch}
            new = [
                photo
                for photo in batch
                if photo.image is not None and journal.known(photo.name, _stamp(photo.name)) is None
            ]
            if new:
                caption(new)
            records = []
            for photo in batch:
                before = known[photo.name]
                record = _recorded(photo, before, plan)
                if record.error is not None:
                    _note(outcome, record.file, record.error)
                elif photo.captions:
                    outcome.captioned += 1
                else:
                    outcome.known += 1
                records.append(_beside(record, before, plan, outcome))
                photo.image = None
            journal.add(records)
            outcome.left -= len(batch)
            advance(len(batch))


def _recorded(photo: Photo, before: Record | None, plan: Plan) -> Record:
    stamp = _stamp(photo.name)
    if photo.image is None:
        return Record(photo.name, error=photo.error, stamp=stamp)
    thumbnail, size = _thumbnail(photo.image) if plan.has_gallery else ("", (0, 0))
    if photo.captions:
        captions = tuple(map(Said.of, photo.captions))
    else:
        captions = before.captions if before is not None else ()
    return Record(photo.name, captions, None, stamp, thumbnail, size)


def _beside(record: Record, before: Record | None, plan: Plan, outcome: Outcome) -> Record:
    """Write what belongs beside a photo; nothing of that keeps the others from their captions."""
    if record.error is not None or not record.captions:
        return record
    written = list(before.beside) if before is not None else []
    for kind in plan.beside:
        try:
            write_beside(record, kind, before)
        except (KeptAsItIsError, OSError) as error:
            outcome.not_written += 1
            if isinstance(error, KeptAsItIsError):
                written.append(_refused(kind))
            if len(outcome.kept) < MOST_KEPT:
                reason = error.strerror if isinstance(error, OSError) else str(error)
                outcome.kept.append((record.file, reason or str(error)))
        else:
            written = [*(one for one in written if one != _refused(kind)), kind]
    # What was written into the photo has changed it.
    return replace(record, beside=tuple(dict.fromkeys(written)), stamp=_stamp(record.file))


def _note(outcome: Outcome, name: str, error: str) -> None:
    outcome.failed += 1
    if len(outcome.errors) < MOST_KEPT:
        outcome.errors.append((name, error))


def _write(
    plan: Plan,
    journal: Journal,
    names: Sequence[str],
    errors: dict[str, str],
    titles: dict[str, str],
    outcome: Outcome,
) -> None:
    def records() -> Iterator[Record]:
        for name in names:
            record = Record(name, error=errors[name]) if name in errors else journal.find(name)
            if record is not None:
                yield replace(record, file=name)

    for path in plan.outputs:
        try:
            outcome.written += write_output(path, records(), titles)
        except OSError as error:
            raise LibraryError(
                f"{path} cannot be written: {error.strerror}. The captions are safe in "
                f"{journal.path}; the same command goes on."
            ) from error


def _stamp(name: str) -> tuple[int, int] | None:
    try:
        status = os.stat(name)  # noqa: PTH116  a hundred thousand paths more would cost seconds
    except (OSError, ValueError):
        return None
    return status.st_size, status.st_mtime_ns


def _thumbnail(image: Image.Image) -> tuple[str, tuple[int, int]]:
    small = image.copy()
    small.thumbnail(THUMBNAIL)
    buffer = io.BytesIO()
    small.save(buffer, "WEBP", quality=70)
    return base64.b64encode(buffer.getvalue()).decode(), small.size


def report(outcome: Outcome) -> list[str]:
    """What to tell of a run, as lines for people."""
    told: list[str] = []
    if outcome.errors:
        told.append("Not captioned:")
        told += [f"  {readable(name)}: {error}" for name, error in outcome.errors]
        if outcome.failed > len(outcome.errors):
            told.append(f"  and {outcome.failed - len(outcome.errors)} more")
    if outcome.kept:
        told.append("Nothing was written beside or into:")
        told += [f"  {readable(name)}: {reason}" for name, reason in outcome.kept]
        if outcome.not_written > len(outcome.kept):
            told.append(f"  and {outcome.not_written - len(outcome.kept)} more")
    if outcome.left:
        told.append(f"Stopped; {outcome.left:,} are left, with which the same command goes on.")
    counts = {
        "Captioned": outcome.captioned,
        "captioned before": outcome.known,
        "not readable": outcome.failed,
    }
    told.append(", ".join(f"{name}: {n:,}" for name, n in counts.items() if n) or "No photos.")
    if outcome.written:
        told.append("Written: " + ", ".join(str(path) for path in outcome.written))
    return told
