"""/autocaption: alternative texts for all photos of a channel or group, in reply to each."""

import logging

from aiogram import Bot, Router
from aiogram.enums import ChatMemberStatus, ChatType
from aiogram.exceptions import TelegramBadRequest
from aiogram.filters import Command, CommandObject
from aiogram.types import Message

from bot.handlers.attachments import ReadableImage
from bot.people.chat_settings import ChatSettings
from bot.people.users import Person
from bot.queue.jobs import Jobs, PhotoRef
from bot.storage.tables import ALT_TEXT
from bot.telegram.outbox import Outbox
from bot.texts.groups import (
    autocaption_is_for_chats_text,
    autocaption_text,
    autocaption_usage_text,
    cannot_check_administrators_text,
    only_administrators_text,
)
from captioning.catalogue import preferred_model

logger = logging.getLogger(__name__)

ADMINISTRATORS = {ChatMemberStatus.CREATOR, ChatMemberStatus.ADMINISTRATOR}
CHOICES = {"on": True, "off": False}


def create_router() -> Router:
    router = Router(name="autocaption")
    command = Command("autocaption", ignore_case=True)
    router.message.register(choose, command)
    router.channel_post.register(choose, command)
    router.channel_post.register(posted, ReadableImage())
    router.edited_channel_post.register(posted, ReadableImage())
    return router


async def choose(
    message: Message, command: CommandObject, bot: Bot, chat_settings: ChatSettings, outbox: Outbox
) -> None:
    chat = message.chat
    if chat.type == ChatType.PRIVATE:
        outbox.send(message.answer(autocaption_is_for_chats_text()))
        return
    is_on = CHOICES.get((command.args or "").strip().casefold())
    if is_on is None:
        current = await chat_settings.autocaption(chat.id)
        outbox.send(lambda: tell_state(message, bot, is_on=current), key=chat.id)
    elif speaks_as_administrator(message):
        await chat_settings.set_autocaption(chat.id, chat.type, is_on)
        outbox.send(lambda: confirm(message, bot, is_on=is_on), key=chat.id)
    else:
        # Telegram has to be asked who this is, which no other update waits for.
        outbox.send(
            lambda: choose_if_allowed(message, bot, chat_settings, is_on),
            key=chat.id,
            asker=chat.id,
        )


async def choose_if_allowed(
    message: Message, bot: Bot, chat_settings: ChatSettings, is_on: bool
) -> None:
    user = message.from_user
    try:
        is_allowed = user is not None and await is_administrator(bot, message.chat.id, user.id)
    except TelegramBadRequest as error:
        logger.info("Chat %d does not tell who its administrators are: %s", message.chat.id, error)
        await message.reply(cannot_check_administrators_text())
        return
    if not is_allowed:
        await message.reply(only_administrators_text())
        return
    await chat_settings.set_autocaption(message.chat.id, message.chat.type, is_on)
    await confirm(message, bot, is_on=is_on)


async def confirm(message: Message, bot: Bot, *, is_on: bool) -> None:
    is_blind = is_on and await sees_no_photos(message, bot)
    await message.reply(autocaption_text(is_on=is_on, is_blind=is_blind))


async def tell_state(message: Message, bot: Bot, *, is_on: bool) -> None:
    is_blind = is_on and await sees_no_photos(message, bot)
    await message.reply(autocaption_usage_text(is_on=is_on, is_blind=is_blind))


async def posted(
    message: Message, image: PhotoRef, bot: Bot, jobs: Jobs, chat_settings: ChatSettings
) -> None:
    if await chat_settings.autocaption(message.chat.id):
        await accept_for_everyone(message, image, bot, jobs)


async def accept_for_everyone(message: Message, image: PhotoRef, bot: Bot, jobs: Jobs) -> None:
    """Store that an image wants an alternative text.

    It is the chat that asks, not the person who posted: they have asked for nothing, and neither
    are they stored nor does it count towards their limits.
    """
    await jobs.accept(
        bot_id=bot.id,
        chat_id=message.chat.id,
        message_id=message.message_id,
        user=Person(message.chat.id),
        photo=image,
        models=(preferred_model(),),  # an alternative text is one sentence
        media_group_id=message.media_group_id,
        purpose=ALT_TEXT,
    )


def speaks_as_administrator(message: Message) -> bool:
    """Whether somebody writes in the name of the chat itself, which only administrators can."""
    sender = message.sender_chat
    return message.chat.type == ChatType.CHANNEL or (
        sender is not None and sender.id == message.chat.id
    )


async def is_administrator(bot: Bot, chat_id: int, user_id: int) -> bool:
    member = await bot.get_chat_member(chat_id, user_id)
    return member.status in ADMINISTRATORS


async def sees_no_photos(message: Message, bot: Bot) -> bool:
    """Whether Telegram's privacy mode keeps the photos of this group from the bot."""
    if message.chat.type == ChatType.CHANNEL:
        return False
    me = await bot.me()
    if me.can_read_all_group_messages:
        return False
    try:
        return not await is_administrator(bot, message.chat.id, bot.id)
    except TelegramBadRequest:
        return True
