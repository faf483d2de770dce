"""The message of /models: the versions, and buttons to promote one or to go back, asked twice."""

from aiogram import Bot
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from bot.figures.stats import Stats
from bot.figures.trials import Trials
from bot.i18n import gettext as _
from bot.queue.standings import BUNDLED, Standing, Version
from bot.queue.version_watch import VersionWatch
from bot.queue.versions import Change, OutdatedError, Versions
from bot.telegram.callbacks import BackButton, PromoteButton, VersionsButton
from bot.texts.versions import (
    back_text,
    listed,
    promote_text,
    question_text,
    versions_text,
)


class VersionsPanel:
    """Draws the message in the current language, and does what its buttons say."""

    def __init__(
        self, versions: Versions, watch: VersionWatch, trials: Trials, stats: Stats
    ) -> None:
        self._versions = versions
        self._watch = watch
        self._trials = trials
        self._stats = stats

    async def send(self, bot: Bot, chat_id: int) -> None:
        """Send the versions to a chat."""
        text, keyboard = await self._drawn()
        await bot.send_message(chat_id, text, reply_markup=keyboard)

    async def show(self, bot: Bot, chat_id: int, message_id: int) -> None:
        """Let a message show the versions as they are now."""
        text, keyboard = await self._drawn()
        await bot.edit_message_text(
            text, chat_id=chat_id, message_id=message_id, reply_markup=keyboard
        )

    async def ask(
        self, bot: Bot, chat_id: int, message_id: int, button: PromoteButton | BackButton
    ) -> None:
        """Let a message ask whether it is meant; what is outdated meanwhile shows the versions."""
        try:
            standing, version = await self.meant(button)
        except OutdatedError:
            await self.show(bot, chat_id, message_id)
            return
        yes = button.model_copy(update={"confirmed": 1}).pack()
        row = [
            _button(_("Yes, let it answer"), yes),
            _button(_("No, leave it"), VersionsButton().pack()),
        ]
        await bot.edit_message_text(
            question_text(standing, version),
            chat_id=chat_id,
            message_id=message_id,
            reply_markup=InlineKeyboardMarkup(inline_keyboard=[row]),
        )

    async def meant(self, button: PromoteButton | BackButton) -> tuple[Standing, Version]:
        """Of which model a button would let which version answer.

        Raises:
            OutdatedError: it is not as it was when the button was drawn.
        """
        standings = await self._versions.standings()
        standing = next((it for it in standings if it.model == button.model), None)
        if standing is not None and standing.last_promotion == button.promotion_id:
            version = (
                standing.previous
                if isinstance(button, BackButton)
                else standing.with_id(button.version_id or None)
            )
            if version is not None and version != standing.current:
                return standing, version
        raise OutdatedError("It is not as it was when the button was drawn.")

    async def carry_out(self, button: PromoteButton | BackButton) -> Change:
        """Do what a button says.

        Raises:
            OutdatedError: it is not as it was when the button was drawn.
            MissingFileError: the version's file is not there.
            VersionError: it cannot be done for another reason.
        """
        _standing, version = await self.meant(button)
        if isinstance(button, BackButton):
            change = await self._versions.roll_back(button.model, seen=button.promotion_id)
        else:
            name = version.name if version.id is not None else BUNDLED
            change = await self._versions.promote(button.model, name, seen=button.promotion_id)
        self._watch.wake()
        return change

    async def _drawn(self) -> tuple[str, InlineKeyboardMarkup]:
        standings = await self._versions.standings()
        text = versions_text(
            standings,
            await self._stats.ratings(),
            await self._trials.compare(),
            self._watch.unusable,
        )
        rows = [[button] for standing in standings for button in _buttons(standing)]
        rows.append([_button(_("🔄 Refresh"), VersionsButton().pack())])
        return text, InlineKeyboardMarkup(inline_keyboard=rows)


def _buttons(standing: Standing) -> list[InlineKeyboardButton]:
    """One for each listed version that does not answer, and one to go back."""
    buttons = []
    for version in listed(standing):
        if version != standing.current:
            promote = PromoteButton(
                model=standing.model,
                version_id=version.id or 0,
                promotion_id=standing.last_promotion,
                confirmed=0,
            )
            buttons.append(_button(promote_text(standing.model, version), promote.pack()))
    if standing.previous is not None:
        back = BackButton(model=standing.model, promotion_id=standing.last_promotion, confirmed=0)
        buttons.append(_button(back_text(standing.model, standing.previous), back.pack()))
    return buttons


def _button(text: str, data: str) -> InlineKeyboardButton:
    return InlineKeyboardButton(text=text, callback_data=data)
