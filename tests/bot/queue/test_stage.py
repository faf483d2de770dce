import asyncio
from collections.abc import Sequence

from bot.queue.shares import Shares
from bot.queue.stage import Stage


async def test_a_wake_up_at_the_moment_of_stopping_does_not_keep_it_running() -> None:
    async def nothing(limit: int, shares: Shares) -> Sequence[int]:
        return ()

    async def do(work: int) -> None:
        raise AssertionError("there is no work")

    stage = Stage(nothing, do, lambda work: (), hands=1, per_chat=1, on_error=lambda error: None)
    running = asyncio.create_task(stage.run())
    for _ in range(10):  # until it waits
        await asyncio.sleep(0)
    stage.wake()
    await asyncio.sleep(0)  # the waiting is over, but `run` has not gone on yet
    running.cancel()
    done, _ = await asyncio.wait({running}, timeout=5)
    assert done
    assert running.cancelled()
