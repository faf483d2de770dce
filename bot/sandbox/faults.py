"""Trouble made to order: what Telegram and the network do on a bad day, for tests."""

import asyncio
from dataclasses import asdict, dataclass, field
from typing import Any

from bot.sandbox.errors import BotApiError, too_many_requests

DOWNLOAD = "download"
"""The name under which faults of file downloads are ordered, beside the names of methods."""

_WORDS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden: bot was blocked by the user",
    404: "Not Found",
    409: "Conflict",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


@dataclass(slots=True)
class Fault:
    """One kind of trouble for the next `times` calls of a method (`*`: of any but getUpdates),
    with a `chat_id` for those about that chat.

    `status` answers with that error in place of doing the work (429 takes `retry_after`),
    `delay` waits so many seconds first. `lose_answer` does the work but cuts the connection
    before the answer. Of a download, `cut_after` sends so many bytes and then breaks off.
    """

    method: str
    times: int = 1
    chat_id: int | None = None
    status: int | None = None
    description: str | None = None
    retry_after: int = 1
    delay: float = 0.0
    lose_answer: bool = False
    cut_after: int | None = None

    def error(self) -> BotApiError | None:
        if self.status is None:
            return None
        if self.status == 429 and self.description is None:
            return too_many_requests(self.retry_after)
        words = self.description or _WORDS.get(self.status, "Internal Server Error")
        return BotApiError(self.status, words, self.retry_after if self.status == 429 else None)


@dataclass(slots=True)
class Faults:
    """The faults that are still to come, in the order they were ordered."""

    _coming: list[Fault] = field(default_factory=list)

    def add(self, fault: Fault) -> None:
        self._coming.append(fault)

    def clear(self) -> None:
        self._coming.clear()

    def coming(self) -> list[dict[str, Any]]:
        return [asdict(fault) for fault in self._coming]

    def take(self, method: str, chat_id: int | None = None) -> Fault | None:
        """The fault that the call being made now, about a chat or none, meets, counted down."""
        for fault in self._coming:
            is_method = fault.method == method or (fault.method == "*" and method != "getUpdates")
            if is_method and fault.chat_id in (None, chat_id):
                fault.times -= 1
                if fault.times <= 0:
                    self._coming.remove(fault)
                return fault
        return None

    async def meet(self, method: str, chat_id: int | None = None) -> Fault | None:
        """Wait and raise as ordered; return the fault for what only the caller can do."""
        fault = self.take(method, chat_id)
        if fault is None:
            return None
        if fault.delay:
            await asyncio.sleep(fault.delay)
        error = fault.error()
        if error is not None:
            raise error
        return fault
