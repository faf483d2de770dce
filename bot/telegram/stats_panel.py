"""The message with the statistics: a picture, the numbers below it, and a button per period."""

import asyncio
from collections.abc import Callable

from aiogram import Bot
from aiogram.enums import ChatAction
from aiogram.types import (
    BufferedInputFile,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
)

from bot.figures.periods import Period
from bot.figures.stats import Report, Stats
from bot.telegram.callbacks import StatsButton
from bot.telegram.keyboards import CHOSEN
from bot.telegram.outbox import Outbox
from bot.telegram.stats_chart import draw_stats
from bot.texts.reports import period_name, stats_text


class StatsPanel:
    """Sends the message, and redraws it for another period, in the current language."""

    def __init__(
        self, stats: Stats, outbox: Outbox, draw: Callable[[Report], bytes] = draw_stats
    ) -> None:
        self._stats = stats
        self._outbox = outbox
        self._draw = draw
        self._wanted: dict[tuple[int, int], Period] = {}

    async def send(
        self, bot: Bot, chat_id: int, period: Period, topic_id: int | None = None
    ) -> None:
        """Send the statistics of a period to a chat, or to one topic of a forum."""
        action = ChatAction.UPLOAD_PHOTO
        await bot.send_chat_action(chat_id, action, message_thread_id=topic_id)
        picture, text = await self._drawn(period)
        await bot.send_photo(
            chat_id,
            picture,
            caption=text,
            reply_markup=stats_keyboard(period),
            message_thread_id=topic_id,
        )

    def show_soon(self, bot: Bot, chat_id: int, message_id: int, period: Period) -> None:
        """Redraw a message for a period; of several wishes in quick succession the last counts."""
        place = (chat_id, message_id)
        self._wanted[place] = period

        async def redraw() -> None:
            wanted = self._wanted.pop(place, None)
            if wanted is None:
                return  # done already, together with an earlier press
            picture, text = await self._drawn(wanted)
            await bot.edit_message_media(
                InputMediaPhoto(media=picture, caption=text),
                chat_id=chat_id,
                message_id=message_id,
                reply_markup=stats_keyboard(wanted),
            )

        self._outbox.refresh(("stats", place), redraw, asker=chat_id)

    async def _drawn(self, period: Period) -> tuple[BufferedInputFile, str]:
        report = await self._stats.report(period)
        picture = await asyncio.to_thread(self._draw, report)
        return BufferedInputFile(picture, "stats.png"), stats_text(report)


def stats_keyboard(current: Period) -> InlineKeyboardMarkup:
    """A row of periods, the current one marked; pressing that one brings its newest numbers."""
    row = [
        InlineKeyboardButton(
            text=(CHOSEN if period is current else "") + period_name(period),
            callback_data=StatsButton(period=period).pack(),
        )
        for period in Period
    ]
    return InlineKeyboardMarkup(inline_keyboard=[row])
