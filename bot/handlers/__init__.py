"""What people send, and who deals with it: one router per concern.

Handlers are thin: they read an update, call one service, and leave the calls to Telegram to the
outbox. The dispatcher passes the services by name (`users`, `jobs`, `feedback`, `stats`,
`privacy`, `settings`, `outbox`).
"""

from aiogram import Router

from bot.handlers import (
    admin,
    commands,
    content,
    errors,
    membership,
    models,
    photos,
    privacy,
    ratings,
    stale,
)
from bot.middlewares import LanguageMiddleware, PersonMiddleware

# The order matters only at the end: `content` and `stale` answer what nobody else wanted.
CONCERNS = (photos, commands, models, ratings, privacy, admin, membership, content, stale, errors)


def create_routers() -> list[Router]:
    """New routers for one dispatcher, with the middlewares that their handlers rely on."""
    root = Router(name="people")
    language = LanguageMiddleware()
    person = PersonMiddleware()
    for observer in (root.message, root.edited_message, root.callback_query, root.my_chat_member):
        observer.outer_middleware(person)
        observer.outer_middleware(language)
    root.error.outer_middleware(language)
    for concern in CONCERNS:
        root.include_router(concern.create_router())
    return [root]
