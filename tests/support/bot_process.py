"""The bot as a process of its own: what it writes, how it ends."""

import asyncio
import signal
import time
from pathlib import Path

from people import Person

START_SECONDS = 240.0
STOP_SECONDS = 30.0


class BotProcess:
    """`captionbot run` as a process; its output goes to a file."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self.process = process
        self._log = log

    @property
    def output(self) -> str:
        return self._log.read_text(errors="replace")

    async def stop(self) -> int:
        """Ask it to end (SIGTERM) and return its exit code."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return await asyncio.wait_for(self.process.wait(), STOP_SECONDS)
        except TimeoutError:
            await self.kill()
            raise AssertionError(
                f"The bot did not end in {STOP_SECONDS:.0f} s:\n{self.output}"
            ) from None

    async def kill(self) -> None:
        """End it without a chance to tidy up (SIGKILL)."""
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()


async def until_polling(bot: BotProcess, someone: Person) -> None:
    """Wait until a started bot asks the server for updates, as any person sees."""
    deadline = time.monotonic() + START_SECONDS
    before = (await someone.chat())["bot"]["polls"]
    while (chat := await someone.chat())["bot"]["polls"] == before:
        if bot.process.returncode is not None:
            raise AssertionError(f"The bot ended with {bot.process.returncode}:\n{bot.output}")
        if time.monotonic() > deadline:
            raise AssertionError(f"The bot does not poll: {chat['bot']}\n{bot.output}")
        await asyncio.sleep(0.2)
