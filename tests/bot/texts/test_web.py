import json
import re
from pathlib import Path

import pytest

from bot.i18n import in_language, languages
from bot.queue.failures import Failure
from bot.texts.web import failed_text, page_texts, too_fast_text

PAGE = Path(__file__).parents[3] / "bot" / "web" / "page"


@pytest.mark.parametrize("language", languages())
def test_the_page_has_every_text_that_it_asks_for(language: str) -> None:
    asked = set(re.findall(r'data-text="(\w+)"', (PAGE / "index.html").read_text()))
    for path in PAGE.glob("*.js"):
        asked |= set(re.findall(r'\btext\("(\w+)"', path.read_text()))
        asked |= set(re.findall(r'button\("(\w+)"', path.read_text()))
    with in_language(language):
        texts = page_texts(30)
    assert asked == set(texts)
    assert all(texts.values())
    json.dumps(dict(texts))


def test_it_says_for_how_long_photos_are_kept() -> None:
    assert "after 30 days" in page_texts(30)["privacy"]
    assert "days" not in page_texts(None)["privacy"]


def test_every_failure_has_its_words() -> None:
    assert all(failed_text(failure) for failure in Failure)
    assert failed_text(Failure.BAD_IMAGE) != failed_text(Failure.TOO_MANY_PIXELS)


def test_the_time_to_wait_is_told() -> None:
    assert "1 second." in too_fast_text(1)
    assert "3 seconds." in too_fast_text(3)
