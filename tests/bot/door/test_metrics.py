"""What is counted."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiogram import Bot
from aiogram.exceptions import TelegramRetryAfter
from scripted_api import Server, ok, refusal
from talk import eventually

from bot.door import metrics as measuring
from bot.door.metrics import Metrics
from bot.queue.answers import ShownAnswer
from bot.queue.steps import Claim, Outcome, Variant
from bot.storage import Database
from bot.storage.tables import ANSWER, QUEUED


@pytest.fixture
def metrics(database: Database) -> Metrics:
    return Metrics(lambda: {"resnet34-lstm": Variant("0.2.0", "default")}, database)


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(f"captionbot_{name}", labels)


def outcome(seconds: float, failure: str | None = None, *, is_first: bool = True) -> Outcome:
    return Outcome(
        claim=Claim(1, "token", 1),
        chat_id=7,
        message_id=1,
        user_id=7,
        language_code=None,
        purpose=ANSWER,
        placeholder_id=2,
        answers=(ShownAnswer(1, 7, (), (), failure),),
        is_first=is_first,
        received_at=datetime.now(UTC) - timedelta(seconds=seconds),
    )


def test_answers_and_failures_by_reason(metrics: Metrics) -> None:
    metrics.shown(outcome(3))
    metrics.shown(outcome(30, "bad_image"))
    metrics.shown(outcome(9000, is_first=False))
    assert value(metrics, "answer_seconds_count") == 2
    assert value(metrics, "answer_seconds_bucket", le="4.0") == 1
    assert value(metrics, "failures_total", reason="bad_image") == 1


async def test_calls_by_method_and_outcome(metrics: Metrics, client: Bot, server: Server) -> None:
    flood = refusal(429, "Too Many Requests: retry after 90", retry_after=90)
    server.on("sendMessage", ok({"message_id": 1, "date": 0, "chat": {"id": 7, "type": "private"}}))
    server.on(
        "getMe", refusal(502, "Bad Gateway"), ok({"id": 1, "is_bot": True, "first_name": "b"})
    )
    client.session.middleware(metrics)
    await client.send_message(7, "hello")
    await client.get_me()
    server.on("sendMessage", flood)
    with pytest.raises(TelegramRetryAfter):
        await client.send_message(7, "hello")
    assert value(metrics, "telegram_calls_total", method="SendMessage", outcome="ok") == 1
    assert value(metrics, "telegram_calls_total", method="SendMessage", outcome="flood") == 1
    assert value(metrics, "telegram_calls_total", method="GetMe", outcome="refused") == 1
    assert value(metrics, "telegram_calls_total", method="GetMe", outcome="ok") == 1


async def test_the_queue(metrics: Metrics, filler: Any) -> None:
    long_ago = datetime.now(UTC) - timedelta(minutes=10)
    await filler.photo_sent(1, state=QUEUED, received_at=long_ago)
    await filler.photo_sent(1)
    await metrics.page()
    assert value(metrics, "jobs", state=QUEUED) == 1
    assert value(metrics, "jobs", state="running") == 0
    waits = value(metrics, "oldest_wait_seconds")
    assert waits is not None
    assert 599 < waits < 700
    assert value(metrics, "database_up") == 1


async def test_how_late_the_event_loop_is(
    metrics: Metrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measuring, "LAG_SECONDS", 0.01)
    watching = asyncio.create_task(metrics.watch_loop())
    await eventually(lambda: bool(value(metrics, "event_loop_lag_seconds_count")), "no lag")
    watching.cancel()
