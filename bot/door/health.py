"""What a container's engine, a balancer and Prometheus ask: /live, /ready, /metrics."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aiogram import Bot
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy import text

from bot.door.listening import create_app
from bot.door.metrics import Metrics
from bot.queue.steps import Outcome, Variant
from bot.storage import Database
from bot.storage.availability import DatabaseUnavailableError


@dataclass(frozen=True, slots=True)
class Running:
    """A bot that has started."""

    database: Database
    is_working: Callable[[], bool]
    """Whether its worker looks after all steps."""
    metrics: Metrics


class HealthPages:
    """Answers from the start of the process on; `watch` tells it of the bot when there is one.

    /live     200 unless the worker has died: then the process is to be started anew
    /ready    200 when photos are accepted and answered, 503 with the reason while they are not
    /metrics  for Prometheus
    """

    def __init__(self) -> None:
        self._running: Running | None = None

    def watch(
        self,
        bot: Bot,
        database: Database,
        variants: Callable[[], Mapping[str, Variant]],
        is_working: Callable[[], bool],
    ) -> asyncio.Task[None]:
        """Tell of a bot from now on; returns what measures the event loop, to be cancelled."""
        metrics = Metrics(variants, database)
        bot.session.middleware(metrics)
        self._running = Running(database, is_working, metrics)
        return asyncio.create_task(metrics.watch_loop())

    def shown(self, outcome: Outcome) -> None:
        """Count an outcome that its person has been shown."""
        if self._running is not None:
            self._running.metrics.shown(outcome)

    def app(self) -> web.Application:
        app = create_app()
        app.router.add_get("/live", self._live)
        app.router.add_get("/ready", self._ready)
        app.router.add_get("/metrics", self._metrics)
        return app

    async def _live(self, _request: web.Request) -> web.Response:
        if self._running is not None and not self._running.is_working():
            return web.Response(text="the worker has stopped\n", status=503)
        return web.Response(text="alive\n")

    async def _ready(self, _request: web.Request) -> web.Response:
        reason = await self._why_not()
        if reason is not None:
            return web.Response(text=f"{reason}\n", status=503)
        return web.Response(text="ready\n")

    async def _why_not(self) -> str | None:
        if self._running is None:
            return "starting"
        if not self._running.is_working():
            return "the worker has stopped"
        database = self._running.database
        try:
            async with database.read() as session:
                await session.execute(text("SELECT 1"))
        except DatabaseUnavailableError:
            pass
        # The cause may name the server: it is in the log, not for whoever asks.
        return None if database.availability.trouble is None else "the database cannot be used"

    async def _metrics(self, _request: web.Request) -> web.Response:
        if self._running is None:
            return web.Response(text="starting\n", status=503)
        page = await self._running.metrics.page()
        return web.Response(body=page, headers={"Content-Type": CONTENT_TYPE_LATEST})
