import asyncio
import time

from bot.loadtest.watch import resident_megabytes, watched


async def test_a_loop_that_is_held_up_is_late_and_busy() -> None:
    async with watched() as strain:
        await asyncio.sleep(0.05)
        began = time.thread_time()
        while time.thread_time() - began < 0.1:
            pass
        await asyncio.sleep(0.05)
    assert max(strain.lags) > 0.08
    assert 0.1 <= strain.loop_seconds <= strain.process_seconds + 0.05


def test_memory_is_counted() -> None:
    before = resident_megabytes()
    kept = bytearray(b"x") * 50_000_000
    assert 40 < resident_megabytes() - before < 70
    del kept
