"""The people's side over HTTP, under /sandbox/api/: used by the chat page and by tests.

A chat is addressed as `/sandbox/api/chats/<chat id>`, and who acts in it as `?as=<user id>`; in a
private chat, whose id is the person's, that may be left out. Bodies are JSON or forms; files come
as multipart fields, by whatever name. What a person cannot do is answered with status 4xx and
`{"error": "a sentence for them"}`.

GET    /users                          the people
POST   /users/<id>/language            language_code: the language of that person's app
GET    /chats?as=                      the chats of a person: Chat objects
GET    /stream?after=                  events of all chats, as server-sent events
GET    /chats/<id>                     the chat as it is now: `chat`, `messages`, `from_bot` (the
                                       ids of the bot's messages), `commands`, `bot`, `members`,
                                       `blocked`, `can_write`, `migrated_to`, `last_event`, and
                                       `prompt`: what a ForceReply asks of this person
DELETE /chats/<id>                     clear it
GET    /chats/<id>/events              after, wait: what happened since an event
POST   /chats/<id>/text                text, reply_to
POST   /chats/<id>/photo               one file, caption, reply_to; also /document, /sticker, /video
POST   /chats/<id>/album               2 to 10 files, kind (photo or document), caption, reply_to,
                                       deliver ("2,0,0": which updates come now, in what order)
POST   /chats/<id>/press               message_id, data, wait, stale: press an inline button
POST   /chats/<id>/block               blocked
POST   /chats/<id>/migrate             make a supergroup of the group; returns the new Chat
POST   /chats/<id>/members/<user id>   status (member, administrator, left, kicked); the bot's user
                                       id is in its messages and in `bot.id`
POST   /chats/<id>/messages/<id>       edit: text (also a caption), and maybe a file with its kind
POST   /chats/<id>/messages/<id>/redeliver   queue its update (again)
DELETE /chats/<id>/messages/<id>       delete it for everyone; the bot is not told
GET    /files/<file_unique_id>         a photo or sticker to show, a document to save
GET    /calls                          the bot's latest calls; GET, POST, DELETE /faults: trouble
                                       ordered for coming calls (see faults.py)

The group is `bot.sandbox.GROUP`, the channel `bot.sandbox.CHANNEL`; Alice owns both, the bot is a
plain member of the group (with privacy mode on, see delivery.py) and administrator of the channel.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from bot.sandbox import BOT_USERNAME, USERS, SandboxUser
from bot.sandbox.attachments import MAX_ALBUM
from bot.sandbox.chats import Chat
from bot.sandbox.errors import BotApiError, PersonError
from bot.sandbox.faults import Fault
from bot.sandbox.membership import change_membership, migrate
from bot.sandbox.parameters import Parameters, Upload, read_parameters
from bot.sandbox.person import KINDS, Person
from bot.sandbox.profile import commands_seen_by, text_seen_by
from bot.sandbox.world import Sandbox

_PRESS_WAIT_SECONDS = 20.0
_HEARTBEAT_SECONDS = 10.0
_LONGEST_LANGUAGE = 10
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
        chats = "/sandbox/api/chats"
        chat = f"{chats}/{{chat_id:-?\\d+}}"
        message = f"{chat}/messages/{{message_id:\\d+}}"
        return [
            web.get("/sandbox/api/users", self.users),
            web.post("/sandbox/api/users/{user_id:\\d+}/language", self.set_language),
            web.get("/sandbox/api/stream", self.stream),
            web.get(chats, self.chats),
            web.get(chat, self.chat),
            web.delete(chat, self.clear),
            web.get(f"{chat}/events", self.events),
            web.post(f"{chat}/text", self.send_text),
            web.post(f"{chat}/{{kind:{'|'.join(KINDS)}}}", self.send_file),
            web.post(f"{chat}/album", self.send_album),
            web.post(f"{chat}/press", self.press),
            web.post(f"{chat}/block", self.block),
            web.post(f"{chat}/migrate", self.migrate),
            web.post(f"{chat}/members/{{user_id:\\d+}}", self.set_member),
            web.post(message, self.edit_message),
            web.post(f"{message}/redeliver", self.redeliver),
            web.delete(message, self.delete_message),
            web.get("/sandbox/api/files/{unique_id:[\\w-]+}", self.file),
            web.get("/sandbox/api/calls", self.calls),
            web.get("/sandbox/api/faults", self.faults),
            web.post("/sandbox/api/faults", self.add_fault),
            web.delete("/sandbox/api/faults", self.clear_faults),
        ]

    async def users(self, request: web.Request) -> web.Response:
        return web.json_response([self._sandbox.user(person) for person in USERS])

    async def set_language(self, request: web.Request) -> web.Response:
        person = self._user(int(request.match_info["user_id"]))
        code = (await read_parameters(request)).text("language_code").strip()
        if not 2 <= len(code) <= _LONGEST_LANGUAGE:
            raise PersonError("A language code looks like en, ru or pt-br.")
        self._sandbox.state.set_setting(f"language.{person.id}", code)
        for chat in self._sandbox.chats.of_person(person):
            self._sandbox.tell_page(chat.id, "commands")
        return web.json_response(self._sandbox.user(person))

    async def chats(self, request: web.Request) -> web.Response:
        person = self._user(_number(request.query.get("as"), 0))
        return web.json_response([chat.shown() for chat in self._sandbox.chats.of_person(person)])

    async def chat(self, request: web.Request) -> web.Response:
        """The chat as it is now, and the number of the event after which to follow it."""
        person, chat = self._who_and_where(request)
        chats, state = self._sandbox.chats, self._sandbox.state
        messages = state.messages(chat.id)
        earlier = chats.migrated_from(chat)
        if earlier is not None:  # an app shows what was written before the upgrade in one piece
            messages = state.messages(earlier) + messages
        prompt = state.setting(f"prompt.{chat.id}")
        ids = [*(member.id for member in USERS), self._sandbox.bot_id]
        language = self._sandbox.language(person)
        return web.json_response(
            {
                "user": self._sandbox.user(person),
                "chat": chat.shown(),
                "bot": {
                    "id": self._sandbox.bot_id,
                    "name": self._sandbox.bot_user()["first_name"],
                    "username": BOT_USERNAME,
                    "description": text_seen_by(self._sandbox, "description", language),
                    "short_description": text_seen_by(self._sandbox, "short_description", language),
                    "polling": self._sandbox.bot_is_polling,
                    "polls": self._sandbox.polls,
                },
                "blocked": chat.is_private and chats.is_blocked(person.id),
                "can_write": not chat.is_channel or chats.is_administrator(chat, person.id),
                "members": {user_id: chats.status(chat, user_id) for user_id in ids},
                "migrated_to": chats.migrated_to(chat),
                "commands": commands_seen_by(self._sandbox, chat, person),
                "prompt": prompt if prompt and person.id in prompt["user_ids"] else None,
                "messages": messages,
                "from_bot": [
                    message["message_id"]
                    for message in messages
                    if state.is_from_bot(message["message_id"])
                ],
                "last_event": state.last_event(),
            }
        )

    async def clear(self, request: web.Request) -> web.Response:
        self._person(request).clear()
        return web.json_response({})

    async def events(self, request: web.Request) -> web.Response:
        """Events after a number; waits up to `wait` seconds for the first."""
        _, chat = self._who_and_where(request)
        after = _number(request.query.get("after"), 0)
        deadline = time.monotonic() + min(_number(request.query.get("wait"), 0), 30)
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

    async def send_file(self, request: web.Request) -> web.Response:
        parameters = await read_parameters(request)
        (upload,) = await _uploads(request, at_most=1)
        sent = await self._person(request).send_file(
            request.match_info["kind"], upload, parameters.text("caption"), _reply_to(parameters)
        )
        return web.json_response(sent)

    async def send_album(self, request: web.Request) -> web.Response:
        parameters = await read_parameters(request)
        deliver = parameters.text("deliver")
        sent = await self._person(request).send_album(
            parameters.text("kind") or "photo",
            await _uploads(request),
            parameters.text("caption"),
            _reply_to(parameters),
            [_number(place.strip(), -1) for place in deliver.split(",")] if deliver else None,
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

    async def migrate(self, request: web.Request) -> web.Response:
        person, chat = self._who_and_where(request)
        return web.json_response(migrate(self._sandbox, chat, person).shown())

    async def set_member(self, request: web.Request) -> web.Response:
        person, chat = self._who_and_where(request)
        status = (await read_parameters(request)).text("status")
        user_id = int(request.match_info["user_id"])
        change_membership(self._sandbox, chat, user_id, status, by=person)
        return web.json_response({})

    async def edit_message(self, request: web.Request) -> web.Response:
        parameters = await read_parameters(request)
        kind = parameters.text("kind") or "photo"
        if kind not in KINDS or kind == "sticker":
            raise PersonError("A message cannot be changed into that.")
        edited = await self._person(request).edit(
            int(request.match_info["message_id"]),
            parameters.text("text") if "text" in parameters.values else None,
            kind,
            (await _uploads(request, at_most=1))[0] if parameters.uploads else None,
        )
        return web.json_response(edited)

    async def redeliver(self, request: web.Request) -> web.Response:
        self._person(request).redeliver(int(request.match_info["message_id"]))
        return web.json_response({})

    async def delete_message(self, request: web.Request) -> web.Response:
        self._person(request).delete(int(request.match_info["message_id"]))
        return web.json_response({})

    async def file(self, request: web.Request) -> web.StreamResponse:
        """A file for the page; photos and stickers are shown, others only offered for saving."""
        unique_id = request.match_info["unique_id"]
        path = self._sandbox.files.path_of(unique_id)
        if path is None:
            raise PersonError("The file does not exist.", 404)
        shown_as = self._sandbox.files.shown_as(unique_id)
        return web.FileResponse(
            path,
            headers={
                "Content-Type": shown_as or "application/octet-stream",
                "Content-Disposition": "inline" if shown_as else "attachment",
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

    def _user(self, user_id: int) -> SandboxUser:
        person = self._sandbox.person(user_id)
        if person is None:
            raise PersonError("Nobody here has this id.", 404)
        return person

    def _who_and_where(self, request: web.Request) -> tuple[SandboxUser, Chat]:
        chat = self._sandbox.chats.find(int(request.match_info["chat_id"]))
        if chat is None:
            raise PersonError("No chat here has this id.", 404)
        given = request.query.get("as")
        if chat.person is not None:
            if given not in (None, str(chat.id)):
                raise PersonError("This is the private chat of another person.", 403)
            return chat.person, chat
        if given is None:
            raise PersonError("Say who acts in this chat: ?as=<user id>.")
        return self._user(_number(given, 0)), chat

    def _person(self, request: web.Request) -> Person:
        return Person(self._sandbox, *self._who_and_where(request))

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
                event["from_bot"] = self._sandbox.state.is_from_bot(message_id)
        return event


STOPPING = web.AppKey("stopping", asyncio.Event)
"""Set when the server goes down, so that open streams end and do not hold it."""


async def _uploads(request: web.Request, at_most: int = MAX_ALBUM) -> list[Upload]:
    """The files of a form in their order, none of them empty."""
    if not request.content_type.startswith("multipart/"):
        raise PersonError("The file is missing.")
    files = [field for field in (await request.post()).values() if isinstance(field, web.FileField)]
    uploads = [Upload(file.filename, file.content_type, _content(file)) for file in files]
    if not uploads or not all(upload.data for upload in uploads):
        raise PersonError("The file is empty.")
    if len(uploads) > at_most:
        raise PersonError(f"Send {at_most} at most at once.")
    return uploads


def _content(file: web.FileField) -> bytes:
    file.file.seek(0)  # the form was read once already
    return file.file.read()


def _reply_to(parameters: Parameters) -> int | None:
    return parameters.integer("reply_to") or None


def _seconds(text: str, default: float) -> float:
    try:
        return float(text) if text else default
    except ValueError:
        raise PersonError("The time to wait is not a number of seconds.") from None


def _number(text: str | None, default: int) -> int:
    return int(text) if text is not None and text.isdecimal() else default
