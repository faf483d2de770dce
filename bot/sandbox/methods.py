"""The methods of the Bot API that the sandbox knows."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiogram.types import User

from bot.sandbox import attachments, members, messages, polling, profile
from bot.sandbox.errors import bad_request
from bot.sandbox.parameters import Parameters
from bot.sandbox.world import Sandbox

Method = Callable[[Sandbox, Parameters], Awaitable[Any]]

_MAX_CALLBACK_TEXT = 200
_PRESS_IDS_FROM = 4_200_000_000_000_000  # long, like Telegram's, so that nobody stores 32 bits


async def get_me(sandbox: Sandbox, parameters: Parameters) -> dict[str, Any]:
    me = sandbox.bot_user() | {
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }
    return User.model_validate(me).model_dump(mode="json", exclude_none=True)


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


METHODS: Mapping[str, Method] = {
    "getMe": get_me,
    "getUpdates": polling.get_updates,
    "setWebhook": polling.set_webhook,
    "deleteWebhook": polling.delete_webhook,
    "getWebhookInfo": polling.get_webhook_info,
    "sendMessage": messages.send_message,
    "sendPhoto": attachments.send_photo,
    "sendDocument": attachments.send_document,
    "sendMediaGroup": attachments.send_media_group,
    "sendChatAction": messages.send_chat_action,
    "editMessageText": messages.edit_message_text,
    "editMessageCaption": attachments.edit_message_caption,
    "editMessageMedia": attachments.edit_message_media,
    "editMessageReplyMarkup": messages.edit_message_reply_markup,
    "deleteMessage": messages.delete_message,
    "deleteMessages": messages.delete_messages,
    "answerCallbackQuery": answer_callback_query,
    "getFile": get_file,
    "getChat": members.get_chat,
    "getChatMember": members.get_chat_member,
    "getChatAdministrators": members.get_chat_administrators,
    "getChatMemberCount": members.get_chat_member_count,
    "leaveChat": members.leave_chat,
    "setMyCommands": profile.set_my_commands,
    "getMyCommands": profile.get_my_commands,
    "deleteMyCommands": profile.delete_my_commands,
    "setMyDescription": profile.set_text("description"),
    "getMyDescription": profile.get_text("description"),
    "setMyShortDescription": profile.set_text("short_description"),
    "getMyShortDescription": profile.get_text("short_description"),
}
