"""Which messages of a group Telegram shows to a bot that has privacy mode on, as most have."""

from collections.abc import Iterator
from typing import Any

from bot.sandbox import BOT_USERNAME
from bot.sandbox.chats import Chat, Chats
from bot.sandbox.state import State

_SERVICE = {
    "new_chat_members",
    "left_chat_member",
    "migrate_to_chat_id",
    "migrate_from_chat_id",
}


def reaches_bot(
    chats: Chats, state: State, chat: Chat, message: dict[str, Any], bot_id: int
) -> bool:
    """Whether the bot gets an update for what a person wrote.

    In groups, unless it is an administrator, it gets only commands, mentions, replies to its
    messages and to those that were meant for it, and service messages. An album is no exception:
    of its photos only the one whose caption mentions the bot comes through. (A command without
    a bot's name goes to the bot that wrote last; here there is no other.)
    """
    if chat.is_private:
        return True
    if not chats.is_present(chat, bot_id):
        return False
    if chats.is_administrator(chat, bot_id) or _SERVICE & message.keys():
        return True
    if chat.is_channel:
        return False
    original = message.get("reply_to_message")
    return _is_meant(message) or (
        original is not None and (state.is_from_bot(original["message_id"]) or _is_meant(original))
    )


def _is_meant(message: dict[str, Any]) -> bool:
    """Whether the words of a message address the bot: its name, or a command not for another."""
    for entity, words in _marked(message):
        if entity["type"] == "mention" and words.lower() == f"@{BOT_USERNAME}":
            return True
        if entity["type"] == "bot_command" and entity["offset"] == 0:
            _, _, addressed = words.lower().partition("@")
            if addressed in ("", BOT_USERNAME):
                return True
    return False


def _marked(message: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """The entities of a text or caption, each with the words it covers."""
    text = (message.get("text") or message.get("caption") or "").encode("utf-16-le")
    for entity in message.get("entities") or message.get("caption_entities") or []:
        start, end = entity["offset"], entity["offset"] + entity["length"]
        yield entity, text[2 * start : 2 * end].decode("utf-16-le")
