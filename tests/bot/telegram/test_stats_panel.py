"""The message with the statistics, and its buttons."""

from typing import Any

from aiogram.methods import EditMessageMedia, SendPhoto
from conversing import of_type, texts

from bot.figures.periods import Period
from bot.telegram.callbacks import StatsButton
from bot.telegram.stats_panel import stats_keyboard

ADMIN = 1003


async def test_it_is_a_picture_with_the_numbers_below(conversation: Any) -> None:
    panel = conversation.services["stats_panel"]
    await panel.send(conversation.bot, ADMIN, Period.WEEK)
    (message,) = of_type(conversation.session.calls, SendPhoto)
    assert message.photo.data == b"PNG"
    assert "Photos: 0" in message.caption
    assert message.reply_markup == stats_keyboard(Period.WEEK)


async def test_of_several_presses_the_last_counts(conversation: Any) -> None:
    panel = conversation.services["stats_panel"]
    for period in (Period.DAY, Period.WEEK, Period.MONTH):
        panel.show_soon(conversation.bot, ADMIN, 321, period)
    await conversation.outbox.drain(30)
    edits = of_type(conversation.session.calls, EditMessageMedia)
    assert [edit.message_id for edit in edits] == [321]
    assert edits[0].reply_markup == stats_keyboard(Period.MONTH)


def test_the_period_that_is_shown_is_marked() -> None:
    (row,) = texts(stats_keyboard(Period.DAY))
    assert [text.startswith("✅") for text in row] == [period is Period.DAY for period in Period]
    buttons = stats_keyboard(Period.DAY).inline_keyboard[0]
    periods = [StatsButton.unpack(button.callback_data or "").period for button in buttons]
    assert periods == list(Period)
