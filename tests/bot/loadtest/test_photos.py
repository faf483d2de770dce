import io
from pathlib import Path

import pytest
from PIL import Image
from scenes import draw_scene

from bot.loadtest.errors import LoadTestError
from bot.loadtest.photos import SIZE, load_photos, unique
from captioning.images import open_image


def test_drawn_photos_are_as_telegram_makes_them() -> None:
    photos = load_photos(None)
    assert len({data for data, _, _ in photos}) == len(photos) > 8
    for data, width, height in photos:
        assert (width, height) == SIZE == Image.open(io.BytesIO(data)).size
        assert 50_000 < len(data) < 500_000


def test_a_folder_s_photos_are_made_as_small_as_telegram_does(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    Image.new("RGB", (3000, 1500)).save(tmp_path / "deep" / "large.JPG", "JPEG")
    (tmp_path / "scene.jpeg").write_bytes(draw_scene(1))
    (tmp_path / "notes.txt").write_text("no photo")
    assert [size for _, *size in load_photos(tmp_path)] == [[1280, 640], [640, 480]]


def test_a_folder_without_photos_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LoadTestError, match="no JPEG"):
        load_photos(tmp_path)


def test_other_bytes_show_the_same_picture() -> None:
    photo = draw_scene(1)
    copies = {unique(photo, number) for number in range(300)}
    assert len(copies | {photo}) == 301
    shown = {open_image(copy).tobytes() for copy in sorted(copies)[:3]}
    assert shown == {open_image(photo).tobytes()}
