"""What a load does to the process it runs in: its event loop, its processor time, its memory."""

import asyncio
import os
import resource
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

_TICK = 0.01


@dataclass(slots=True)
class Strain:
    """What was watched, of this process."""

    lags: list[float] = field(default_factory=list)
    """Seconds by which the event loop came too late, looked at every hundredth of a second."""
    loop_seconds: float = 0.0
    """Processor time of the event loop's thread."""
    process_seconds: float = 0.0
    """Processor time of all threads."""


@asynccontextmanager
async def watched() -> AsyncIterator[Strain]:
    """Watch this process while the block runs; the result is complete at its end."""
    strain = Strain()
    loop_began, process_began = time.thread_time(), time.process_time()
    looking = asyncio.create_task(_look(strain.lags))
    try:
        yield strain
    finally:
        looking.cancel()
        strain.loop_seconds = time.thread_time() - loop_began
        strain.process_seconds = time.process_time() - process_began


async def _look(lags: list[float]) -> None:
    while True:
        due = time.monotonic() + _TICK
        await asyncio.sleep(_TICK)
        lags.append(time.monotonic() - due)


def resident_megabytes() -> float:
    """Memory that this process holds now; the most it ever held, where that is all one is told."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
