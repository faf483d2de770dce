"""People who chat with the bot, through the API of the sandbox's chat page."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import aiohttp

from bot.sandbox import SandboxGroup, SandboxUser

ANSWER_SECONDS = 90.0

Message = dict[str, Any]


class Person:
    """Someone who chats with the bot, as the chat page does it.

    In the private chat, unless `in_chat` gives the same person elsewhere.
    """

    def __init__(
        self,
        http: aiohttp.ClientSession,
        url: str,
        user: SandboxUser,
        chat_id: int | None = None,
    ) -> None:
        self.id = user.id
        self.name = user.first_name
        self.username = user.username
        self.chat_id = user.id if chat_id is None else chat_id
        self._http = http
        self._url = url
        self._user = user
        self._chat = f"{url}/sandbox/api/chats/{self.chat_id}"
        self._as = {"as": str(user.id)}

    def in_chat(self, chat: SandboxGroup | int) -> "Person":
        """The same person in the group or channel (bot.sandbox.GROUP, CHANNEL) or by chat id."""
        chat_id = chat if isinstance(chat, int) else chat.id
        return Person(self._http, self._url, self._user, chat_id)

    async def send_text(self, text: str, reply_to: int | None = None) -> Message:
        return await self._post("text", json={"text": text, "reply_to": reply_to})

    async def send_photo(
        self, data: bytes, caption: str = "", reply_to: int | None = None
    ) -> Message:
        return await self._upload("photo", [data], "photo.jpg", "image/jpeg", caption, reply_to)

    async def send_document(
        self,
        data: bytes,
        name: str = "picture.png",
        mime_type: str = "image/png",
        caption: str = "",
        reply_to: int | None = None,
    ) -> Message:
        return await self._upload("document", [data], name, mime_type, caption, reply_to)

    async def send_sticker(self, data: bytes, reply_to: int | None = None) -> Message:
        """A picture becomes a static sticker; gzipped data is an animated, WebM a video one."""
        return await self._upload("sticker", [data], "sticker.webp", "image/webp", "", reply_to)

    async def send_video(self, data: bytes, caption: str = "") -> Message:
        return await self._upload("video", [data], "video.mp4", "video/mp4", caption, None)

    async def send_album(
        self,
        photos: Sequence[bytes],
        caption: str = "",
        reply_to: int | None = None,
        *,
        kind: str = "photo",
        deliver: Sequence[int] | None = None,
    ) -> list[Message]:
        """Send 2 to 10 photos (or `kind="document"`s) as one album.

        `deliver` lists the places (from 0) whose updates the bot gets now, in this order, maybe
        twice; those left out come with `redeliver`.
        """
        name, mime_type = (
            ("photo.jpg", "image/jpeg") if kind == "photo" else ("file.png", "image/png")
        )
        more = {"kind": kind}
        if deliver is not None:
            more["deliver"] = ",".join(map(str, deliver))
        return await self._upload("album", photos, name, mime_type, caption, reply_to, **more)

    async def redeliver(self, message_id: int) -> None:
        """Let the bot get the update of a message (again)."""
        await self._post(f"messages/{message_id}/redeliver")

    async def edit(
        self,
        message_id: int,
        text: str | None = None,
        data: bytes | None = None,
        kind: str = "photo",
    ) -> Message:
        """Change the text or caption of a message, or put another photo (or document) in it."""
        if data is None:
            return await self._post(f"messages/{message_id}", json={"text": text})
        more = {"kind": kind} if text is None else {"kind": kind, "text": text}
        name, mime_type = (
            ("photo.jpg", "image/jpeg") if kind == "photo" else ("file.png", "image/png")
        )
        return await self._upload(
            f"messages/{message_id}", [data], name, mime_type, "", None, **more
        )

    async def press(
        self, message_id: int, button: str, *, wait: float = 30.0, stale: bool = False
    ) -> dict[str, Any]:
        """Press the button with this callback data, or the first whose text contains `button`.

        Returns `answered`, and with it `text`, `show_alert`. `stale` presses callback data that
        the message does not carry any more.
        """
        data = button if stale else self._find(await self.message(message_id), button)
        return await self._post(
            "press", json={"message_id": message_id, "data": data, "wait": wait, "stale": stale}
        )

    async def messages(self) -> list[Message]:
        """All messages of the chat, oldest first, as the Bot API shows them.

        A supergroup has those of the group that it was, too.
        """
        return (await self.chat())["messages"]

    async def message(self, message_id: int) -> Message:
        return next(found for found in await self.messages() if found["message_id"] == message_id)

    async def from_bot(self) -> list[Message]:
        """What the bot has written in this chat."""
        return written_by_bot(await self.chat())

    async def chat(self) -> dict[str, Any]:
        """Messages, commands menu, members, `prompt` (of a ForceReply), whether the bot is polling;
        all of it in the docstring of bot/sandbox/person_api.py."""
        async with self._http.get(self._chat, params=self._as) as response:
            return await answer_of(response)

    async def wait_for(
        self,
        predicate: Callable[[Message], Any],
        timeout: float = ANSWER_SECONDS,  # noqa: ASYNC109
    ) -> Message:
        """The newest message of the bot that fits the predicate, as soon as there is one."""
        deadline = time.monotonic() + timeout
        while True:
            chat = await self.chat()
            written = written_by_bot(chat)
            for message in reversed(written):
                if predicate(message):
                    return message
            left = deadline - time.monotonic()
            if left <= 0:
                raise AssertionError(
                    f"The bot's messages to {self.name} do not have what was waited for: {written}"
                )
            wait = {**self._as, "after": chat["last_event"], "wait": int(min(left, 5)) + 1}
            async with self._http.get(f"{self._chat}/events", params=wait) as response:
                await answer_of(response)

    async def block(self, blocked: bool = True) -> None:
        await self._post("block", json={"blocked": blocked})

    async def delete(self, message_id: int) -> None:
        address = f"{self._chat}/messages/{message_id}"
        async with self._http.delete(address, params=self._as) as response:
            await answer_of(response)

    async def speak(self, language_code: str) -> None:
        """Switch the person's Telegram to another language."""
        address = f"{self._url}/sandbox/api/users/{self.id}/language"
        body = {"language_code": language_code}
        async with self._http.post(address, json=body) as response:
            await answer_of(response)

    async def migrate(self) -> int:
        """Make a supergroup of the group; returns its id."""
        return int((await self._post("migrate"))["id"])

    async def set_member(self, user_id: int, status: str) -> None:
        """Make someone (the bot's id is in `chat()["bot"]["id"]`) a member, administrator, left
        or kicked in this group or channel."""
        await self._post(f"members/{user_id}", json={"status": status})

    @staticmethod
    def _find(message: Message, button: str) -> str:
        rows = message.get("reply_markup", {}).get("inline_keyboard", [])
        buttons = [found for row in rows for found in row if "callback_data" in found]
        for found in buttons:
            if found["callback_data"] == button:
                return str(button)
        for found in buttons:
            if button in found["text"]:
                return str(found["callback_data"])
        raise AssertionError(f"No button {button!r} among {[found['text'] for found in buttons]}")

    async def _post(self, action: str, **request: Any) -> Any:
        address = f"{self._chat}/{action}"
        async with self._http.post(address, params=self._as, **request) as response:
            return await answer_of(response)

    async def _upload(
        self,
        action: str,
        files: Sequence[bytes],
        name: str,
        mime_type: str,
        caption: str,
        reply_to: int | None,
        **more: str,
    ) -> Any:
        form = aiohttp.FormData()
        for data in files:
            form.add_field("file", data, filename=name, content_type=mime_type)
        for field, value in {"caption": caption, "reply_to": str(reply_to or ""), **more}.items():
            form.add_field(field, value)
        return await self._post(action, data=form)


def written_by_bot(chat: dict[str, Any]) -> list[Message]:
    ids = set(chat["from_bot"])
    return [message for message in chat["messages"] if message["message_id"] in ids]


async def answer_of(response: aiohttp.ClientResponse) -> Any:
    """The body of an answer that must not be a refusal."""
    body = await response.json()
    if response.status != 200:
        raise AssertionError(f"{response.method} {response.url.path}: {body}")
    return body
