"""The methods of the Bot API that the sandbox knows."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiogram.types import AcceptedGiftTypes, BotCommand, ChatFullInfo, User
from pydantic import ValidationError

from bot.sandbox import messages, polling
from bot.sandbox.errors import bad_request
from bot.sandbox.parameters import Parameters
from bot.sandbox.world import Sandbox

Method = Callable[[Sandbox, Parameters], Awaitable[Any]]

_MAX_CALLBACK_TEXT = 200
_MAX_COMMANDS = 100
_PRESS_IDS_FROM = 4_200_000_000_000_000  # long, like Telegram's, so that nobody stores 32 bits
_DEFAULT_SCOPE = {"type": "default"}


async def get_me(sandbox: Sandbox, parameters: Parameters) -> dict[str, Any]:
    me = sandbox.bot_user() | {
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }
    return User.model_validate(me).model_dump(mode="json", exclude_none=True)


async def get_chat(sandbox: Sandbox, parameters: Parameters) -> dict[str, Any]:
    person = sandbox.person(parameters.integer("chat_id"))
    if person is None:
        raise bad_request("chat not found")
    return ChatFullInfo(
        id=person.id,
        type="private",
        first_name=person.first_name,
        username=person.username,
        accent_color_id=0,
        max_reaction_count=11,
        accepted_gift_types=AcceptedGiftTypes(
            unlimited_gifts=False,
            limited_gifts=False,
            unique_gifts=False,
            premium_subscription=False,
            gifts_from_channels=False,
        ),
    ).model_dump(mode="json", exclude_none=True)


async def get_file(sandbox: Sandbox, parameters: Parameters) -> dict[str, Any]:
    return sandbox.files.link(parameters.text("file_id"))


def press_id_text(press_id: int) -> str:
    """The callback query id that the bot sees for a press."""
    return str(_PRESS_IDS_FROM + press_id)


async def answer_callback_query(sandbox: Sandbox, parameters: Parameters) -> bool:
    text = parameters.text("text")
    if len(text) > _MAX_CALLBACK_TEXT:
        raise bad_request("MESSAGE_TOO_LONG")
    press_id = parameters.integer("callback_query_id") - _PRESS_IDS_FROM
    age = sandbox.state.press_age(press_id)
    if age is None or age > sandbox.callback_seconds:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    answer: dict[str, Any] = {"text": text, "show_alert": parameters.flag("show_alert")}
    if parameters.text("url"):
        answer["url"] = parameters.text("url")
    waiting = sandbox.waiting_presses.get(press_id)
    if waiting is not None and not waiting.done():
        waiting.set_result(answer)
    return True


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


def commands_seen_by(sandbox: Sandbox, chat_id: int, language: str) -> list[dict[str, str]]:
    """The commands menu of a private chat: the narrowest scope wins, then the language."""
    scopes = (
        {"type": "chat", "chat_id": chat_id},
        {"type": "all_private_chats"},
        _DEFAULT_SCOPE,
    )
    for scope in scopes:
        for code in (language, ""):
            found: list[dict[str, str]] = sandbox.state.setting(_commands_setting(scope, code))
            if found:
                return found
    return []


def _set_text(field: str, limit: int, too_long: str) -> Method:
    async def method(sandbox: Sandbox, parameters: Parameters) -> bool:
        text = parameters.text(field)
        if len(text) > limit:
            raise bad_request(too_long)
        sandbox.state.set_setting(f"{field}.{parameters.text('language_code')}", text)
        return True

    return method


def text_seen_by(sandbox: Sandbox, field: str, language: str) -> str:
    """A description of the bot in a language, or the one for all languages."""
    for code in (language, ""):
        text: str | None = sandbox.state.setting(f"{field}.{code}")
        if text:
            return text
    return ""


METHODS: Mapping[str, Method] = {
    "getMe": get_me,
    "getUpdates": polling.get_updates,
    "setWebhook": polling.set_webhook,
    "deleteWebhook": polling.delete_webhook,
    "getWebhookInfo": polling.get_webhook_info,
    "sendMessage": messages.send_message,
    "sendPhoto": messages.send_photo,
    "sendChatAction": messages.send_chat_action,
    "editMessageText": messages.edit_message_text,
    "editMessageReplyMarkup": messages.edit_message_reply_markup,
    "deleteMessage": messages.delete_message,
    "answerCallbackQuery": answer_callback_query,
    "getFile": get_file,
    "getChat": get_chat,
    "setMyCommands": set_my_commands,
    "getMyCommands": get_my_commands,
    "deleteMyCommands": delete_my_commands,
    "setMyDescription": _set_text("description", 512, "BOT_DESCRIPTION_TOO_LONG"),
    "setMyShortDescription": _set_text("short_description", 120, "BOT_SHORT_DESCRIPTION_TOO_LONG"),
}
