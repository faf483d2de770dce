"""The people's side over HTTP, under /sandbox/api/: used by the chat page and by tests."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from bot.sandbox import USERS, SandboxUser
from bot.sandbox.errors import BotApiError, PersonError
from bot.sandbox.faults import Fault
from bot.sandbox.methods import commands_seen_by, text_seen_by
from bot.sandbox.parameters import Parameters, Upload, read_parameters
from bot.sandbox.person import Person
from bot.sandbox.world import BOT_USERNAME, Sandbox

_PRESS_WAIT_SECONDS = 20.0
_HEARTBEAT_SECONDS = 10.0
_FAULTS = TypeAdapter(Fault)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def refuse_other_sites(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Only the sandbox's own page may drive it from a browser."""
    origin = request.headers.get("Origin")
    if origin is not None and origin.partition("://")[2] != request.host:
        return web.json_response({"error": "Another site cannot use the sandbox."}, status=403)
    return await handler(request)


@web.middleware
async def explain_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn what a person cannot do into a JSON object with `error`."""
    try:
        return await handler(request)
    except PersonError as error:
        return web.json_response({"error": str(error)}, status=error.status)
    except BotApiError as error:
        return web.json_response({"error": error.description}, status=error.status)


class PersonApi:
    """Request handlers for one sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def routes(self) -> list[web.RouteDef]:
        chat = "/sandbox/api/chats/{chat_id:\\d+}"
        return [
            web.get("/sandbox/api/users", self.users),
            web.get("/sandbox/api/stream", self.stream),
            web.get(chat, self.chat),
            web.delete(chat, self.clear),
            web.get(f"{chat}/events", self.events),
            web.post(f"{chat}/text", self.send_text),
            web.post(f"{chat}/photo", self.send_photo),
            web.post(f"{chat}/document", self.send_document),
            web.post(f"{chat}/press", self.press),
            web.post(f"{chat}/block", self.block),
            web.delete(f"{chat}/messages/{{message_id:\\d+}}", self.delete_message),
            web.get("/sandbox/api/files/{unique_id:[\\w-]+}", self.file),
            web.get("/sandbox/api/calls", self.calls),
            web.get("/sandbox/api/faults", self.faults),
            web.post("/sandbox/api/faults", self.add_fault),
            web.delete("/sandbox/api/faults", self.clear_faults),
        ]

    async def users(self, request: web.Request) -> web.Response:
        return web.json_response([self._sandbox.user(person) for person in USERS])

    async def chat(self, request: web.Request) -> web.Response:
        """The chat as it is now, and the number of the event after which to follow it."""
        person = self._member(request)
        return web.json_response(
            {
                "user": self._sandbox.user(person),
                "bot": {
                    "name": self._sandbox.bot_user()["first_name"],
                    "username": BOT_USERNAME,
                    "description": text_seen_by(self._sandbox, "description", person.language_code),
                    "polling": self._sandbox.bot_is_polling,
                    "polls": self._sandbox.polls,
                },
                "blocked": self._sandbox.is_blocked(person.id),
                "commands": commands_seen_by(self._sandbox, person.id, person.language_code),
                "messages": self._sandbox.state.messages(person.id),
                "last_event": self._sandbox.state.last_event(),
            }
        )

    async def clear(self, request: web.Request) -> web.Response:
        self._person(request).clear()
        return web.json_response({})

    async def events(self, request: web.Request) -> web.Response:
        """Events after a number; waits up to `wait` seconds for the first."""
        person = self._member(request)
        after = _number(request.query.get("after"), 0)
        deadline = time.monotonic() + min(_number(request.query.get("wait"), 0), 30)
        while not (found := self._sandbox.state.events(after, person.id)):
            left = deadline - time.monotonic()
            if left <= 0:
                break
            await self._sandbox.events_happened.wait(left)
        return web.json_response([self._show_event(*event) for event in found])

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """The events of all chats as server-sent events, and now and then the bot's status.

        A browser that reconnects names the last event it has seen.
        """
        after = _number(request.headers.get("Last-Event-ID") or request.query.get("after"), 0)
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

    async def send_text(self, request: web.Request) -> web.Response:
        parameters = await read_parameters(request)
        sent = self._person(request).send_text(parameters.text("text"), _reply_to(parameters))
        return web.json_response(sent)

    async def send_photo(self, request: web.Request) -> web.Response:
        parameters, upload = await _read_upload(request)
        sent = await self._person(request).send_photo(
            upload, parameters.text("caption"), _reply_to(parameters)
        )
        return web.json_response(sent)

    async def send_document(self, request: web.Request) -> web.Response:
        parameters, upload = await _read_upload(request)
        sent = await self._person(request).send_document(
            upload, parameters.text("caption"), _reply_to(parameters)
        )
        return web.json_response(sent)

    async def press(self, request: web.Request) -> web.Response:
        parameters = await read_parameters(request)
        answer = await self._person(request).press(
            parameters.integer("message_id"),
            parameters.text("data"),
            wait=_seconds(parameters.text("wait"), _PRESS_WAIT_SECONDS),
            stale=parameters.flag("stale"),
        )
        return web.json_response(answer)

    async def block(self, request: web.Request) -> web.Response:
        parameters = await read_parameters(request)
        self._person(request).block(parameters.flag("blocked"))
        return web.json_response({})

    async def delete_message(self, request: web.Request) -> web.Response:
        self._person(request).delete(int(request.match_info["message_id"]))
        return web.json_response({})

    async def file(self, request: web.Request) -> web.StreamResponse:
        """A photo or document for the page; documents are offered for saving, never shown."""
        unique_id = request.match_info["unique_id"]
        path = self._sandbox.files.path_of(unique_id)
        if path is None:
            raise PersonError("The file does not exist.", 404)
        is_photo = unique_id.startswith("AQAD")
        return web.FileResponse(
            path,
            headers={
                "Content-Type": "image/jpeg" if is_photo else "application/octet-stream",
                "Content-Disposition": "inline" if is_photo else "attachment",
                "Cache-Control": "private, max-age=31536000, immutable",
            },
        )

    async def calls(self, request: web.Request) -> web.Response:
        """The bot's latest calls, polling left out."""
        calls = [call for call in self._sandbox.calls if call["method"] != "getUpdates"]
        return web.json_response(calls)

    async def faults(self, request: web.Request) -> web.Response:
        return web.json_response(self._sandbox.faults.coming())

    async def add_fault(self, request: web.Request) -> web.Response:
        try:
            fault = _FAULTS.validate_python((await read_parameters(request)).values)
        except ValidationError as error:
            raise PersonError(f"No such fault: {error.errors()[0]['msg']}.") from None
        self._sandbox.faults.add(fault)
        return web.json_response({})

    async def clear_faults(self, request: web.Request) -> web.Response:
        self._sandbox.faults.clear()
        return web.json_response({})

    def _member(self, request: web.Request) -> SandboxUser:
        person = self._sandbox.person(int(request.match_info["chat_id"]))
        if person is None:
            raise PersonError("Nobody here has this id.", 404)
        return person

    def _person(self, request: web.Request) -> Person:
        return Person(self._sandbox, self._member(request))

    def _show_event(
        self, number: int, chat_id: int, kind: str, message_id: int | None
    ) -> dict[str, Any]:
        kind, _, action = kind.partition(":")
        event: dict[str, Any] = {"number": number, "chat_id": chat_id, "kind": kind}
        if action:
            event["action"] = action
        if message_id is not None:
            event["message_id"] = message_id
            message = self._sandbox.state.message(chat_id, message_id)
            if message is not None:
                event["message"] = message
        return event


STOPPING = web.AppKey("stopping", asyncio.Event)
"""Set when the server goes down, so that open streams end and do not hold it."""


async def _read_upload(request: web.Request) -> tuple[Parameters, Upload]:
    parameters = await read_parameters(request)
    upload = next(iter(parameters.uploads.values()), None)
    if upload is None or not upload.data:
        raise PersonError("The file is empty.")
    return parameters, upload


def _reply_to(parameters: Parameters) -> int | None:
    return parameters.integer("reply_to") or None


def _seconds(text: str, default: float) -> float:
    try:
        return float(text) if text else default
    except ValueError:
        raise PersonError("The time to wait is not a number of seconds.") from None


def _number(text: str | None, default: int) -> int:
    return int(text) if text is not None and text.isdecimal() else default
