"""The words in groups and channels."""

from bot.texts.groups import autocaption_text, autocaption_usage_text, group_has_moved_text


def test_what_is_chosen_now_is_told() -> None:
    on, off = (autocaption_usage_text(is_on=is_on) for is_on in (True, False))
    assert "Every photo here gets a description" in on
    assert "get no description" in off
    assert all("/autocaption on or /autocaption off" in text for text in (on, off))


def test_only_who_shall_describe_and_cannot_see_asks_to_be_an_administrator() -> None:
    assert "administrator" in autocaption_text(is_on=True, is_blind=True)
    assert "administrator" not in autocaption_text(is_on=True)
    assert "administrator" not in autocaption_text(is_on=False, is_blind=True)


def test_what_answers_a_press_fits_in_telegrams_200_characters() -> None:
    assert len(group_has_moved_text()) <= 200
