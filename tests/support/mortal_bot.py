"""Bots with small models, each in a process that can be told to kill itself at a commit.

Importing takes longer than everything a test wants of a bot, so it is done once: each line of
standard input, a JSON object of environment variables, forks one bot off. It is answered with
`started PID` and, when the bot has ended, `ended CODE`. With KILL_AT=announced:before a bot kills
itself just before the commit of `Claims.announced`; with `:after`, just after it.

Not a test: tests/e2e/test_kill.py runs it.
"""

import asyncio
import json
import os
import signal
import sys
import traceback
from contextvars import ContextVar
from functools import wraps
from typing import Any

from fakes import small_models
from sqlalchemy.engine.default import DefaultDialect

from bot import app
from bot.queue.claims import Claims
from bot.queue.jobs import Jobs
from bot.redaction import set_up_logging
from bot.settings import load_settings

step: ContextVar[str] = ContextVar("step", default="")


def named(owner: type, name: str) -> None:
    """Let the commits in a method be known by its name."""
    method = getattr(owner, name)

    @wraps(method)
    async def wrapper(*args: Any, **options: Any) -> Any:
        token = step.set(name)
        try:
            return await method(*args, **options)
        finally:
            step.reset(token)

    setattr(owner, name, wrapper)


def die_at(name: str, moment: str) -> None:
    """Kill this process at the first commit in the method of this name."""
    named(Jobs if hasattr(Jobs, name) else Claims, name)
    commit = DefaultDialect.do_commit

    def do_commit(self: DefaultDialect, connection: Any) -> None:
        dies = step.get() == name
        if dies and moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        commit(self, connection)
        if dies:
            os.kill(os.getpid(), signal.SIGKILL)

    DefaultDialect.do_commit = do_commit


def be_a_bot(environment: dict[str, str]) -> int:
    os.environ.update(environment)
    if kill_at := environment.get("KILL_AT"):
        die_at(*kill_at.split(":"))
    settings = load_settings()
    set_up_logging(settings.log_level)
    asyncio.run(app.run(settings, load=small_models))
    return 0


def main() -> None:
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                code = be_a_bot(json.loads(line))
            except BaseException:
                traceback.print_exc()
            finally:
                # Not further: the loop over standard input belongs to the parent.
                os._exit(code)
        print("started", pid, flush=True)
        print("ended", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
