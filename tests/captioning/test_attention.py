from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from captioning.attention import ANCHORS, WORD_SIZE, draw_attention, overlay


def caption(words: int, text: str | None = None) -> SimpleNamespace:
    names = tuple(f"word{number}" for number in range(words))
    maps = np.full((words, 7, 7), 1 / 49, dtype=np.float32)
    return SimpleNamespace(text=text or " ".join(names), words=names, attention=maps, model="m")


def test_heat_is_where_the_weight_is() -> None:
    weights = np.zeros((7, 7), dtype=np.float32)
    weights[1, 5] = 1  # second row, sixth column: upper right
    heat = np.asarray(overlay(Image.new("RGB", (210, 140), "grey"), weights)).astype(int)
    warmth = heat[..., 0] - heat[..., 2]  # yellow has little blue, the cold end little red
    row, column = np.unravel_index(warmth.argmax(), warmth.shape)
    assert 20 <= row < 40
    assert 150 <= column < 180
    assert warmth[130, 10] < 0


def test_heat_is_smooth() -> None:
    weights = np.zeros((7, 7), dtype=np.float32)
    weights[3, 3] = 1
    heat = np.asarray(overlay(Image.new("L", (280, 280), 128).convert("RGB"), weights)).astype(int)
    assert np.abs(np.diff(heat, axis=0)).max() < 12
    assert np.abs(np.diff(heat, axis=1)).max() < 12


def test_the_photo_stays_visible_under_the_heat() -> None:
    photo = Image.new("RGB", (200, 100), "black")
    photo.paste("white", (100, 0, 200, 100))
    heat = np.asarray(overlay(photo, np.full((7, 7), 1 / 49, dtype=np.float32))).astype(int)
    assert (heat[:, 120:] - heat[:, :80]).min() > 40


def test_no_attention_at_all_is_cold_and_not_an_error() -> None:
    heat = np.asarray(overlay(Image.new("RGB", (70, 70)), np.zeros((7, 7), dtype=np.float32)))
    assert (heat[..., 2] > heat[..., 0]).all()


def test_more_attention_is_always_lighter() -> None:
    """Lightness alone orders the colours, whatever hues a person can tell apart."""
    luminance = ANCHORS @ np.array([0.2126, 0.7152, 0.0722])
    assert (np.diff(luminance) > 15).all()


def test_words_wrap_into_rows() -> None:
    photo = Image.new("RGB", (300, 200))
    two = draw_attention(photo, caption(2, "short"))  # with the photo itself: one row
    three = draw_attention(photo, caption(3, "short"))
    eight = draw_attention(photo, caption(8, "short"))
    assert two.width == three.width == eight.width
    row = three.height - two.height
    assert row > 0
    assert eight.height == two.height + 2 * row


def test_words_stay_legible_on_a_phone_however_many_there_are() -> None:
    """Telegram shrinks a photo to 1280 pixels, and a phone shows it about 390 by 700 large."""
    for words in (5, 12, 18, 30):
        for size in ((300, 200), (300, 300), (300, 400)):
            drawn = draw_attention(Image.new("RGB", size), caption(words, "a few words"))
            scale = min(390 / drawn.width, 700 / drawn.height)
            assert WORD_SIZE * scale >= (14 if words <= 12 else 9), (words, size, drawn.size)
            assert WORD_SIZE * min(1, 1280 / max(drawn.size)) >= 19


def test_a_long_caption_wraps_inside_the_picture() -> None:
    photo = Image.new("RGB", (300, 200))
    short = draw_attention(photo, caption(2, "short"))
    long = draw_attention(photo, caption(2, "a caption that goes on and on " * 5))
    assert long.width == short.width
    assert long.height > short.height
    assert np.asarray(long)[:, -8:].min() == 255


def test_every_tile_stands_on_its_place() -> None:
    drawn = draw_attention(Image.new("RGB", (280, 280), "red"), caption(1, "one"))
    colours = drawn.getcolors(drawn.width * drawn.height)
    assert colours is not None
    counts = {colour: count for count, colour in colours}
    assert counts[(255, 0, 0)] == 280 * 280  # the photo itself, unchanged, once


@pytest.mark.parametrize("size", [(1, 1), (2000, 3), (3, 2000)])
def test_takes_photos_of_any_shape(size: tuple[int, int]) -> None:
    assert draw_attention(Image.new("RGB", size), caption(4)).width > 500


def test_a_long_word_stays_over_its_tile() -> None:
    long = caption(2, "x")
    long.words = ("w" * 25, "w" * 25)
    drawn = np.asarray(draw_attention(Image.new("RGB", (280, 100)), long).convert("L"))
    assert drawn[:, 594:606].min() == 255  # the gap between the second and the third tile
    assert drawn[:, -14:].min() == 255


def test_refuses_a_caption_without_attention() -> None:
    plain = caption(2)
    plain.attention = None
    with pytest.raises(ValueError, match="no attention"):
        draw_attention(Image.new("RGB", (10, 10)), plain)
