"""Checks before the bot begins, whose failures a person can do something about."""

from pathlib import Path
from urllib.parse import urlsplit

from aiogram import Bot
from aiogram.exceptions import (
    ClientDecodeError,
    TelegramAPIError,
    TelegramNotFound,
    TelegramUnauthorizedError,
)
from aiogram.types import User


class StartError(Exception):
    """The bot cannot run; the text is one line with the cause and the cure."""


CONFLICT = (
    "Another program polls Telegram with this BOT_TOKEN, so updates would be torn between the two; "
    "stop it (another computer, an old container?), or get a second token from @BotFather."
)
REFUSED = (
    "Telegram refuses BOT_TOKEN; copy it again from @BotFather (/mybots, API Token). "
    "A token that was revoked does not work any more."
)


async def check_token(bot: Bot, server: str) -> User:
    """Ask Telegram who the bot is.

    Raises:
        StartError: the token is refused, or there is no Bot API server at `server`.
    """
    try:
        return await bot.me()  # which remembers it: polling asks again
    except (TelegramUnauthorizedError, TelegramNotFound):
        raise StartError(REFUSED) from None
    except (TelegramAPIError, ClientDecodeError) as error:
        raise _unreachable(server, error) from None


def _unreachable(server: str, error: Exception) -> StartError:
    return StartError(
        f"The Bot API at {server} cannot be reached ({type(error).__name__}); check the "
        "network, and TELEGRAM_API_URL and PROXY_URL if you set them."
    )


class OwnWebhook:
    """Remembers in the data folder which webhook this bot has set, to tell it from others'."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "webhook"

    @property
    def url(self) -> str | None:
        """The last that was set; None when none was."""
        try:
            return self._path.read_text(encoding="utf-8").strip() or None
        except (OSError, UnicodeDecodeError):
            return None

    def remember(self, url: str) -> None:
        """Call it before the webhook is set: then one that is forgotten was never set.

        Raises:
            StartError: the data folder cannot be written to.
        """
        try:
            self._path.touch(mode=0o600)
            self._path.write_text(f"{url}\n", encoding="utf-8")
        except OSError as error:
            raise StartError(f"{self._path} cannot be written ({error.strerror}).") from None


async def check_webhook(
    bot: Bot, server: str, *, delete: bool, own: str | None = None, only_look: bool = False
) -> None:
    """Make sure that no webhook takes the updates away.

    A webhook is somebody's decision, perhaps on a machine that still works, so it is deleted only
    on request (`delete`), or when it is this bot's `own` from when it did not poll (unless this is
    to `only_look`); the updates that wait there are kept.

    Raises:
        StartError: there is one, and it is not to be deleted; or `server` does not answer.
    """
    try:
        info = await bot.get_webhook_info()
        if not info.url or (only_look and info.url == own):
            return
        if delete or info.url == own:
            await bot.delete_webhook(drop_pending_updates=False)
            return
    except (TelegramAPIError, ClientDecodeError) as error:
        raise _unreachable(server, error) from None
    # Only the host: the path of a webhook is often a secret.
    raise StartError(
        f"A webhook at {urlsplit(info.url).hostname} takes this bot's updates; "
        "stop what runs there and start with `captionbot run --delete-webhook`."
    )
