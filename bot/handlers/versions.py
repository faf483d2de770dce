"""/models: versions of the models, to promote and to go back; of the router of administrators."""

from aiogram import Bot, Router
from aiogram.enums import ChatType
from aiogram.filters import Command
from aiogram.types import CallbackQuery, Message

from bot.handlers.presses import Place
from bot.queue.versions import MissingFileError, VersionError
from bot.telegram.callbacks import BackButton, PromoteButton, VersionsButton
from bot.telegram.outbox import Outbox
from bot.telegram.versions_panel import VersionsPanel
from bot.texts.versions import changed_text, missing_text, only_private_text, outdated_text


def create_router() -> Router:
    router = Router(name="versions")
    router.message.register(models_, Command("models", ignore_case=True))
    router.callback_query.register(show, VersionsButton.filter())
    router.callback_query.register(change, PromoteButton.filter())
    router.callback_query.register(change, BackButton.filter())
    return router


async def models_(
    message: Message, bot: Bot, versions_panel: VersionsPanel, outbox: Outbox
) -> None:
    if message.chat.type != ChatType.PRIVATE:
        # A group's members would see it, and its buttons.
        outbox.send(message.answer(only_private_text()))
        return
    chat_id = message.chat.id
    outbox.send(lambda: versions_panel.send(bot, chat_id), key=chat_id, asker=chat_id)


async def show(
    query: CallbackQuery, place: Place, bot: Bot, versions_panel: VersionsPanel, outbox: Outbox
) -> None:
    outbox.send(query.answer())
    _show_soon(place, bot, versions_panel, outbox)


async def change(
    query: CallbackQuery,
    callback_data: PromoteButton | BackButton,
    place: Place,
    bot: Bot,
    versions_panel: VersionsPanel,
    outbox: Outbox,
) -> None:
    """The first press asks, the second does it. A button may be older than what was decided."""
    try:
        _standing, version = await versions_panel.meant(callback_data)
        if not callback_data.confirmed:
            outbox.send(query.answer())
            outbox.send(
                lambda: versions_panel.ask(bot, *place, callback_data),
                key=place,
                asker=place.chat_id,
            )
            return
        changed = await versions_panel.carry_out(callback_data)
    except MissingFileError:
        outbox.send(query.answer(missing_text(version), show_alert=True))
    except VersionError:
        outbox.send(query.answer(outdated_text(), show_alert=True))
    else:
        outbox.send(query.answer(changed_text(changed.model, changed.now)))
    _show_soon(place, bot, versions_panel, outbox)


def _show_soon(place: Place, bot: Bot, versions_panel: VersionsPanel, outbox: Outbox) -> None:
    outbox.refresh(place, lambda: versions_panel.show(bot, *place), asker=place.chat_id)
