"""Who uses the bot, and what they chose."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from bot.people.users import Users, model_choices
from bot.storage import Database
from bot.storage.tables import User

ALICE = 1001
MODELS = ("resnet34-lstm", "mobilenet-attention")


@pytest.fixture
def users(database: Database) -> Users:
    return Users(database)


async def stored(database: Database) -> User | None:
    async with database.read() as session:
        return await session.get(User, ALICE)


async def test_a_stranger_has_all_models_and_is_not_stored_by_looking(
    users: Users, database: Database
) -> None:
    person = await users.load(ALICE, "ru")
    assert (person.models, person.model_choice, person.language_code) == (MODELS, "all", "ru")
    await users.seen(person, create=False)
    assert await stored(database) is None


async def test_a_person_who_writes_is_stored_once(users: Users, database: Database) -> None:
    stranger = await users.load(ALICE, "ru")
    await users.seen(stranger, create=True)
    await users.seen(stranger, create=True)
    user = await stored(database)
    assert user is not None
    assert user.language_code == "ru"


async def test_choices_are_remembered(users: Users, database: Database) -> None:
    await users.choose_models(ALICE, "mobilenet-attention")
    assert (await users.load(ALICE)).models == ("mobilenet-attention",)
    assert (await Users(database).load(ALICE)).model_choice == "mobilenet-attention"
    await users.choose_models(ALICE, "all")
    assert (await users.load(ALICE)).models == MODELS


async def test_a_model_that_does_not_exist_is_refused(users: Users) -> None:
    with pytest.raises(ValueError, match="no model 'gpt'"):
        await users.choose_models(ALICE, "gpt")


async def test_a_choice_whose_model_is_gone_means_all_models(
    users: Users, database: Database
) -> None:
    await users.choose_models(ALICE, "all")
    async with database.write() as session:
        await session.execute(update(User).values(model_choice="retired-model"))
    person = await users.load(ALICE)
    assert (person.models, person.model_choice) == (MODELS, "all")


async def test_the_choice_of_old_buttons_means_all_models(users: Users) -> None:
    await users.choose_models(ALICE, "resnet34-lstm")
    await users.choose_models(ALICE, "both")
    assert (await users.load(ALICE)).model_choice == "all"


@pytest.mark.parametrize(
    ("models", "choices"),
    [
        (1, ()),
        (2, ("all", "resnet34-lstm", "mobilenet-attention")),
        (3, ("all", "resnet34-lstm", "mobilenet-attention", "third")),
    ],
)
def test_there_is_a_choice_between_several_models(
    catalogue_of: Any, models: int, choices: tuple[str, ...]
) -> None:
    catalogue_of(models)
    assert model_choices() == choices


async def test_a_new_language_and_a_return_are_noted(users: Users, database: Database) -> None:
    await users.seen(await users.load(ALICE, "en"), create=True)
    await users.set_blocked(ALICE, blocked=True)
    assert (await users.load(ALICE)).is_blocked

    await users.seen(await users.load(ALICE, "ru"), create=False)
    user = await stored(database)
    assert user is not None
    assert (user.language_code, user.blocked_at) == ("ru", None)


async def test_being_seen_again_is_written_only_after_a_while(
    users: Users, database: Database
) -> None:
    await users.seen(await users.load(ALICE, "en"), create=True)
    first = await stored(database)
    await users.seen(await users.load(ALICE, "en"), create=True)
    again = await stored(database)
    assert first is not None
    assert again is not None
    assert again.last_seen_at == first.last_seen_at

    long_ago = datetime.now(UTC) - timedelta(hours=1)
    async with database.write() as session:
        await session.execute(update(User).values(last_seen_at=long_ago))
    await users.seen(await users.load(ALICE, "en"), create=True)
    later = await stored(database)
    assert later is not None
    assert later.last_seen_at > long_ago


async def test_who_is_not_stored_can_block_the_bot(users: Users, database: Database) -> None:
    await users.set_blocked(ALICE, blocked=True)
    assert await stored(database) is None


async def test_settings_are_remembered_each_by_itself(users: Users) -> None:
    person = await users.load(ALICE, "ru")
    assert (person.language, person.detail, person.shows_attention) == ("ru", "normal", False)

    await users.choose_detail(ALICE, "long")
    await users.choose_language(ALICE, "en")
    await users.show_attention(ALICE, True)
    person = await users.load(ALICE, "ru")
    assert (person.language, person.detail, person.shows_attention) == ("en", "long", True)
    assert person.model_choice == "all"

    await users.choose_language(ALICE, None)
    assert (await users.load(ALICE, "ru")).language == "ru"


async def test_a_detail_that_does_not_exist_is_refused(users: Users) -> None:
    with pytest.raises(ValueError, match="no detail 'endless'"):
        await users.choose_detail(ALICE, "endless")
