import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bot.people.users import Person
from bot.queue.jobs import Accepted, Jobs, PhotoRef
from bot.storage import Database
from bot.storage.tables import CAPTIONED, DONE, QUEUED, RUNNING, Job, Photo, User, utc_now

RESNET, MOBILENET = "resnet34-lstm", "mobilenet-attention"


def photo(name: str = "1") -> PhotoRef:
    return PhotoRef(f"file-{name}", f"unique-{name}", 640, 480, 1000)


class Wakes:
    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> None:
        self.count += 1


@pytest.fixture
def wakes(monkeypatch: pytest.MonkeyPatch) -> Wakes:
    # Not again when the album may be complete, which a slow machine would count, too.
    monkeypatch.setattr("bot.queue.jobs.GATHERING", timedelta(hours=1))
    return Wakes()


@pytest.fixture
def jobs(database: Database, wakes: Wakes) -> Jobs:
    return Jobs(database, wakes)


async def accept(
    jobs: Jobs,
    message_id: int = 1,
    ref: PhotoRef | None = None,
    models: tuple[str, ...] = (RESNET,),
) -> Accepted:
    return await jobs.accept(
        bot_id=42,
        chat_id=7,
        message_id=message_id,
        user=Person(7, "en"),
        photo=ref or photo(),
        models=models,
        media_group_id="album",
    )


async def test_a_photo_becomes_one_job(jobs: Jobs, database: Database, wakes: Wakes) -> None:
    accepted = await accept(jobs, models=(RESNET, MOBILENET))
    assert accepted.is_new
    assert wakes.count == 1
    async with database.read() as session:
        job = await session.get_one(Job, accepted.job_id)
        sender = await session.get_one(User, 7)
    assert (job.state, job.models, job.media_group_id) == (
        QUEUED,
        ("resnet34-lstm", "mobilenet-attention"),
        "album",
    )
    assert sender.language_code == "en"


async def test_the_same_update_again_changes_nothing(jobs: Jobs, wakes: Wakes) -> None:
    first = await accept(jobs)
    again = await asyncio.gather(*(accept(jobs) for _ in range(3)))
    assert {it.job_id for it in again} == {first.job_id}
    assert not any(it.is_new for it in again)
    assert wakes.count == 1


async def test_an_edit_with_a_new_photo_is_a_new_job(jobs: Jobs) -> None:
    first = await accept(jobs)
    edited = await accept(jobs, ref=photo("2"))
    assert edited.is_new
    assert edited.job_id != first.job_id


async def test_a_photo_sent_twice_is_one_photo_with_its_newest_file_id(
    jobs: Jobs, database: Database
) -> None:
    await accept(jobs, 1, PhotoRef("old", "same", 10, 10))
    await accept(jobs, 2, PhotoRef("new", "same", 10, 10))
    async with database.read() as session:
        assert (await session.scalars(select(Photo.file_id))).all() == ["new"]
        assert await session.scalar(select(func.count(Job.id))) == 2


async def test_who_sends_a_photo_has_not_blocked_the_bot(jobs: Jobs, database: Database) -> None:
    async with database.write() as session:
        session.add(User(id=7, blocked_at=utc_now(), model_choice=RESNET))
    await accept(jobs)
    async with database.read() as session:
        user = await session.get_one(User, 7)
    assert user.blocked_at is None
    assert user.model_choice == RESNET


async def set_state(database: Database, job_id: int, state: str) -> None:
    async with database.write() as session:
        (await session.get_one(Job, job_id)).state = state


async def test_another_model_is_asked_once(jobs: Jobs, database: Database, wakes: Wakes) -> None:
    job_id = (await accept(jobs, models=(MOBILENET,))).job_id
    await set_state(database, job_id, DONE)
    asked = await asyncio.gather(*(jobs.also_ask(job_id, RESNET) for _ in range(3)))
    assert sorted(asked) == [False, False, True]
    assert wakes.count == 2
    async with database.read() as session:
        job = await session.get_one(Job, job_id)
    assert (job.state, job.models) == (QUEUED, ("resnet34-lstm", "mobilenet-attention"))


async def test_another_model_waits_until_the_answer_is_there(
    jobs: Jobs, database: Database
) -> None:
    job_id = (await accept(jobs)).job_id
    await set_state(database, job_id, RUNNING)
    assert not await jobs.also_ask(job_id, MOBILENET)


async def test_an_unknown_answer_message_is_learnt_from_its_button(
    jobs: Jobs, database: Database
) -> None:
    job_id = (await accept(jobs)).job_id
    await set_state(database, job_id, DONE)
    assert await jobs.also_ask(job_id, MOBILENET, message_id=99)
    async with database.read() as session:
        assert (await session.get_one(Job, job_id)).placeholder_id == 99


async def test_a_lost_answer_is_shown_once(jobs: Jobs, database: Database, wakes: Wakes) -> None:
    job_id = (await accept(jobs)).job_id
    assert not await jobs.show_in(job_id, 99), "it is under way"
    await set_state(database, job_id, DONE)
    shown = await asyncio.gather(*(jobs.show_in(job_id, 99) for _ in range(3)))
    assert sorted(shown) == [False, False, True]
    assert wakes.count == 2
    async with database.read() as session:
        job = await session.get_one(Job, job_id)
    assert (job.state, job.placeholder_id) == (CAPTIONED, 99)
    assert not await jobs.show_in(job_id + 1, 99)


async def test_a_model_that_does_not_exist_cannot_be_asked(jobs: Jobs) -> None:
    job_id = (await accept(jobs)).job_id
    with pytest.raises(ValueError, match="no model 'gpt'"):
        await jobs.also_ask(job_id, "gpt")
    assert not await jobs.also_ask(job_id + 1, MOBILENET)
