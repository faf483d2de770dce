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
POST   /updates                        a JSON object with an update as the bot shall get it: its
                                       kind, and content of whatever shape
GET    /calls                          the bot's latest calls; GET, POST, DELETE /faults: trouble
                                       ordered for coming calls (see faults.py)

The group is `bot.sandbox.GROUP`, the channel `bot.sandbox.CHANNEL`; Alice owns both, the bot is a
plain member of the group (with privacy mode on, see delivery.py) and administrator of the channel.

The handlers of /stream and /events are in person_events.py, those of /files, /updates, /calls and
/faults in inspection.py.
"""

from aiohttp import web

from bot.sandbox import BOT_USERNAME, USERS
from bot.sandbox.errors import PersonError
from bot.sandbox.membership import change_membership, migrate
from bot.sandbox.parameters import read_parameters
from bot.sandbox.person import KINDS, Person
from bot.sandbox.person_requests import (
    number,
    reply_to,
    seconds,
    uploads_of,
    user_with,
    who_and_where,
)
from bot.sandbox.profile import commands_seen_by, text_seen_by
from bot.sandbox.world import Sandbox

_PRESS_WAIT_SECONDS = 20.0
_LONGEST_LANGUAGE = 10


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
            web.get(chats, self.chats),
            web.get(chat, self.chat),
            web.delete(chat, self.clear),
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
        ]

    async def users(self, request: web.Request) -> web.Response:
        return web.json_response([self._sandbox.user(person) for person in USERS])

    async def set_language(self, request: web.Request) -> web.Response:
        person = user_with(self._sandbox, int(request.match_info["user_id"]))
        code = (await read_parameters(request)).text("language_code").strip()
        if not 2 <= len(code) <= _LONGEST_LANGUAGE:
            raise PersonError("A language code looks like en, ru or pt-br.")
        self._sandbox.state.set_setting(f"language.{person.id}", code)
        for chat in self._sandbox.chats.of_person(person):
            self._sandbox.tell_page(chat.id, "commands")
        return web.json_response(self._sandbox.user(person))

    async def chats(self, request: web.Request) -> web.Response:
        person = user_with(self._sandbox, number(request.query.get("as"), 0))
        return web.json_response([chat.shown() for chat in self._sandbox.chats.of_person(person)])

    async def chat(self, request: web.Request) -> web.Response:
        """The chat as it is now, and the number of the event after which to follow it."""
        person, chat = who_and_where(self._sandbox, request)
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

    async def send_text(self, request: web.Request) -> web.Response:
        parameters = await read_parameters(request)
        sent = self._person(request).send_text(parameters.text("text"), reply_to(parameters))
        return web.json_response(sent)

    async def send_file(self, request: web.Request) -> web.Response:
        parameters = await read_parameters(request)
        (upload,) = await uploads_of(request, at_most=1)
        sent = await self._person(request).send_file(
            request.match_info["kind"], upload, parameters.text("caption"), reply_to(parameters)
        )
        return web.json_response(sent)

    async def send_album(self, request: web.Request) -> web.Response:
        parameters = await read_parameters(request)
        deliver = parameters.text("deliver")
        sent = await self._person(request).send_album(
            parameters.text("kind") or "photo",
            await uploads_of(request),
            parameters.text("caption"),
            reply_to(parameters),
            [number(place.strip(), -1) for place in deliver.split(",")] if deliver else None,
        )
        return web.json_response(sent)

    async def press(self, request: web.Request) -> web.Response:
        parameters = await read_parameters(request)
        answer = await self._person(request).press(
            parameters.integer("message_id"),
            parameters.text("data"),
            wait=seconds(parameters.text("wait"), _PRESS_WAIT_SECONDS),
            stale=parameters.flag("stale"),
        )
        return web.json_response(answer)

    async def block(self, request: web.Request) -> web.Response:
        parameters = await read_parameters(request)
        self._person(request).block(parameters.flag("blocked"))
        return web.json_response({})

    async def migrate(self, request: web.Request) -> web.Response:
        person, chat = who_and_where(self._sandbox, request)
        return web.json_response(migrate(self._sandbox, chat, person).shown())

    async def set_member(self, request: web.Request) -> web.Response:
        person, chat = who_and_where(self._sandbox, request)
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
            (await uploads_of(request, at_most=1))[0] if parameters.uploads else None,
        )
        return web.json_response(edited)

    async def redeliver(self, request: web.Request) -> web.Response:
        self._person(request).redeliver(int(request.match_info["message_id"]))
        return web.json_response({})

    async def delete_message(self, request: web.Request) -> web.Response:
        self._person(request).delete(int(request.match_info["message_id"]))
        return web.json_response({})

    def _person(self, request: web.Request) -> Person:
        return Person(self._sandbox, *who_and_where(self._sandbox, request))
