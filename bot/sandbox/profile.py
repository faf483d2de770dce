"""What the bot tells of itself: its commands by scope and language, its descriptions."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiogram.types import BotCommand
from pydantic import ValidationError

from bot.sandbox import SandboxUser
from bot.sandbox.chats import Chat
from bot.sandbox.errors import bad_request
from bot.sandbox.parameters import Parameters
from bot.sandbox.world import Sandbox

_MAX_COMMANDS = 100
_DEFAULT_SCOPE = {"type": "default"}
_TEXT_LIMITS = {
    "description": (512, "BOT_DESCRIPTION_TOO_LONG"),
    "short_description": (120, "BOT_SHORT_DESCRIPTION_TOO_LONG"),
}


def _scope(parameters: Parameters) -> dict[str, Any]:
    scope = parameters.json("scope", "bot command scope") or _DEFAULT_SCOPE
    if not isinstance(scope, dict) or "type" not in scope:
        raise bad_request("can't parse BotCommandScope: Can't find field \"type\"")
    return scope


def _commands_setting(scope: dict[str, Any], language: str) -> str:
    return f"commands.{json.dumps(scope, sort_keys=True)}.{language}"


async def set_my_commands(sandbox: Sandbox, parameters: Parameters) -> bool:
    given = parameters.json("commands", "commands")
    if not isinstance(given, list):
        raise bad_request("expected an Array of BotCommand")
    if len(given) > _MAX_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    commands = []
    for entry in given:
        try:
            command = BotCommand.model_validate(entry)
        except ValidationError:
            raise bad_request("can't parse BotCommand: Object expected") from None
        name = command.command.removeprefix("/")
        if not (0 < len(name) <= 32 and name.isascii() and name.replace("_", "a").isalnum()):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 0 < len(command.description.strip()) <= 256:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
        commands.append({"command": name.lower(), "description": command.description.strip()})
    setting = _commands_setting(_scope(parameters), parameters.text("language_code"))
    sandbox.state.set_setting(setting, commands)
    sandbox.tell_every_page("commands")
    return True


async def get_my_commands(sandbox: Sandbox, parameters: Parameters) -> list[dict[str, str]]:
    setting = _commands_setting(_scope(parameters), parameters.text("language_code"))
    commands: list[dict[str, str]] = sandbox.state.setting(setting) or []
    return commands


async def delete_my_commands(sandbox: Sandbox, parameters: Parameters) -> bool:
    sandbox.state.drop_setting(
        _commands_setting(_scope(parameters), parameters.text("language_code"))
    )
    sandbox.tell_every_page("commands")
    return True


def commands_seen_by(sandbox: Sandbox, chat: Chat, person: SandboxUser) -> list[dict[str, str]]:
    """The commands menu of a chat: the narrowest scope wins, then the language."""
    for scope in _scopes(sandbox, chat, person):
        for code in (sandbox.language(person), ""):
            found: list[dict[str, str]] = sandbox.state.setting(_commands_setting(scope, code))
            if found:
                return found
    return []


def _scopes(sandbox: Sandbox, chat: Chat, person: SandboxUser) -> list[dict[str, Any]]:
    """The scopes that a person's menu in a chat is looked for in, narrowest first."""
    here = {"type": "chat", "chat_id": chat.id}
    if chat.is_channel:
        return []
    if chat.is_private:
        return [here, {"type": "all_private_chats"}, _DEFAULT_SCOPE]
    leads = sandbox.chats.is_administrator(chat, person.id)
    return [
        {"type": "chat_member", "chat_id": chat.id, "user_id": person.id},
        *([{"type": "chat_administrators", "chat_id": chat.id}] if leads else []),
        here,
        *([{"type": "all_chat_administrators"}] if leads else []),
        {"type": "all_group_chats"},
        _DEFAULT_SCOPE,
    ]


def set_text(field: str) -> Callable[[Sandbox, Parameters], Awaitable[bool]]:
    """The method that sets a description of the bot in one language."""
    limit, too_long = _TEXT_LIMITS[field]

    async def method(sandbox: Sandbox, parameters: Parameters) -> bool:
        text = parameters.text(field)
        if len(text) > limit:
            raise bad_request(too_long)
        sandbox.state.set_setting(f"{field}.{parameters.text('language_code')}", text)
        sandbox.tell_every_page("commands")
        return True

    return method


def get_text(field: str) -> Callable[[Sandbox, Parameters], Awaitable[dict[str, str]]]:
    """The method that gives a description back, or the one for all languages."""

    async def method(sandbox: Sandbox, parameters: Parameters) -> dict[str, str]:
        return {field: text_seen_by(sandbox, field, parameters.text("language_code"))}

    return method


def text_seen_by(sandbox: Sandbox, field: str, language: str) -> str:
    """A description of the bot in a language, or the one for all languages."""
    for code in (language, ""):
        text: str | None = sandbox.state.setting(f"{field}.{code}")
        if text:
            return text
    return ""
