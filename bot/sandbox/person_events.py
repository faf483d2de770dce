"""What happens in the chats, for who follows them: a page, or a test."""

import asyncio
import json
import time
from typing import Any

from aiohttp import web

from bot.sandbox.person_requests import number, who_and_where
from bot.sandbox.world import Sandbox

_HEARTBEAT_SECONDS = 10.0

STOPPING = web.AppKey("stopping", asyncio.Event)
"""Set when the server goes down, so that open streams end and do not hold it."""


class PersonEvents:
    """Request handlers for one sandbox; see person_api.py."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/sandbox/api/stream", self.stream),
            web.get(r"/sandbox/api/chats/{chat_id:-?\d+}/events", self.events),
        ]

    async def events(self, request: web.Request) -> web.Response:
        """Events after a number; waits up to `wait` seconds for the first."""
        _, chat = who_and_where(self._sandbox, request)
        after = number(request.query.get("after"), 0)
        deadline = time.monotonic() + min(number(request.query.get("wait"), 0), 30)
        while not (found := self._sandbox.state.events(after, chat.id)):
            left = deadline - time.monotonic()
            if left <= 0:
                break
            await self._sandbox.events_happened.wait(left)
        return web.json_response([self._show_event(*event) for event in found])

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """The events of all chats as server-sent events, and now and then the bot's status.

        A browser that reconnects names the last event it has seen.
        """
        after = number(request.headers.get("Last-Event-ID") or request.query.get("after"), 0)
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        await response.prepare(request)
        caught_up = False
        try:
            while not request.app[STOPPING].is_set():
                polling = json.dumps({"polling": self._sandbox.bot_is_polling})
                await response.write(f"event: status\ndata: {polling}\n\n".encode())
                for event in self._sandbox.state.events(after):
                    after = event[0]
                    if caught_up or not event[2].startswith("action:"):
                        shown = json.dumps(self._show_event(*event))
                        await response.write(f"id: {after}\ndata: {shown}\n\n".encode())
                caught_up = True
                await self._sandbox.events_happened.wait(_HEARTBEAT_SECONDS)
        except ConnectionResetError:
            pass  # the page was closed
        return response

    def _show_event(
        self, event_id: int, chat_id: int, kind: str, message_id: int | None
    ) -> dict[str, Any]:
        kind, _, action = kind.partition(":")
        event: dict[str, Any] = {"number": event_id, "chat_id": chat_id, "kind": kind}
        if action:
            event["action"] = action
        if message_id is not None:
            event["message_id"] = message_id
            message = self._sandbox.state.message(chat_id, message_id)
            if message is not None:
                event["message"] = message
                event["from_bot"] = self._sandbox.state.is_from_bot(message_id)
        return event
