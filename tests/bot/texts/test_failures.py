import pytest

from bot.i18n import in_language, languages
from bot.queue.failures import Failure
from bot.texts.failures import MAX_NAME, failure_name, failure_text

UNKNOWN = "a code of a version to come"
TOLD = {
    Failure.TOO_LARGE,
    Failure.BAD_IMAGE,
    Failure.UNSUPPORTED_VARIANT,
    Failure.TOO_MANY_PIXELS,
    Failure.DOWNLOAD,
}
"""Those after which something else helps than to try again."""


@pytest.mark.parametrize("language", languages())
def test_every_failure_has_a_name_of_its_own(language: str) -> None:
    with in_language(language):
        names = {failure: failure_name(failure) for failure in Failure}
    assert [code for code, name in names.items() if name == code[:MAX_NAME]] == []
    assert len(set(names.values())) == len(names)


def test_an_unknown_code_is_shown_as_it_is() -> None:
    assert failure_name(UNKNOWN) == UNKNOWN[:MAX_NAME]


@pytest.mark.parametrize("failure", Failure)
def test_a_failure_that_something_helps_against_says_what(failure: Failure) -> None:
    assert (failure_text(failure) != failure_text(UNKNOWN)) == (failure in TOLD)
    assert "again" in failure_text(UNKNOWN)


def test_an_unexpected_failure_has_the_number_that_the_log_has() -> None:
    assert "J17" in failure_text(Failure.CAPTIONING, 17)
    assert "J17" not in failure_text(Failure.BAD_IMAGE, 17)


def test_a_sound_image_of_a_rare_kind_is_not_called_damaged() -> None:
    text = failure_text(Failure.UNSUPPORTED_VARIANT)
    assert "not damaged" in text
    assert "JPEG" in text
