"""Captions beside the photos: a text file, a packet of XMP, or in the photo itself."""

from pathlib import Path

from captioning.library.embedding import embed
from captioning.library.files import replace_file
from captioning.library.records import Record, Sidecar
from captioning.library.xmp import KeptAsItIsError, described

EMBEDDED = "embed"


def sidecar_of(photo: Path, kind: Sidecar) -> Path:
    """The name of a file beside a photo."""
    if kind is Sidecar.TXT:
        return photo.with_suffix(".txt")
    return photo.with_name(photo.name + ".xmp")


def write_beside(record: Record, kind: str, before: Record | None) -> None:
    """Write the captions of a photo beside it, or into it.

    Args:
        kind: a `Sidecar`, or EMBEDDED.
        before: what was known of the photo, which tells whether a text file is ours.

    Raises:
        KeptAsItIsError: something of somebody else's is there.
        OSError: a file cannot be read or written.
    """
    photo = Path(record.file)
    if kind == EMBEDDED:
        embed(photo, record.ranked()[0])
        return
    path = sidecar_of(photo, Sidecar(kind))
    if kind == Sidecar.XMP:
        packet = path.read_bytes() if path.exists() else None
        try:
            replace_file(path, described(packet, record.ranked()[0]))
        except KeptAsItIsError as error:
            raise KeptAsItIsError(f"{path.name}: {error}") from None
        return
    if path.exists() and (before is None or kind not in before.beside):
        raise KeptAsItIsError(f"{path.name} is there already, and is kept.")
    replace_file(path, "".join(f"{said.text}\n" for said in record.ranked()).encode())
