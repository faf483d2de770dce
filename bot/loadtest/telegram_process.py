"""A sandbox with a crowd in it, as a process of its own.

It is given a load as JSON, prints its address, waits for a bot, prints WARM when the bot has
answered its first photos, lets the crowd send all others, and prints what they have seen, as JSON.
"""

import asyncio
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bot.loadtest.crowd import Crowd
from bot.loadtest.load import Load
from bot.loadtest.photos import load_photos
from bot.sandbox import DEFAULT_HOST
from bot.sandbox.limits import Limits
from bot.sandbox.server import SANDBOX, create_app, listening

WARM = "warm"
_POLL_SECONDS = 0.1


async def play(load: Load, state_dir: Path) -> None:
    """Be the Telegram of one load test."""
    photos = load_photos(load.folder)
    app = create_app(state_dir)
    sandbox = app[SANDBOX]
    if load.limits:
        sandbox.limits = Limits()
    async with listening(app, DEFAULT_HOST, 0) as address:
        print(address, flush=True)
        while not sandbox.polls:  # noqa: ASYNC110 - nothing tells when a bot has come
            await asyncio.sleep(_POLL_SECONDS)
        seen = await Crowd(sandbox, load, photos).send_all(lambda: print(WARM, flush=True))
        print(json.dumps(asdict(seen)), flush=True)


def to_json(load: Load) -> str:
    """A load as the process is given it."""
    return json.dumps(asdict(load), default=str)


def from_json(text: str) -> Load:
    """The load in what `to_json` gave."""
    fields: dict[str, Any] = json.loads(text)
    folder = fields.pop("folder")
    return Load(**fields, folder=None if folder is None else Path(folder))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(play(from_json(sys.argv[1]), Path(folder)))


if __name__ == "__main__":
    main()
