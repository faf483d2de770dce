"""Jobs taken from step to step by hand."""

from collections.abc import Sequence

from bot.people.users import Person
from bot.queue.claims import Claims
from bot.queue.jobs import Jobs, PhotoRef
from bot.queue.steps import CaptionTask, NewCaption, Outcome, Variant
from bot.storage import Database
from bot.storage.tables import (
    LONG,
    NORMAL,
    SHORT,
    Job,
)

BOT_ID = 42
RESNET, MOBILENET = "resnet34-lstm", "mobilenet-attention"
OPTIONS = dict.fromkeys((SHORT, NORMAL, LONG), "default")
VARIANTS = {RESNET: Variant("1", OPTIONS), MOBILENET: Variant("1", OPTIONS)}


def caption(model: str, version: str = "1") -> NewCaption:
    return NewCaption(model, version, "default", f"{model} {version}.", ("a",), (0.5,), -0.7, 12.0)


async def accept(
    database: Database,
    number: int = 1,
    *,
    photo: str | None = None,
    models: Sequence[str] = (RESNET, MOBILENET),
    bot_id: int = BOT_ID,
) -> int:
    accepted = await Jobs(database).accept(
        bot_id=bot_id,
        chat_id=7,
        message_id=number,
        user=Person(7, "en"),
        photo=PhotoRef(f"file-{number}", photo or f"unique-{number}", 64, 48),
        models=models,
    )
    return accepted.job_id


async def job_of(database: Database, job_id: int) -> Job:
    async with database.read() as session:
        return await session.get_one(Job, job_id)


async def announce(claims: Claims) -> None:
    for work in await claims.unannounced(100):
        assert await claims.announced(work.claim, 1000 + work.message_id)


async def to_caption(claims: Claims) -> list[CaptionTask]:
    await announce(claims)
    return await claims.uncaptioned(100)


async def to_show(claims: Claims) -> list[Outcome]:
    for task in await to_caption(claims):
        assert await claims.store({task.claim: [caption(name) for name in task.missing]})
    return await claims.unshown(100)
