"""How commands begin and end."""

import asyncio
import os
import signal

import pytest
import typer

from bot.commands.running import fail, finish, until_stopped
from bot.queue.versions import VersionError


def test_what_a_person_can_put_right_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    async def work() -> None:
        raise VersionError("There is no such version.")

    with pytest.raises(typer.Exit) as ended:
        finish(work())
    assert ended.value.exit_code == 1
    assert capsys.readouterr().err == "There is no such version.\n"


def test_what_nobody_expects_is_told_in_full() -> None:
    async def work() -> None:
        raise LookupError("a fault of the program")

    with pytest.raises(LookupError):
        finish(work())


def test_an_interruption_has_the_exit_code_of_one() -> None:
    async def work() -> None:
        raise KeyboardInterrupt

    with pytest.raises(typer.Exit) as ended:
        finish(work())
    assert ended.value.exit_code == 130


def test_no_token_is_shown_in_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    token = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1"
    with pytest.raises(typer.Exit):
        fail(f"https://api.telegram.org/bot{token}/getMe does not answer.")
    told = capsys.readouterr().err
    assert told.endswith("does not answer.\n")
    assert token not in told


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_the_waiting(number: signal.Signals) -> None:
    waiting = asyncio.create_task(until_stopped())
    await asyncio.sleep(0)
    assert not waiting.done()
    os.kill(os.getpid(), number)
    async with asyncio.timeout(10):
        await waiting
