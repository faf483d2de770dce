"""What Prometheus is told: the queue, answers and failures, calls to Telegram, the event loop."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib.metadata import version

from aiogram import Bot
from aiogram.client.session.middlewares.base import (
    BaseRequestMiddleware,
    NextRequestMiddlewareType,
)
from aiogram.exceptions import TelegramAPIError, TelegramRetryAfter
from aiogram.methods import Response, TelegramMethod
from aiogram.methods.base import TelegramType
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

from bot.figures.backlog import backlog
from bot.queue.steps import Outcome, Variant
from bot.storage import Database
from bot.storage.availability import DatabaseUnavailableError

ANSWER_BUCKETS = (0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120, 300, 900, 3600)
LAG_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
LAG_SECONDS = 0.5
"""How often the event loop is asked how late it is."""


class Metrics(BaseRequestMiddleware):
    """Counts what happens in one bot; as a middleware, its calls to Telegram."""

    def __init__(self, variants: Callable[[], Mapping[str, Variant]], database: Database) -> None:
        self._variants, self._database = variants, database
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._answers = Histogram(
            "captionbot_answer_seconds",
            "From receiving a photo to its first answer.",
            buckets=ANSWER_BUCKETS,
            registry=registry,
        )
        self._failures = Counter(
            "captionbot_failures",
            "Photos whose answer says why there is none.",
            ["reason"],
            registry=registry,
        )
        self._calls = Counter(
            "captionbot_telegram_calls",
            "Calls to Telegram, each attempt.",
            ["method", "outcome"],
            registry=registry,
        )
        self._lag = Histogram(
            "captionbot_event_loop_lag_seconds",
            "How late the event loop wakes what sleeps.",
            buckets=LAG_BUCKETS,
            registry=registry,
        )
        self._jobs = Gauge(
            "captionbot_jobs", "Photos that are not answered yet.", ["state"], registry=registry
        )
        self._oldest_wait = Gauge(
            "captionbot_oldest_wait_seconds", "Of the photo that waits longest.", registry=registry
        )
        self._is_up = Gauge(
            "captionbot_database_up", "Whether the database can be used.", registry=registry
        )
        self._models = Gauge(
            "captionbot_model_info", "The models.", ["model", "version"], registry=registry
        )
        program = Gauge("captionbot_info", "The program.", ["version"], registry=registry)
        program.labels(version("captionbot")).set(1)

    def shown(self, outcome: Outcome) -> None:
        """Count an outcome that its person has been shown."""
        if outcome.is_first and outcome.received_at is not None:
            self._answers.observe((datetime.now(UTC) - outcome.received_at).total_seconds())
        for answer in outcome.answers:
            if answer.failure is not None:
                self._failures.labels(str(answer.failure)).inc()

    async def __call__(
        self,
        make_request: NextRequestMiddlewareType[TelegramType],
        bot: Bot,
        method: TelegramMethod[TelegramType],
    ) -> Response[TelegramType]:
        outcome = "failed"
        try:
            answer = await make_request(bot, method)
            outcome = "ok"
            return answer
        except TelegramRetryAfter:
            outcome = "flood"
            raise
        except TelegramAPIError:
            outcome = "refused"
            raise
        finally:
            self._calls.labels(type(method).__name__, outcome).inc()

    async def watch_loop(self) -> None:
        """Measure how late the event loop is, until cancelled."""
        clock = asyncio.get_running_loop().time
        while True:
            due = clock() + LAG_SECONDS
            await asyncio.sleep(LAG_SECONDS)
            self._lag.observe(max(0.0, clock() - due))

    async def page(self) -> bytes:
        """Everything, in Prometheus's text format."""
        # Versions are promoted while the bot runs.
        self._models.clear()
        for model, variant in self._variants().items():
            self._models.labels(model, variant.version).set(1)
        try:
            found = await backlog(self._database)
        except DatabaseUnavailableError:
            self._is_up.set(0)
        else:
            self._is_up.set(self._database.availability.trouble is None)
            self._oldest_wait.set(found.oldest_wait.total_seconds())
            for state, number in found.jobs.items():
                self._jobs.labels(state).set(number)
        return generate_latest(self.registry)
