"""What a person does in a chat: write, send files, edit, press buttons, block the bot."""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from typing import Any

from bot.sandbox import SandboxUser
from bot.sandbox.attachments import MAX_ALBUM, MAX_CAPTION, new_media_group_id
from bot.sandbox.chats import Chat
from bot.sandbox.entities import detect_entities, utf16_length
from bot.sandbox.errors import PersonError
from bot.sandbox.membership import tell_of_change
from bot.sandbox.messages import MAX_TEXT
from bot.sandbox.methods import press_id_text
from bot.sandbox.parameters import Upload
from bot.sandbox.pictures import PhotoRefusedError
from bot.sandbox.world import Sandbox

KINDS = ("photo", "document", "sticker", "video")
"""What a file can be sent as."""

_REFUSALS = {
    "IMAGE_PROCESS_FAILED": (
        "This file cannot be sent as a {kind}, because it is not a picture that can be read."
        " Send it as a file instead."
    ),
    "PHOTO_INVALID_DIMENSIONS": (
        "This picture is too narrow to be sent as a {kind}. Send it as a file instead."
    ),
}
_CAPTION = ("caption", "caption_entities")


class Person:
    """One person in one chat with the bot; PersonError says what they cannot do."""

    def __init__(self, sandbox: Sandbox, person: SandboxUser, chat: Chat) -> None:
        self._sandbox = sandbox
        self._person = person
        self._chat = chat

    def send_text(self, text: str, reply_to: int | None = None) -> dict[str, Any]:
        self._check_may_send()
        return self._send(_text(text), reply_to)

    async def send_file(
        self, kind: str, upload: Upload, caption: str = "", reply_to: int | None = None
    ) -> dict[str, Any]:
        """Send a file as one of KINDS; a sticker has no caption."""
        self._check_may_send()
        content = {} if kind == "sticker" else _caption(caption)
        return self._send(content | await self._media(kind, upload), reply_to)

    async def send_album(
        self,
        kind: str,
        uploads: Sequence[Upload],
        caption: str = "",
        reply_to: int | None = None,
        deliver: Sequence[int] | None = None,
    ) -> list[dict[str, Any]]:
        """Send 2 to 10 photos or documents as one album, the caption on the first.

        `deliver` lists the places (from 0) whose updates the bot gets now, in that order, maybe
        some twice and some not at all; `redeliver` brings those later.
        """
        self._check_may_send()
        if kind not in ("photo", "document") or not 2 <= len(uploads) <= MAX_ALBUM:
            raise PersonError(f"An album has 2 to {MAX_ALBUM} photos or files.")
        contents = [await self._media(kind, upload) for upload in uploads]
        contents[0 if kind == "photo" else -1] |= _caption(caption)  # as Telegram's apps do
        group = {"media_group_id": new_media_group_id(), **self._reply(reply_to)}
        sent = [self._post({**content, **group}) for content in contents]
        places = range(len(sent)) if deliver is None else deliver
        if any(not 0 <= place < len(sent) for place in places):
            raise PersonError("The album has no such place.")
        for place in places:
            self._sandbox.tell_bot_of_message(self._chat, sent[place], edited=False)
        return sent

    def redeliver(self, message_id: int) -> None:
        """Queue the update of a message (again), as Telegram does when it was not confirmed."""
        self._sandbox.tell_bot_of_message(self._chat, self._message(message_id), edited=False)

    async def edit(
        self, message_id: int, text: str | None, kind: str, upload: Upload | None
    ) -> dict[str, Any]:
        """Change the text or caption of one's own message, or what lies in it.

        A new photo or file keeps the caption unless a text is given.
        """
        self._check_may_send()
        message = self._message(message_id)
        author = message.get("from", {}).get("id")
        is_own = self._chat.is_channel or author == self._person.id
        if self._sandbox.state.is_from_bot(message_id) or not is_own or "sticker" in message:
            raise PersonError("Only one's own messages can be edited, and no stickers.")
        changed = dict(message)
        if upload is not None:
            media = await self._media(kind, upload)
            for name in (*KINDS, "text", "entities"):
                changed.pop(name, None)
            changed |= media
        if text is not None:
            for name in (*_CAPTION, "text", "entities"):
                changed.pop(name, None)
            changed |= _text(text) if "text" in message and upload is None else _caption(text)
        if changed == message:
            raise PersonError("Nothing was changed.")
        edited = self._sandbox.change({**changed, "edit_date": int(time.time())})
        self._sandbox.tell_bot_of_message(self._chat, edited, edited=True)
        return edited

    async def press(
        self, message_id: int, data: str, *, wait: float, stale: bool = False
    ) -> dict[str, Any]:
        """Press an inline button and wait for the bot's answer to it.

        `stale` presses a button that the message does not (or no longer) carry, as a person
        does whose screen is behind. The result has `answered`, and then `text`, `show_alert`,
        `url`.
        """
        self._check_bot_is_allowed()
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
            "chat_instance": str(-(10**15) - abs(self._chat.id)),
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
        if not self._sandbox.delete(self._chat.id, message_id):
            raise PersonError("The message does not exist any more.", 404)

    def clear(self) -> None:
        """Delete every message of the chat."""
        self._sandbox.state.clear_chat(self._chat.id)
        self._sandbox.state.drop_setting(f"prompt.{self._chat.id}")
        self._sandbox.tell_page(self._chat.id, "clear")

    def block(self, blocked: bool) -> None:
        """Block the bot or allow it again; it is told either way."""
        if not self._chat.is_private:
            raise PersonError("A bot is blocked in the private chat with it.")
        if self._sandbox.chats.is_blocked(self._person.id) == blocked:
            return
        self._sandbox.state.set_setting(f"blocked.{self._person.id}", blocked)
        before, after = ("member", "kicked") if blocked else ("kicked", "member")
        tell_of_change(
            self._sandbox,
            self._chat,
            self._sandbox.bot_id,
            before,
            after,
            self._sandbox.user(self._person),
        )
        self._sandbox.tell_page(self._person.id, "blocked" if blocked else "unblocked")

    async def send_kept_photo(
        self, data: bytes, width: int, height: int, caption: str = ""
    ) -> dict[str, Any]:
        """Send a JPEG that needs not be made smaller; see `FileStore.keep_photo`."""
        self._check_may_send()
        photo = await self._sandbox.files.keep_photo(data, width, height)
        return self._send({"photo": photo, **_caption(caption)}, None)

    def _check_bot_is_allowed(self) -> None:
        if self._chat.is_private and self._sandbox.chats.is_blocked(self._person.id):
            raise PersonError("You have blocked this bot. Unblock it to write to it.", 403)

    def _check_may_send(self) -> None:
        chats = self._sandbox.chats
        self._check_bot_is_allowed()
        if not chats.is_present(self._chat, self._person.id):
            raise PersonError(f"{self._person.first_name} is not in this chat.", 403)
        if self._chat.is_channel and not chats.is_administrator(self._chat, self._person.id):
            raise PersonError("Only its administrators can write in a channel.", 403)
        if chats.migrated_to(self._chat):
            raise PersonError("This group has become a supergroup: write there.", 409)

    async def _media(self, kind: str, upload: Upload) -> dict[str, Any]:
        """The field of a message that an upload becomes."""
        files = self._sandbox.files
        try:
            if kind == "photo":
                return {kind: await files.add_photo(upload.data)}
            if kind == "sticker":
                return {kind: await files.add_sticker(upload.data)}
        except PhotoRefusedError as error:
            raise PersonError(_REFUSALS[str(error)].format(kind=kind)) from None
        add = files.add_video if kind == "video" else files.add_document
        return {kind: await add(upload.data, upload.name, upload.content_type)}

    def _message(self, message_id: int) -> dict[str, Any]:
        message = self._sandbox.state.message(self._chat.id, message_id)
        if message is None:
            raise PersonError("The message does not exist any more.", 404)
        return message

    def _reply(self, reply_to: int | None) -> dict[str, Any]:
        if reply_to is None:
            return {}
        original = self._message(reply_to)
        original.pop("reply_to_message", None)
        return {"reply_to_message": original}

    def _post(self, content: dict[str, Any]) -> dict[str, Any]:
        if self._chat.is_private:
            self._sandbox.state.set_setting(f"started.{self._person.id}", True)
        self._sandbox.state.drop_setting(f"prompt.{self._chat.id}")
        return self._sandbox.post(self._chat, content, sender=self._person)

    def _send(self, content: dict[str, Any], reply_to: int | None) -> dict[str, Any]:
        message = self._post({**content, **self._reply(reply_to)})
        self._sandbox.tell_bot_of_message(self._chat, message, edited=False)
        return message


def _text(text: str) -> dict[str, Any]:
    """The fields `text` and `entities` of a message that a person writes."""
    text = text.strip()
    if not text:
        raise PersonError("The message is empty.")
    if utf16_length(text) > MAX_TEXT:
        raise PersonError(f"The message is longer than {MAX_TEXT:,} characters.")
    entities = detect_entities(text)
    return {"text": text, "entities": entities} if entities else {"text": text}


def _caption(caption: str) -> dict[str, Any]:
    caption = caption.strip()
    if utf16_length(caption) > MAX_CAPTION:
        raise PersonError(f"The text with a file may have at most {MAX_CAPTION:,} characters.")
    if not caption:
        return {}
    entities = detect_entities(caption)
    return {"caption": caption, **({"caption_entities": entities} if entities else {})}
