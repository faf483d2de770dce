"""Captions in the files of photos, whose pixels stay as they are."""

import io
import re
import struct
from pathlib import Path

import pytest
from PIL import Image

from captioning.images import open_image
from captioning.library.embedding import embed
from captioning.library.records import Said
from captioning.library.xmp import KeptAsItIsError

SAID = Said("small", "1.0", "A red square.", ("a",), -1.0, 0.81)
OTHER = Said("small", "2.0", "A square that is much redder.", ("a",), -1.0, 0.81)


def photo(kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture = Image.radial_gradient("L").resize((64, 48)).convert("RGB")
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def caption_in(path: Path) -> list[bytes]:
    return re.findall(rb'x-default">([^<]*)<', path.read_bytes())


def exif() -> Image.Exif:
    written = Image.Exif()
    written[0x0110] = "Camera"
    return written


PHOTOS = {
    "plain.jpg": photo("JPEG"),
    "exif.jpg": photo("JPEG", exif=exif(), comment=b"mine"),
    "rated.jpg": photo("JPEG", xmp=b'<rdf:RDF xmlns:rdf="x"><a rating="5"/></rdf:RDF>'),
    "plain.png": photo("PNG"),
}


@pytest.mark.parametrize("name", PHOTOS)
def test_the_caption_is_read_and_nothing_else_has_changed(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(PHOTOS[name])
    path.chmod(0o640)
    embed(path, SAID)
    assert caption_in(path) == [SAID.text.encode()]
    changed = path.read_bytes()
    with Image.open(path) as after, Image.open(io.BytesIO(PHOTOS[name])) as before:
        assert after.tobytes() == before.tobytes()
        assert after.getexif() == before.getexif()
        assert SAID.text.encode() in (after.info["xmp"])
    assert open_image(changed).tobytes() == open_image(PHOTOS[name]).tobytes()
    # What was inserted is in one place, apart from what is replaced there.
    assert changed.endswith(PHOTOS[name][-100:])
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", PHOTOS)
def test_a_later_caption_takes_the_place_of_an_earlier_one(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(PHOTOS[name])
    embed(path, SAID)
    once = path.read_bytes()
    embed(path, OTHER)
    assert caption_in(path) == [OTHER.text.encode()]
    embed(path, SAID)
    assert path.read_bytes() == once


def test_the_places_of_further_pictures_in_the_file_stay_right(tmp_path: Path) -> None:
    """Their index counts from itself, so nothing may be inserted behind it."""
    path = tmp_path / "stereo.jpg"
    index = b"\xff\xe2" + struct.pack(">H", 12) + b"MPF\0" + b"\0" * 6
    path.write_bytes(PHOTOS["exif.jpg"][:2] + index + PHOTOS["exif.jpg"][2:])
    size = path.stat().st_size
    where = path.read_bytes().index(b"MPF\0")
    embed(path, SAID)
    grown = path.stat().st_size - size
    assert path.read_bytes().index(b"MPF\0") - where == grown


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.webp", photo("WEBP")),
        ("a.bmp", photo("BMP")),
        ("described.jpg", photo("JPEG", xmp=b'<rdf:RDF><x dc:description="mine"/></rdf:RDF>')),
        ("full.jpg", photo("JPEG", xmp=b"<rdf:RDF>" + b" " * 65400 + b"</rdf:RDF>")),
        ("cut.jpg", PHOTOS["exif.jpg"][:30]),
    ],
)
def test_what_cannot_take_it_is_kept_as_it_is(tmp_path: Path, name: str, data: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(KeptAsItIsError):
        embed(path, SAID)
    assert path.read_bytes() == data


def test_a_link_to_a_photo_stays_one(tmp_path: Path) -> None:
    path, link = tmp_path / "a.jpg", tmp_path / "link.jpg"
    path.write_bytes(PHOTOS["plain.jpg"])
    link.symlink_to(path)
    embed(link, SAID)
    assert link.is_symlink()
    assert caption_in(path) == [SAID.text.encode()]
