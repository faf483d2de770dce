"""Runs the bot under a load, and says how it bore it."""

import asyncio
import json
import signal
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import SecretStr

from bot import app
from bot.loadtest.crowd import Seen
from bot.loadtest.errors import LoadTestError
from bot.loadtest.load import Load
from bot.loadtest.photos import load_photos
from bot.loadtest.telegram_process import to_json
from bot.loadtest.watch import resident_megabytes, watched
from bot.sandbox import SANDBOX_TOKEN
from bot.settings import Settings

_LONGEST_LINE = 2**24


@dataclass(frozen=True, slots=True)
class Result:
    """How the bot bore a load. Times in seconds."""

    rate: float
    """Photos a second that came; 0 when all came at once."""
    sent: int
    captioned: int
    failed: int
    lost: int
    doubled: int
    refused: int
    """Calls that met Telegram's limits."""
    p50: float
    """From sending a photo to seeing its captions."""
    p95: float
    p99: float
    seconds: float
    """From the first photo to the last answer."""
    lag_p50: float
    """By which the event loop came too late."""
    lag_p99: float
    loop_cpu: float
    """Processor time of the event loop's thread for each photo."""
    process_cpu: float
    """Processor time of the whole bot for each photo, its models included."""
    memory: float
    """Resident at the end, in megabytes."""

    @property
    def throughput(self) -> float:
        """Photos with captions a second."""
        return self.captioned / self.seconds if self.seconds else 0.0


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent of them do not exceed; 0 of none."""
    ordered = sorted(values)
    if not ordered:
        return 0.0
    return ordered[max(0, -int(-len(ordered) * percent // 100) - 1)]


async def run_load(
    load: Load, settings: Settings, load_models: app.LoadModels = app.load_models
) -> Result:
    """Run the bot against a sandbox of its own, on an empty data folder, under a load.

    Args:
        settings: of the bot; what says where it runs, and whom it serves, is replaced.

    Raises:
        LoadTestError: it could not be carried out.
    """
    load_photos(load.folder, at_most=1)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot.loadtest.telegram_process", to_json(load)),
        stdout=asyncio.subprocess.PIPE,
        limit=_LONGEST_LINE,
    )
    assert process.stdout is not None
    with tempfile.TemporaryDirectory() as folder:
        try:
            address = (await process.stdout.readline()).decode().strip()
            if not address:
                raise LoadTestError("The sandbox could not be started; what it said is above.")
            placed = _placed(settings, address, Path(folder))
            bot = asyncio.create_task(app.run(placed, load=load_models))
            try:
                # What starting costs is not to count among what photos cost.
                await _line(process.stdout, bot)
                async with watched() as strain:
                    line = await _line(process.stdout, bot)
                memory = resident_megabytes()
            finally:
                await _stop(bot)
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()
    seen = Seen(**json.loads(line))
    photos = max(1, len(seen.waits))
    return Result(
        rate=0.0 if load.burst else load.rate,
        sent=seen.sent,
        captioned=len(seen.waits),
        failed=seen.failed,
        lost=seen.lost,
        doubled=seen.doubled,
        refused=seen.refused,
        p50=percentile(seen.waits, 50),
        p95=percentile(seen.waits, 95),
        p99=percentile(seen.waits, 99),
        seconds=seen.seconds,
        lag_p50=percentile(strain.lags, 50),
        lag_p99=percentile(strain.lags, 99),
        loop_cpu=strain.loop_seconds / photos,
        process_cpu=strain.process_seconds / photos,
        memory=memory,
    )


def as_json(results: Sequence[Result]) -> str:
    """Results for machines to read."""
    shown = [{**asdict(result), "throughput": result.throughput} for result in results]
    return json.dumps(shown, indent=2) + "\n"


def _placed(settings: Settings, address: str, folder: Path) -> Settings:
    """The settings of a bot in the sandbox, where nobody has a limit."""
    return settings.model_copy(
        update={
            "bot_token": SecretStr(SANDBOX_TOKEN),
            "telegram_api_url": address,
            "data_dir": folder,
            "database_url": None,
            "proxy_url": None,
            "admin_ids": frozenset(),
            "allowed_ids": frozenset(),
            "daily_digest": None,
            "webhook_url": None,
            "health_listen": None,
            "photos_per_minute": 0,
            "photos_per_day": 0,
        }
    )


async def _line(stream: asyncio.StreamReader, bot: asyncio.Task[None]) -> bytes:
    """The next line of the sandbox, unless something ends before."""
    reading = asyncio.create_task(stream.readline())
    await asyncio.wait({bot, reading}, return_when=asyncio.FIRST_COMPLETED)
    if reading.done() and (line := reading.result()):
        return line
    reading.cancel()
    raise LoadTestError("The load test ended early; what happened is above.")


async def _stop(bot: asyncio.Task[None]) -> None:
    if not bot.done():
        signal.raise_signal(signal.SIGTERM)  # which aiogram listens for while it polls
    try:
        await bot
    except Exception as error:
        raise LoadTestError(f"The bot ended: {error}") from error
