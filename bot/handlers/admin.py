"""/stats, for the people named in ADMIN_IDS; to everyone else it is an unknown command."""

from aiogram import Router
from aiogram.filters import Command, Filter
from aiogram.types import Message, User

from bot.outbox import Outbox
from bot.reports import stats_text
from bot.settings import Settings
from bot.stats import Stats


class IsAdmin(Filter):
    """Lets through the updates of administrators, wherever they come from."""

    async def __call__(
        self, event: object, settings: Settings, event_from_user: User | None = None
    ) -> bool:
        return event_from_user is not None and event_from_user.id in settings.admin_ids


def create_router() -> Router:
    router = Router(name="admin")
    router.message.filter(IsAdmin())
    router.message.register(stats_, Command("stats", ignore_case=True))
    return router


async def stats_(message: Message, stats: Stats, outbox: Outbox) -> None:
    outbox.send(message.answer(stats_text(await stats.summary())))
