"""What people send, and who deals with it: one router per concern.

Handlers are thin: they read an update, call one service, and leave the calls to Telegram to the
outbox. The dispatcher passes the services that `bot.app` gives it, each by its name.
"""

from aiogram import Router

from bot.handlers import (
    admin,
    anonymous,
    attention,
    autocaption,
    commands,
    content,
    corrections,
    errors,
    groups,
    history,
    membership,
    models,
    number_buttons,
    photos,
    privacy,
    ratings,
    settings,
    stale,
    wordings,
)
from bot.handlers.presses import PlaceMiddleware
from bot.telegram.gate import AccessMiddleware
from bot.telegram.middlewares import LanguageMiddleware, PersonMiddleware

# `anonymous` comes before the commands that it keeps some from; `content` and `stale` answer what
# nobody else wanted. Elsewhere the order does not matter.
CONCERNS = (
    photos,
    groups,
    autocaption,
    commands,
    anonymous,
    models,
    settings,
    history,
    ratings,
    attention,
    wordings,
    corrections,
    number_buttons,
    privacy,
    admin,
    membership,
    content,
    stale,
    errors,
)


def create_routers() -> list[Router]:
    """New routers for one dispatcher, with the middlewares that their handlers rely on."""
    root = Router(name="people")
    # Before anybody is looked up or stored.
    access = AccessMiddleware()
    for guarded in (
        root.message,
        root.edited_message,
        root.channel_post,
        root.edited_channel_post,
        root.callback_query,
    ):
        guarded.outer_middleware(access)
    language = LanguageMiddleware()
    person = PersonMiddleware()
    for observer in (
        root.message,
        root.edited_message,
        root.channel_post,
        root.edited_channel_post,
        root.callback_query,
        root.my_chat_member,
    ):
        observer.outer_middleware(person)
        observer.outer_middleware(language)
    root.callback_query.outer_middleware(PlaceMiddleware())
    root.error.outer_middleware(language)
    for concern in CONCERNS:
        root.include_router(concern.create_router())
    return [root]
