"""Telegram brings the updates: each is acknowledged when its effect is stored, and not before.

What is not acknowledged, Telegram brings again; that an update may come twice, every handler
stands (see `bot.telegram.confirmation`).
"""

import asyncio
import logging
import secrets
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from aiogram import Bot, Dispatcher
from aiogram.exceptions import TelegramAPIError
from aiogram.webhook.aiohttp_server import SimpleRequestHandler
from aiohttp import web

from bot.addresses import Address
from bot.door.listening import create_app, listening
from bot.telegram.confirmation import Effects
from bot.telegram.decoding import read_update
from bot.telegram.startup import StartError

logger = logging.getLogger(__name__)

CONNECTIONS = 1
"""Telegram brings one update after another, in their order: the last press of a button wins."""


class Deliveries(SimpleRequestHandler):
    """Answers Telegram's requests: 200 for what has taken effect (or never can), 503 for what is
    to come again, 4xx for what is none of Telegram's."""

    def __init__(self, dispatcher: Dispatcher, bot: Bot, secret: str) -> None:
        super().__init__(dispatcher, bot, handle_in_background=False, secret_token=secret)
        self._effects = Effects()
        self._in_turn = asyncio.Lock()
        dispatcher.update.outer_middleware(self._effects.handle)

    def verify_secret(self, telegram_secret_token: str, bot: Bot) -> bool:
        """Compare in constant time; also with what is not ASCII, which aiogram cannot."""
        given, wanted = telegram_secret_token.encode(errors="replace"), self.secret_token or ""
        return secrets.compare_digest(given, wanted.encode())

    async def _handle_request(self, bot: Bot, request: web.Request) -> web.Response:
        try:
            update = read_update(await request.read(), bot)
        except ValueError as error:
            return web.Response(text=str(error), status=400)
        async with self._in_turn:
            await self.dispatcher.feed_update(bot, update)
        if self._effects.is_waiting(update.update_id):
            return web.Response(text="not stored", status=503)
        return web.Response()

    async def close(self) -> None:
        """Leave the bot's session open: whoever made it closes it."""


class Ending:
    """Why receiving ends: a signal, or something that makes it useless."""

    def __init__(self) -> None:
        self._over = asyncio.Event()
        self.reason: str | None = None

    def end(self, reason: str | None = None) -> None:
        self.reason = self.reason or reason
        self._over.set()

    def on_right_lost(self, right: asyncio.Task[None]) -> None:
        if not right.cancelled() and (error := right.exception()) is not None:
            self.end(str(error))

    @contextmanager
    def at_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        numbers = (signal.SIGINT, signal.SIGTERM)
        for number in numbers:
            loop.add_signal_handler(number, self.end)
        try:
            yield
        finally:
            for number in numbers:
                loop.remove_signal_handler(number)

    async def wait(self) -> None:
        await self._over.wait()


async def receive(
    dispatcher: Dispatcher,
    bot: Bot,
    url: str,
    address: Address,
    secret: str | None,
    right: asyncio.Task[None] | None = None,
) -> str | None:
    """Handle what Telegram brings to `url`, one update after another, until a signal comes.

    `address` is where to listen for it: a proxy in front of it speaks TLS. Without a `secret` a
    new one is made. The webhook stays, so that Telegram keeps the updates until the next start.

    Returns:
        Why it ended, when no signal has.

    Raises:
        StartError: it cannot listen, or Telegram refuses the webhook.
    """
    secret = secret or secrets.token_urlsafe(32)
    ending = Ending()
    if right is not None:
        right.add_done_callback(ending.on_right_lost)
    app = create_app()
    Deliveries(dispatcher, bot, secret).register(app, path=urlsplit(url).path or "/")
    with ending.at_signals():
        async with listening(app, address, "WEBHOOK_LISTEN"):
            try:
                await bot.set_webhook(
                    url,
                    secret_token=secret,
                    max_connections=CONNECTIONS,
                    allowed_updates=dispatcher.resolve_used_update_types(),
                )
            except TelegramAPIError as error:
                raise StartError(
                    f"Telegram does not take WEBHOOK_URL ({error.message}); it must be an https "
                    "address that Telegram reaches, on port 443, 80, 88 or 8443."
                ) from None
            logger.info("Updates are received at %s", urlsplit(url).hostname)
            await ending.wait()
    return ending.reason
