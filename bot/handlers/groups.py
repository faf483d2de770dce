"""Photos in groups: those that somebody asks about, and all of them where that was chosen.

A photo is asked about when its caption, or a reply to it, mentions the bot, or with /caption in
reply to it: Telegram delivers these also to a bot with privacy mode on. About everything else the
bot is quiet, and nothing of it is stored.
"""

from aiogram import Bot, F, Router
from aiogram.enums import ChatType, MessageEntityType
from aiogram.filters import Command, CommandObject, Filter
from aiogram.types import Message, MessageEntity, ReplyParameters, User

from bot.handlers.attachments import ReadableImage, find_image
from bot.handlers.autocaption import accept_for_everyone
from bot.handlers.intake import accept, asker_of
from bot.handlers.limit_notices import LimitNotices
from bot.handlers.unasked_albums import UnaskedAlbums
from bot.people.chat_settings import ChatSettings
from bot.people.users import Person
from bot.queue.jobs import Accepted, Jobs, PhotoRef, Refusal
from bot.telegram.outbox import Outbox
from bot.texts.groups import captioned_already_text, reply_to_a_photo_text
from bot.texts.unreadable import Unreadable, unreadable_text

GROUPS = {ChatType.GROUP, ChatType.SUPERGROUP}


def create_router() -> Router:
    router = Router(name="groups")
    in_group = F.chat.type.in_(GROUPS)
    # Also in private chats, where it is another way to ask.
    router.message.register(image_asked_about, Command("caption", ignore_case=True))
    for observer in (router.message, router.edited_message):
        observer.register(image_asked_about, in_group, BotMentioned())
        observer.register(photo_posted, in_group, ReadableImage())
    return router


class BotMentioned(Filter):
    """Lets messages about an image through whose text or caption names the bot."""

    async def __call__(self, message: Message, bot: Bot) -> bool:
        if image_meant(message, bot)[1] is None:
            return False
        me = await bot.me()  # polling has asked that before the first update
        text = message.text or message.caption or ""
        entities = message.entities or message.caption_entities or ()
        return any(names(entity, text, me) for entity in entities)


def names(entity: MessageEntity, text: str, user: User) -> bool:
    """Whether a part of a text is the name of a user, as a link to them."""
    if entity.type == MessageEntityType.MENTION:
        name = entity.extract_from(text).removeprefix("@")
        return user.username is not None and name.casefold() == user.username.casefold()
    return (
        entity.type == MessageEntityType.TEXT_MENTION
        and entity.user is not None
        and entity.user.id == user.id
    )


async def image_asked_about(
    message: Message,
    bot: Bot,
    person: Person,
    jobs: Jobs,
    unasked: UnaskedAlbums,
    limit_notices: LimitNotices,
    outbox: Outbox,
    command: CommandObject | None = None,
) -> None:
    """/caption or the bot's name, in reply to an image or in the caption of one."""
    photo_message, found = image_meant(message, bot)
    if found is None:
        outbox.send(message.reply(reply_to_a_photo_text()))
    elif isinstance(found, Unreadable):
        outbox.send(photo_message.reply(unreadable_text(found)))
    else:
        accepted = await ask(
            message, photo_message, found, person, bot, jobs, unasked, limit_notices
        )
        # A name may come again, in an edit of the same message; a command is meant every time.
        if command is not None and isinstance(accepted, Accepted) and not accepted.is_new:
            await show_answer(accepted.job_id, message, jobs, outbox)


async def ask(
    message: Message,
    photo_message: Message,
    image: PhotoRef,
    person: Person,
    bot: Bot,
    jobs: Jobs,
    unasked: UnaskedAlbums,
    limit_notices: LimitNotices,
) -> Accepted | Refusal:
    """Ask about the image in a message, as another or the same `message` wants it.

    Who replies to one photo of an album asks about that one, and once more if it has failed.
    Otherwise the question is about the whole album, be it that some photos came before.
    """
    asker = asker_of(message, person)
    if photo_message is not message or message.media_group_id is None:
        is_reply = photo_message is not message
        return await accept(photo_message, image, asker, bot, jobs, limit_notices, again=is_reply)
    album = message.media_group_id
    accepted = await accept(message, image, asker, bot, jobs, limit_notices, media_group_id=album)
    for earlier, other in unasked.take(message):
        await accept(earlier, other, asker, bot, jobs, limit_notices, media_group_id=album)
    return accepted


async def photo_posted(
    message: Message,
    image: PhotoRef,
    bot: Bot,
    person: Person,
    jobs: Jobs,
    chat_settings: ChatSettings,
    unasked: UnaskedAlbums,
    limit_notices: LimitNotices,
) -> None:
    """A photo that nobody asks about by itself; perhaps its album was asked about, or will be."""
    if await chat_settings.autocaption(message.chat.id):
        if not await has_text_in_channel(message, chat_settings):
            await accept_for_everyone(message, image, bot, jobs)
        return
    album = message.media_group_id
    if album is None:
        return
    if await jobs.knows_album(bot_id=bot.id, chat_id=message.chat.id, media_group_id=album):
        asker = asker_of(message, person)
        await accept(message, image, asker, bot, jobs, limit_notices, media_group_id=album)
    else:
        unasked.remember(message, image)


async def show_answer(job_id: int, message: Message, jobs: Jobs, outbox: Outbox) -> None:
    """Point at the answer that is there already, should it be far away in the chat."""
    answer_id = await jobs.answer_message(job_id)
    if answer_id is None:
        return
    reply = ReplyParameters(message_id=answer_id, allow_sending_without_reply=False)
    outbox.send(message.answer(captioned_already_text(), reply_parameters=reply))


def image_meant(message: Message, bot: Bot) -> tuple[Message, PhotoRef | Unreadable | None]:
    """The image that a message is about, its own or the one it replies to, and where it is."""
    found = find_image(message)
    replied = message.reply_to_message
    if found is None and replied is None and message.external_reply is not None:
        # The photo is in another chat, where nobody has asked: here it is answered.
        return message, find_image(message.external_reply)
    if found is not None or replied is None:
        return message, found
    if replied.from_user is not None and replied.from_user.id == bot.id:
        # The bot's own pictures (where it looked, charts) show nothing to describe.
        return message, None
    return replied, find_image(replied)


async def has_text_in_channel(message: Message, chat_settings: ChatSettings) -> bool:
    """Whether this is a channel's post in its discussion group, where the reply to it comes too."""
    channel = message.sender_chat
    return (
        bool(message.is_automatic_forward)
        and channel is not None
        and await chat_settings.autocaption(channel.id)
    )
