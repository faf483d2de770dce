from claiming import (
    BOT_ID,
    MOBILENET,
    OPTIONS,
    RESNET,
    VARIANTS,
    accept,
    caption,
    to_caption,
    to_show,
)
from sqlalchemy import func, select

from bot.queue.claims import Claims
from bot.queue.steps import Variant
from bot.storage import Database
from bot.storage.tables import (
    Caption,
)


async def test_the_same_photo_is_answered_from_what_is_stored(
    claims: Claims, database: Database
) -> None:
    await accept(database, 1, photo="same", models=(RESNET,))
    [first] = await to_show(claims)
    await claims.finish(first.claim)
    await accept(database, 2, photo="same")
    [task] = await to_caption(claims)
    assert task.missing == (MOBILENET,)
    await claims.store({task.claim: [caption(MOBILENET)]})
    [second] = await claims.unshown(10)
    assert second.answers[0].captions[0] == first.answers[0].captions[0]
    assert [it.model for it in second.answers[0].captions] == [RESNET, MOBILENET]


async def test_a_new_version_of_a_model_is_asked_again(claims: Claims, database: Database) -> None:
    await accept(database, 1, photo="same")
    [first] = await to_show(claims)
    await claims.finish(first.claim)
    updated = Claims(database, BOT_ID, VARIANTS | {RESNET: Variant("2", OPTIONS)})
    await accept(database, 2, photo="same")
    [task] = await to_caption(updated)
    assert task.missing == (RESNET,)
    await updated.store({task.claim: [caption(RESNET, "2")]})
    [outcome] = await updated.unshown(10)
    assert [it.text for it in outcome.answers[0].captions] == [f"{RESNET} 2.", f"{MOBILENET} 1."]


async def test_captions_stored_twice_are_there_once(claims: Claims, database: Database) -> None:
    await accept(database, 1, photo="same")
    await accept(database, 2, photo="same")
    for task in await to_caption(claims):
        assert task.missing == (RESNET, MOBILENET)
        assert await claims.store({task.claim: [caption(RESNET), caption(MOBILENET)]})
    one, other = await claims.unshown(10)
    assert one.answers[0].captions == other.answers[0].captions
    async with database.read() as session:
        assert await session.scalar(select(func.count(Caption.id))) == 2
