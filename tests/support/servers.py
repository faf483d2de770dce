"""What tests ask of a running sandbox server, beside the people who chat."""

from typing import Any

import aiohttp
from people import Person, answer_of

from bot.sandbox import SANDBOX_TOKEN, SandboxUser


class ApiServer:
    """A running sandbox server and what tests ask of it."""

    token = SANDBOX_TOKEN

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self.url = url
        self._http = http

    def person(self, user: SandboxUser) -> Person:
        return Person(self._http, self.url, user)

    async def fault(self, method: str, **trouble: Any) -> None:
        """Order trouble for coming calls: times, chat_id, status, retry_after, delay, lose_answer,
        cut_after (see bot/sandbox/faults.py; the method "download" stands for file downloads).
        """
        fault = {"method": method, **trouble}
        async with self._http.post(f"{self.url}/sandbox/api/faults", json=fault) as response:
            await answer_of(response)

    async def clear_faults(self) -> None:
        async with self._http.delete(f"{self.url}/sandbox/api/faults") as response:
            await answer_of(response)

    async def calls(self, method: str | None = None) -> list[dict[str, Any]]:
        """The bot's calls so far (method, status, chat_id, message_id), polling left out."""
        async with self._http.get(f"{self.url}/sandbox/api/calls") as response:
            calls: list[dict[str, Any]] = await answer_of(response)
        return [call for call in calls if method in (None, call["method"])]

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call the Bot API as a bot would; returns the whole answer, refusals too."""
        address = f"{self.url}/bot{self.token}/{method}"
        async with self._http.post(address, json=parameters) as response:
            answer: dict[str, Any] = await response.json()
            return answer
