"""Calls that nobody waits for: their order, their errors, their end."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import pytest
from aiogram.exceptions import TelegramBadRequest, TelegramForbiddenError, TelegramRetryAfter
from aiogram.methods import SendMessage

from bot.telegram.outbox import Outbox

METHOD = SendMessage(chat_id=1001, text="Hello")


def noting(
    log: list[str], name: str, gate: asyncio.Event | None = None
) -> Callable[[], Awaitable[None]]:
    async def call() -> None:
        if gate is not None:
            await gate.wait()
        log.append(name)

    return call


def failing(error: Exception) -> Callable[[], Awaitable[None]]:
    async def call() -> None:
        raise error

    return call


async def test_calls_about_one_chat_keep_their_order_and_others_overtake() -> None:
    outbox, log, gate = Outbox(), list[str](), asyncio.Event()
    outbox.send(noting(log, "first", gate), key="here")
    outbox.send(noting(log, "second"), key="here")
    outbox.send(noting(log, "elsewhere"), key="there")
    outbox.send(noting(log, "at once"))

    await asyncio.sleep(0.05)
    assert sorted(log) == ["at once", "elsewhere"]

    gate.set()
    await outbox.drain()
    assert log[2:] == ["first", "second"]


async def test_a_failed_call_is_logged_and_does_not_stop_the_next(
    caplog: pytest.LogCaptureFixture,
) -> None:
    outbox, log = Outbox(), list[str]()
    outbox.send(failing(ConnectionError("cable cut")), key=1)
    outbox.send(noting(log, "next"), key=1)
    await outbox.drain()

    assert log == ["next"]
    assert "cable cut" in caplog.text


@pytest.mark.parametrize(
    ("words", "level"),
    [
        ("Bad Request: message is not modified: specified new message content", logging.DEBUG),
        ("Bad Request: query is too old and response timeout expired", logging.DEBUG),
        ("Bad Request: message to edit not found", logging.DEBUG),
        ("Bad Request: can't parse entities", logging.ERROR),
    ],
)
async def test_only_refusals_that_point_to_a_mistake_are_errors(
    caplog: pytest.LogCaptureFixture, words: str, level: int
) -> None:
    caplog.set_level(logging.DEBUG, "bot.telegram.outbox")
    outbox = Outbox()
    outbox.send(failing(TelegramBadRequest(METHOD, words)))
    await outbox.drain()

    assert [
        record.levelno for record in caplog.records if record.name == "bot.telegram.outbox"
    ] == [level]


async def test_flood_control_delays_the_chat_and_loses_nothing() -> None:
    outbox, log = Outbox(), list[str]()
    refusals = [TelegramRetryAfter(METHOD, "Too Many Requests", retry_after=0)]

    async def call() -> None:
        if refusals:
            raise refusals.pop()
        log.append("first")

    outbox.send(call, key=1)
    outbox.send(noting(log, "second"), key=1)
    await outbox.drain()
    assert log == ["first", "second"]


async def test_who_has_blocked_the_bot_is_reported() -> None:
    blocked: list[int] = []

    async def note(chat_id: int) -> None:
        blocked.append(chat_id)

    outbox = Outbox(on_blocked=note)
    outbox.send(failing(TelegramForbiddenError(METHOD, "Forbidden: bot was blocked by the user")))
    await outbox.drain()
    assert blocked == [1001]


async def test_waiting_redraws_are_one_and_show_the_newest_state() -> None:
    outbox, gate, drawn = Outbox(), asyncio.Event(), list[int]()
    state = 0

    async def redraw() -> None:
        drawn.append(state)

    outbox.send(gate.wait, key="message")
    for state in (1, 2, 3):  # noqa: B007 - read by redraw
        outbox.refresh("message", redraw)
    gate.set()
    await outbox.drain()
    assert drawn == [3]


async def test_a_change_while_a_redraw_is_under_way_is_drawn_after_it() -> None:
    outbox, gate, drawn = Outbox(), asyncio.Event(), list[int]()
    state = 1

    async def redraw() -> None:
        seen = state
        await gate.wait()
        drawn.append(seen)

    outbox.refresh("message", redraw)
    await asyncio.sleep(0.01)
    state = 2
    outbox.refresh("message", redraw)
    gate.set()
    await outbox.drain()
    assert drawn == [1, 2]


async def test_draining_ends_although_a_call_does_not(caplog: pytest.LogCaptureFixture) -> None:
    outbox, never = Outbox(), asyncio.Event()
    outbox.send(never.wait, key=1)
    outbox.send(never.wait, key=1)
    await asyncio.wait_for(outbox.drain(0.05), timeout=30)
    assert "2 messages were not sent" in caplog.text


async def test_draining_waits_for_what_a_call_puts_in() -> None:
    outbox, log = Outbox(), list[str]()

    async def first() -> None:
        outbox.send(noting(log, "put in by another"), key=2)

    outbox.send(first, key=1)
    await outbox.drain()
    assert log == ["put in by another"]


async def test_who_asked_is_told_the_reference_that_is_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    told: list[tuple[int, str]] = []

    async def apologise(chat_id: int, reference: str) -> None:
        told.append((chat_id, reference))

    outbox = Outbox(apologise=apologise)
    outbox.send(failing(RuntimeError("the font is missing")), asker=7)
    outbox.refresh("chart", failing(RuntimeError("the disk is full")), asker=8)
    outbox.send(failing(RuntimeError("nobody asked for this")))
    # When Telegram refuses one message, another would fare no better.
    outbox.send(failing(TelegramForbiddenError(METHOD, "Forbidden: kicked")), asker=9)
    await outbox.drain()

    assert sorted(chat_id for chat_id, _reference in told) == [7, 8]
    assert len({reference for _chat_id, reference in told}) == 2
    assert all(f"reference {reference}" in caplog.text for _chat_id, reference in told)
    assert "nobody asked for this" in caplog.text


async def test_an_apology_that_fails_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def apologise(_chat_id: int, _reference: str) -> None:
        raise RuntimeError("no network")

    outbox = Outbox(apologise=apologise)
    outbox.send(failing(RuntimeError("the font is missing")), asker=7)
    await outbox.drain()
    assert "the font is missing" in caplog.text
    assert "Could not tell chat 7" in caplog.text
