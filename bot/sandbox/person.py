"""What a person does in the chat: write, send files, press buttons, block the bot."""

import asyncio
import contextlib
import time
from typing import Any

from aiogram.types import ChatMemberBanned, ChatMemberMember, ChatMemberUpdated, User

from bot.sandbox import SandboxUser
from bot.sandbox.entities import detect_entities, utf16_length
from bot.sandbox.errors import PersonError
from bot.sandbox.media import PhotoRefusedError
from bot.sandbox.messages import MAX_CAPTION, MAX_TEXT
from bot.sandbox.methods import press_id_text
from bot.sandbox.parameters import Upload
from bot.sandbox.world import Sandbox

_PHOTO_REFUSALS = {
    "IMAGE_PROCESS_FAILED": (
        "This file cannot be sent as a photo, because it is not a picture that can be read."
        " Send it as a file instead."
    ),
    "PHOTO_INVALID_DIMENSIONS": (
        "This picture is too narrow to be sent as a photo. Send it as a file instead."
    ),
}


class Person:
    """One person in their private chat with the bot; PersonError says what they cannot do."""

    def __init__(self, sandbox: Sandbox, person: SandboxUser) -> None:
        self._sandbox = sandbox
        self._person = person

    def send_text(self, text: str, reply_to: int | None = None) -> dict[str, Any]:
        text = text.strip()
        if not text:
            raise PersonError("The message is empty.")
        if utf16_length(text) > MAX_TEXT:
            raise PersonError(f"The message is longer than {MAX_TEXT:,} characters.")
        content = {"text": text, "entities": detect_entities(text) or None}
        return self._send(content, reply_to)

    async def send_photo(
        self, upload: Upload, caption: str = "", reply_to: int | None = None
    ) -> dict[str, Any]:
        self._check_may_send()
        content = self._caption(caption)
        try:
            content["photo"] = await self._sandbox.files.add_photo(upload.data)
        except PhotoRefusedError as error:
            raise PersonError(_PHOTO_REFUSALS[str(error)]) from None
        return self._send(content, reply_to)

    async def send_document(
        self, upload: Upload, caption: str = "", reply_to: int | None = None
    ) -> dict[str, Any]:
        self._check_may_send()
        content = self._caption(caption)
        content["document"] = await self._sandbox.files.add_document(
            upload.data, upload.name, upload.content_type
        )
        return self._send(content, reply_to)

    async def press(
        self, message_id: int, data: str, *, wait: float, stale: bool = False
    ) -> dict[str, Any]:
        """Press an inline button and wait for the bot's answer to it.

        `stale` presses a button that the message does not (or no longer) carry, as a person
        does whose screen is behind. The result has `answered`, and then `text`, `show_alert`,
        `url`.
        """
        self._check_may_send()
        message = self._message(message_id)
        rows = message.get("reply_markup", {}).get("inline_keyboard", [])
        if not stale and not any(
            button.get("callback_data") == data for row in rows for button in row
        ):
            raise PersonError("The message has no such button any more.", 409)
        press_id = self._sandbox.state.add_press()
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._sandbox.waiting_presses[press_id] = answer
        query = {
            "id": press_id_text(press_id),
            "from": self._sandbox.user(self._person),
            "message": message,
            "chat_instance": str(-(10**15) - self._person.id),
            "data": data,
        }
        try:
            self._sandbox.tell_bot("callback_query", query)
            with contextlib.suppress(TimeoutError):
                return {"answered": True, **await asyncio.wait_for(answer, wait)}
            return {"answered": False}
        finally:
            del self._sandbox.waiting_presses[press_id]

    def delete(self, message_id: int) -> None:
        """Delete a message for both sides; as in Telegram the bot is not told."""
        if not self._sandbox.delete(self._person.id, message_id):
            raise PersonError("The message does not exist any more.", 404)

    def clear(self) -> None:
        """Delete every message of the chat."""
        self._sandbox.state.clear_chat(self._person.id)
        self._sandbox.tell_page(self._person.id, "clear")

    def block(self, blocked: bool) -> None:
        """Block the bot or allow it again; it is told either way."""
        if self._sandbox.is_blocked(self._person.id) == blocked:
            return
        self._sandbox.state.set_setting(f"blocked.{self._person.id}", blocked)
        bot = User.model_validate(self._sandbox.bot_user())
        banned = ChatMemberBanned(user=bot, until_date=0)  # type: ignore[arg-type]
        member = ChatMemberMember(user=bot)
        change = ChatMemberUpdated.model_validate(
            {
                "chat": self._sandbox.chat(self._person),
                "from": self._sandbox.user(self._person),
                "date": int(time.time()),
                "old_chat_member": member if blocked else banned,
                "new_chat_member": banned if blocked else member,
            }
        )
        self._sandbox.tell_bot(
            "my_chat_member", change.model_dump(mode="json", exclude_none=True, by_alias=True)
        )
        self._sandbox.tell_page(self._person.id, "blocked" if blocked else "unblocked")

    def _check_may_send(self) -> None:
        if self._sandbox.is_blocked(self._person.id):
            raise PersonError("You have blocked this bot. Unblock it to write to it.", 403)

    def _caption(self, caption: str) -> dict[str, Any]:
        caption = caption.strip()
        if utf16_length(caption) > MAX_CAPTION:
            raise PersonError(f"The text with a file may have at most {MAX_CAPTION:,} characters.")
        if not caption:
            return {}
        return {"caption": caption, "caption_entities": detect_entities(caption) or None}

    def _message(self, message_id: int) -> dict[str, Any]:
        message = self._sandbox.state.message(self._person.id, message_id)
        if message is None:
            raise PersonError("The message does not exist any more.", 404)
        return message

    def _send(self, content: dict[str, Any], reply_to: int | None) -> dict[str, Any]:
        self._check_may_send()
        if reply_to is not None:
            original = self._message(reply_to)
            original.pop("reply_to_message", None)
            content["reply_to_message"] = original
        self._sandbox.state.set_setting(f"started.{self._person.id}", True)
        message = self._sandbox.post(self._person, content, by_bot=False)
        self._sandbox.tell_bot("message", message)
        return message
