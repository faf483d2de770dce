"""What is chosen for a chat, and a group that becomes a supergroup."""

from sqlalchemy import select

from bot.people.chat_settings import ChatSettings
from bot.storage import Database
from bot.storage.tables import QUEUED, Ban, Conversation, Job, Photo, User

ALICE, BOT, OLD, NEW = 1001, 4242, -100, -1000000000100


async def test_a_choice_is_kept_until_the_chat_is_forgotten(database: Database) -> None:
    settings = ChatSettings(database)
    assert not await settings.autocaption(OLD)
    for _ in range(2):
        await settings.set_autocaption(OLD, "group", True)
    assert await settings.autocaption(OLD)
    assert not await settings.autocaption(NEW)
    await settings.set_autocaption(OLD, "group", False)
    assert not await settings.autocaption(OLD)
    await settings.set_autocaption(OLD, "group", True)
    await settings.forget(OLD)
    assert not await settings.autocaption(OLD)


async def fill(database: Database) -> None:
    """A group in which Alice and the group itself have sent photos; it is banned besides."""
    async with database.write() as session:
        session.add_all((User(id=ALICE), User(id=OLD), Ban(subject_id=OLD, banned_by=ALICE)))
        session.add_all(Photo(id=n, file_unique_id=f"u{n}", file_id=f"f{n}") for n in (1, 2))
        await session.flush()
        for user_id, chat_id, number in ((ALICE, OLD, 1), (OLD, OLD, 2), (ALICE, ALICE, 1)):
            session.add(
                Job(
                    bot_id=BOT,
                    chat_id=chat_id,
                    message_id=number,
                    placeholder_id=10 + number,
                    photo_id=number,
                    user_id=user_id,
                    models=("resnet34-lstm",),
                )
            )
        await session.flush()
        session.add(Conversation(user_id=ALICE, chat_id=OLD, job_id=1, prompt_id=20))


async def test_a_supergroup_has_everything_of_its_group(database: Database) -> None:
    await fill(database)
    settings = ChatSettings(database)
    await settings.set_autocaption(OLD, "group", True)
    for _ in range(2):  # it is said in both chats
        await settings.follow(OLD, NEW)

    assert await settings.autocaption(NEW)
    assert not await settings.autocaption(OLD)
    async with database.read() as session:
        jobs = (await session.scalars(select(Job).order_by(Job.id))).all()
        assert [(job.chat_id, job.user_id, job.state, job.placeholder_id) for job in jobs] == [
            (NEW, ALICE, QUEUED, None),
            (NEW, NEW, QUEUED, None),
            (ALICE, ALICE, QUEUED, 11),
        ]
        assert (await session.scalars(select(Ban.subject_id))).all() == [NEW]
        talk = await session.get_one(Conversation, (ALICE, NEW))
        assert talk.prompt_id is None, "what it asked stays behind"
        assert (await session.scalars(select(Conversation.chat_id))).all() == [NEW]
        assert set(await session.scalars(select(User.id))) == {ALICE, NEW}


async def test_what_the_supergroup_has_already_wins(database: Database) -> None:
    await fill(database)
    settings = ChatSettings(database)
    await settings.set_autocaption(OLD, "group", True)
    await settings.set_autocaption(NEW, "supergroup", False)
    async with database.write() as session:
        session.add(Ban(subject_id=NEW, banned_by=ALICE))
        session.add(
            Job(bot_id=BOT, chat_id=NEW, message_id=1, photo_id=1, user_id=ALICE, models=("x",))
        )
        session.add(Conversation(user_id=ALICE, chat_id=NEW, job_id=3))
    await settings.follow(OLD, NEW)
    assert not await settings.autocaption(NEW)
    async with database.read() as session:
        there = select(Job.models).where(Job.chat_id == NEW).order_by(Job.id)
        assert (await session.scalars(there)).all() == [("resnet34-lstm",), ("x",)]
        talk = await session.get(Conversation, (ALICE, NEW))
        assert talk is not None
        assert talk.job_id == 3
