"""Buttons that the bot has never written are not read at all."""

import pytest

from bot.telegram.callbacks import Button, CancelButton, ForgetButton, HistoryButton, RatingButton

BEYOND = 2**63


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (RatingButton, f"r:{BEYOND}:1:1"),
        (RatingButton, f"r:1:{-BEYOND - 1}:1"),
        (HistoryButton, "hi:1:99999999999999999999999999"),
        (CancelButton, "wc:1_000"),
        (CancelButton, "wc: 7"),
        (CancelButton, "wc:+7"),
        (CancelButton, "wc:07"),
        (CancelButton, "wc:7.0"),
        (CancelButton, "wc:٧"),
        (ForgetButton, "f:7:9"),
        (ForgetButton, "f:7:-1"),
        (ForgetButton, "f:7:true"),
    ],
)
def test_what_was_never_written_is_not_read(kind: type[Button], data: str) -> None:
    with pytest.raises((ValueError, TypeError)):
        kind.unpack(data)


@pytest.mark.parametrize(
    "button",
    [
        RatingButton(job_id=BEYOND - 1, caption_id=2, value=-1),
        ForgetButton(user_id=-BEYOND, confirmed=0),
        ForgetButton(user_id=7, confirmed=1),
    ],
)
def test_what_was_written_is_read(button: Button) -> None:
    assert type(button).unpack(button.pack()) == button
