"""Which photo a text is about."""

import pytest

from bot.feedback.own_captions import Target

ALBUM = (4, 5, 6)


@pytest.mark.parametrize(
    ("target", "number", "job_id"),
    [
        (Target(4, (4,), asked=False), None, 4),
        (Target(4, (4,), asked=False), 2, 4),
        (Target(4, ALBUM, asked=False), None, None),
        (Target(4, ALBUM, asked=False), 2, 5),
        (Target(4, ALBUM, asked=False), 7, None),
        (Target(5, ALBUM, asked=True), None, 5),
        (Target(5, ALBUM, asked=True), 3, 6),
        (Target(4, (4,), asked=True, newer=9), None, None),
    ],
)
def test_a_number_or_the_question_tells_else_it_is_asked(
    target: Target, number: int | None, job_id: int | None
) -> None:
    assert target.photo(number) == job_id
