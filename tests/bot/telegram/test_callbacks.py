"""The data of buttons, which old messages go on carrying."""

import pytest
from aiogram.filters.callback_data import CallbackData

from bot.figures.periods import Period
from bot.telegram import callbacks
from bot.telegram.callbacks import Button, CancelButton, ForgetButton, HistoryButton, RatingButton

HUGE = 2**63 - 1
BEYOND = HUGE + 1
# Buttons in people's chats carry these: a change here is a button that no longer works.
CARRIED: list[tuple[CallbackData, str]] = [
    (callbacks.RatingButton(job_id=1, caption_id=2, value=-1), "r:1:2:-1"),
    (callbacks.AlsoAskButton(job_id=1, model="m"), "o:1:m"),
    (callbacks.AnswerButton(job_id=1), "s:1"),
    (callbacks.AttentionButton(job_id=1), "a:1"),
    (callbacks.WordingsButton(job_id=1), "v:1"),
    (callbacks.PhotoButton(job_id=1), "p:1"),
    (callbacks.ModelButton(user_id=1, choice="all"), "m:1:all"),
    (callbacks.ForgetButton(user_id=1, confirmed=1), "f:1:1"),
    (callbacks.WriteButton(job_id=1), "w:1"),
    (callbacks.PickButton(user_id=1, job_id=2), "wp:1:2"),
    (callbacks.ReplaceButton(user_id=1, job_id=2), "wr:1:2"),
    (callbacks.KeepButton(user_id=1), "wk:1"),
    (callbacks.UndoButton(correction_id=1), "wu:1"),
    (callbacks.WithdrawButton(correction_id=1), "wx:1"),
    (callbacks.CancelButton(user_id=1), "wc:1"),
    (callbacks.SettingButton(user_id=1, name="detail", value="long"), "se:1:detail:long"),
    (callbacks.HistoryButton(user_id=1, job_id=2), "hi:1:2"),
    (callbacks.StatsButton(period=Period.WEEK), f"st:{Period.WEEK.value}"),
    (callbacks.VersionsButton(), "ml"),
    (
        callbacks.PromoteButton(model="m", version_id=1, promotion_id=2, confirmed=0),
        "mp:m:1:2:0",
    ),
    (callbacks.BackButton(model="m", promotion_id=2, confirmed=1), "mb:m:2:1"),
]


@pytest.mark.parametrize(("button", "data"), CARRIED)
def test_the_meaning_of_a_buttons_data_stays(button: CallbackData, data: str) -> None:
    assert button.pack() == data
    assert type(button).unpack(data) == button


def test_every_kind_of_button_is_listed() -> None:
    kinds = {
        kind
        for kind in vars(callbacks).values()
        if isinstance(kind, type) and issubclass(kind, Button) and kind is not Button
    }
    assert {type(button) for button, _data in CARRIED} == kinds


def test_the_largest_ids_fit_in_64_bytes() -> None:
    for button, _data in CARRIED:
        ids = {name: HUGE for name in type(button).model_fields if name.endswith("_id")}
        assert len(button.model_copy(update=ids).pack().encode()) <= 64


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
        RatingButton(job_id=HUGE, caption_id=2, value=-1),
        ForgetButton(user_id=-BEYOND, confirmed=0),
        ForgetButton(user_id=7, confirmed=1),
    ],
)
def test_what_was_written_is_read(button: Button) -> None:
    assert type(button).unpack(button.pack()) == button
