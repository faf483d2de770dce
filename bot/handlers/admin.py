"""What the people named in ADMIN_IDS may ask; to everyone else these are unknown commands."""

from pathlib import Path

from aiogram import Bot, Router
from aiogram.enums import ChatAction, ChatType
from aiogram.filters import Command, Filter
from aiogram.types import CallbackQuery, FSInputFile, Message, User

from bot.feedback.export import Exported, ExportError, Exports, ExportTooLargeError
from bot.figures.health import Health
from bot.figures.periods import Period
from bot.handlers import bans
from bot.handlers.presses import Place
from bot.i18n import gettext as _
from bot.settings import Settings
from bot.telegram.callbacks import StatsButton
from bot.telegram.connection import at_most_once
from bot.telegram.outbox import Outbox
from bot.telegram.stats_panel import StatsPanel
from bot.texts.reports import export_error_text, export_text, health_text

MAX_UPLOAD_BYTES = 50 * 10**6
"""Telegram takes no larger file from a bot."""
MAX_PHOTO_BYTES = MAX_UPLOAD_BYTES * 9 // 10
UPLOAD_SECONDS = 900


class IsAdmin(Filter):
    """Lets through the updates of administrators, wherever they come from."""

    async def __call__(
        self, event: object, settings: Settings, event_from_user: User | None = None
    ) -> bool:
        return event_from_user is not None and event_from_user.id in settings.admin_ids


def create_router() -> Router:
    router = Router(name="admin")
    # Whatever is in here, or in a router included here, is for them alone.
    router.message.filter(IsAdmin())
    router.callback_query.filter(IsAdmin())
    router.message.register(stats_, Command("stats", ignore_case=True))
    router.message.register(health_, Command("health", ignore_case=True))
    router.message.register(export_, Command("export", ignore_case=True))
    router.callback_query.register(show_period, StatsButton.filter())
    router.include_router(bans.create_router())
    return router


async def stats_(message: Message, bot: Bot, stats_panel: StatsPanel, outbox: Outbox) -> None:
    chat_id = message.chat.id
    # Other replies are threads too, which nobody could be sent to.
    topic_id = message.message_thread_id if message.is_topic_message else None
    outbox.send(
        lambda: stats_panel.send(bot, chat_id, Period.WEEK, topic_id), key=chat_id, asker=chat_id
    )


async def show_period(
    query: CallbackQuery,
    callback_data: StatsButton,
    place: Place,
    bot: Bot,
    stats_panel: StatsPanel,
    outbox: Outbox,
) -> None:
    outbox.send(query.answer())
    stats_panel.show_soon(bot, place.chat_id, place.message_id, callback_data.period)


async def health_(message: Message, health: Health, outbox: Outbox) -> None:
    outbox.send(message.answer(health_text(await health.check())))


async def export_(message: Message, bot: Bot, exports: Exports, outbox: Outbox) -> None:
    if message.chat.type != ChatType.PRIVATE:
        text = _("The export holds people's photos; ask for it in our private chat.")
        outbox.send(message.answer(text))
        return
    chat_id = message.chat.id
    outbox.refresh(("export", chat_id), lambda: _send_export(bot, chat_id, exports), asker=chat_id)


async def _send_export(bot: Bot, chat_id: int, exports: Exports) -> None:
    await bot.send_chat_action(chat_id, ChatAction.UPLOAD_DOCUMENT)
    with exports.temporary_folder() as folder:
        target = folder / "captionbot-export.zip"
        try:
            exported = await exports.write(target, max_photo_bytes=MAX_PHOTO_BYTES)
            is_whole = True
        except ExportTooLargeError:
            exported = await exports.write(target, with_photos=False)
            is_whole = False
        except ExportError as error:
            await bot.send_message(chat_id, export_error_text(error))
            return
        if target.stat().st_size > MAX_UPLOAD_BYTES:
            await bot.send_message(
                chat_id,
                _(
                    "The export is larger than Telegram allows; "
                    "run `captionbot export FILE.zip` where the bot runs."
                ),
            )
            return
        await _upload(bot, chat_id, target, exported, is_whole=is_whole)


async def _upload(
    bot: Bot, chat_id: int, file: Path, exported: Exported, *, is_whole: bool
) -> None:
    with at_most_once():
        await bot.send_document(
            chat_id,
            FSInputFile(file),
            caption=export_text(exported, is_whole=is_whole),
            request_timeout=UPLOAD_SECONDS,
        )
