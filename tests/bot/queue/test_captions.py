from claiming import (
    BOT_ID,
    MOBILENET,
    OPTIONS,
    RESNET,
    VARIANTS,
    accept,
    announce,
    caption,
    everybody,
    to_caption,
    to_show,
)
from sqlalchemy import func, select

from bot.queue.claims import Claims
from bot.queue.jobs import Jobs
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
    await claims.store([(task, [caption(MOBILENET)])])
    [second] = await claims.unshown(10)
    assert second.answers[0].captions[0] == first.answers[0].captions[0]
    assert [it.model for it in second.answers[0].captions] == [RESNET, MOBILENET]


async def test_a_new_version_of_a_model_is_asked_again(claims: Claims, database: Database) -> None:
    await accept(database, 1, photo="same")
    [first] = await to_show(claims)
    await claims.finish(first.claim)
    updated = Claims(database, BOT_ID, everybody(VARIANTS | {RESNET: Variant("2", OPTIONS)}))
    await accept(database, 2, photo="same")
    [task] = await to_caption(updated)
    assert task.missing == (RESNET,)
    await updated.store([(task, [caption(RESNET, "2")])])
    [outcome] = await updated.unshown(10)
    assert [it.text for it in outcome.answers[0].captions] == [f"{RESNET} 2.", f"{MOBILENET} 1."]


async def test_captions_stored_twice_are_there_once(claims: Claims, database: Database) -> None:
    await accept(database, 1, photo="same")
    await accept(database, 2, photo="same")
    for task in await to_caption(claims):
        assert task.missing == (RESNET, MOBILENET)
        assert await claims.store([(task, [caption(RESNET), caption(MOBILENET)])])
    one, other = await claims.unshown(10)
    assert one.answers[0].captions == other.answers[0].captions
    async with database.read() as session:
        assert await session.scalar(select(func.count(Caption.id))) == 2


async def test_other_weights_of_the_same_version_are_asked_again(
    claims: Claims, database: Database
) -> None:
    await accept(database, 1, photo="same")
    [first] = await to_show(claims)
    await claims.finish(first.claim)
    others = dict.fromkeys(OPTIONS, "weights=others")
    retrained = Claims(database, BOT_ID, everybody(VARIANTS | {RESNET: Variant("1", others)}))
    await accept(database, 2, photo="same")
    [task] = await to_caption(retrained)
    assert task.missing == (RESNET,)


async def test_an_old_answer_keeps_its_captions_when_more_is_asked_after_a_promotion(
    claims: Claims, database: Database
) -> None:
    job_id = await accept(database, 1, models=(RESNET,))
    [first] = await to_show(claims)
    await claims.finish(first.claim)
    promoted = {name: Variant("2", OPTIONS) for name in VARIANTS}
    later = Claims(database, BOT_ID, everybody(promoted))
    assert await Jobs(database).also_ask(job_id, MOBILENET)
    [task] = await later.uncaptioned(10)
    assert task.missing == (MOBILENET,)
    await later.store([(task, [caption(MOBILENET, "2")])])
    [shown] = await later.unshown(10)
    assert [it.text for it in shown.answers[0].captions] == [f"{RESNET} 1.", f"{MOBILENET} 2."]


async def test_a_photo_that_was_begun_before_a_promotion_ends_with_what_it_began_with(
    database: Database,
) -> None:
    now = dict(VARIANTS)
    claims = Claims(database, BOT_ID, lambda _user_id: dict(now))
    await accept(database, 1, photo="same", models=(RESNET,))
    [only_resnet] = await to_show(claims)
    await claims.finish(only_resnet.claim)
    await accept(database, 2, photo="same")
    [task] = await to_caption(claims)
    assert task.missing == (MOBILENET,)
    # Both are replaced while the photo is with the models: one caption is stored already.
    now |= {name: Variant("2", OPTIONS) for name in VARIANTS}
    assert await claims.store([(task, [caption(MOBILENET)])])
    [outcome] = await claims.unshown(10)
    assert [it.text for it in outcome.answers[0].captions] == [f"{RESNET} 1.", f"{MOBILENET} 1."]


async def test_people_get_what_is_meant_for_them(database: Database) -> None:
    on_trial = VARIANTS | {RESNET: Variant("2", OPTIONS)}
    claims = Claims(database, BOT_ID, lambda user_id: on_trial if user_id == 7 else VARIANTS)
    others = Claims(database, BOT_ID, everybody(VARIANTS))
    await accept(database, 1, photo="same")
    [task] = await to_caption(claims)
    assert task.variants == on_trial
    await claims.store([(task, [caption(RESNET, "2"), caption(MOBILENET)])])
    [outcome] = await claims.unshown(10)
    assert [it.text for it in outcome.answers[0].captions] == [f"{RESNET} 2.", f"{MOBILENET} 1."]
    # What the candidate said of the same photo is not shown to those who do not take part.
    await accept(database, 2, photo="same")
    [task] = await to_caption(others)
    assert task.missing == (RESNET,)


async def test_a_batch_of_several_versions_is_stored_together(database: Database) -> None:
    now = dict(VARIANTS)
    claims = Claims(database, BOT_ID, lambda _user_id: dict(now))
    for number in (1, 2):
        await accept(database, number, photo="same", models=(RESNET,))
    await announce(claims)
    [before] = await claims.uncaptioned(1)
    now[RESNET] = Variant("2", OPTIONS)
    [after] = await claims.uncaptioned(1)
    stored = await claims.store([(before, [caption(RESNET)]), (after, [caption(RESNET, "2")])])
    assert stored == {before.claim, after.claim}
    outcomes = await claims.unshown(10)
    assert [it.answers[0].captions[0].text for it in outcomes] == [f"{RESNET} 1.", f"{RESNET} 2."]
