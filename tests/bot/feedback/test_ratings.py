"""Ratings, and the photos that are kept because of them."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.feedback.kept_photos import KeptPhotos
from bot.feedback.ratings import Feedback
from bot.people.chat_settings import ChatSettings
from bot.queue.answers import AnswerForgottenError
from bot.storage import Database
from bot.storage.tables import FETCH_FAILED, KEPT, WANTED, Photo, Rating

ALICE, BOB, GROUP = 1001, 1002, -300


class Bell:
    """Counts how often the fetcher was woken."""

    rung = 0

    def __call__(self) -> None:
        self.rung += 1


@pytest.fixture
def bell() -> Bell:
    return Bell()


@pytest.fixture
def feedback(database: Database, tmp_path: Path, bell: Bell) -> Feedback:
    return Feedback(database, KeptPhotos(tmp_path / "photos", bell))


async def press(
    feedback: Feedback, sent: Any, value: int, *, who: int = ALICE, which: int = 0
) -> int:
    return await feedback.rate(
        user_id=who,
        chat_id=sent.chat_id,
        job_id=sent.job_id,
        caption_id=sent.caption_ids[which],
        value=value,
    )


async def photo_of(database: Database, sent: Any) -> Photo:
    async with database.read() as session:
        photo = await session.get(Photo, sent.photo_id)
    assert photo is not None
    return photo


async def keep(database: Database, sent: Any, folder: Path, name: str = "abc.jpg") -> Path:
    """What the fetcher does with a wanted photo."""
    file = write(folder / name)
    async with database.write() as session:
        await session.execute(
            update(Photo).where(Photo.id == sent.photo_id).values(kept_name=name, fetch_state=KEPT)
        )
    return file


def write(file: Path) -> Path:
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(b"pixels")
    return file


async def test_a_press_rates_another_changes_and_the_same_takes_back(
    feedback: Feedback, filler: Any
) -> None:
    sent = await filler.photo_sent(ALICE)
    assert await press(feedback, sent, 1) == 1
    assert await press(feedback, sent, -1) == -1
    assert await press(feedback, sent, -1) == 0


async def test_an_answer_shows_the_viewers_own_ratings(feedback: Feedback, filler: Any) -> None:
    sent = await filler.photo_sent(ALICE)
    await press(feedback, sent, 1, which=1)
    await press(feedback, sent, -1, which=0, who=BOB)

    mine = await feedback.answer(sent.job_id, ALICE, ALICE)
    bobs = await feedback.answer(sent.job_id, ALICE, BOB)
    assert [caption.rating for caption in mine.captions] == [0, 1]
    assert [caption.rating for caption in bobs.captions] == [-1, 0]
    assert [caption.model for caption in mine.captions] == ["resnet34-lstm", "mobilenet-attention"]
    assert mine.unasked == ()


async def test_an_answer_of_one_model_says_which_others_could_be_asked(
    feedback: Feedback, filler: Any
) -> None:
    sent = await filler.photo_sent(ALICE, models=("mobilenet-attention",))
    answer = await feedback.answer(sent.job_id, ALICE, ALICE)
    assert answer.unasked == ("resnet34-lstm",)


async def counts(feedback: Feedback, sent: Any) -> tuple[int, int] | None:
    answer = await feedback.answer(sent.job_id, sent.chat_id, BOB)
    return answer.captions[0].votes


async def test_a_group_counts_only_what_was_rated_in_it(feedback: Feedback, filler: Any) -> None:
    private = await filler.photo_sent(ALICE)
    group, other = [await filler.photo_sent(chat, same_as=private) for chat in (GROUP, GROUP - 1)]
    await press(feedback, private, 1)
    await press(feedback, group, -1, who=BOB)
    assert await counts(feedback, private) is None
    assert await counts(feedback, group) == (0, 1)
    assert await counts(feedback, other) == (0, 0)


async def test_what_was_rated_in_private_can_be_rated_in_a_group_too(
    feedback: Feedback, filler: Any
) -> None:
    private = await filler.photo_sent(ALICE)
    group = await filler.photo_sent(GROUP, same_as=private)
    await press(feedback, private, 1)
    assert await press(feedback, group, 1) == 1
    assert await counts(feedback, group) == (1, 0)
    assert await press(feedback, group, 1) == 0
    assert await counts(feedback, group) == (0, 0)


async def test_counts_move_with_a_group_and_go_when_the_bot_does(
    feedback: Feedback, filler: Any, database: Database
) -> None:
    sent = await filler.photo_sent(GROUP)
    await press(feedback, sent, 1)
    settings, supergroup = ChatSettings(database), -1000000000300
    await settings.follow(GROUP, supergroup)
    answer = await feedback.answer(sent.job_id, supergroup, BOB)
    assert answer.captions[0].votes == (1, 0)
    await settings.forget(supergroup)
    async with database.read() as session:
        assert (await session.scalars(select(Rating.chat_id))).all() == [None]


@pytest.mark.parametrize(("skip", "chat_id"), [(1, ALICE), (0, BOB)])
async def test_an_answer_that_was_never_given_in_a_chat_is_forgotten(
    feedback: Feedback, filler: Any, skip: int, chat_id: int
) -> None:
    sent = await filler.photo_sent(ALICE)
    with pytest.raises(AnswerForgottenError):
        await feedback.answer(sent.job_id + skip, chat_id, ALICE)


async def test_only_captions_of_answers_in_the_chat_can_be_rated(
    feedback: Feedback, filler: Any
) -> None:
    sent, other = await filler.photo_sent(ALICE), await filler.photo_sent(BOB)
    wrong = [
        {"chat_id": BOB, "job_id": sent.job_id, "caption_id": sent.caption_ids[0]},
        {"chat_id": ALICE, "job_id": sent.job_id, "caption_id": other.caption_ids[0]},
        {"chat_id": ALICE, "job_id": 999, "caption_id": sent.caption_ids[0]},
    ]
    for ids in wrong:
        with pytest.raises(AnswerForgottenError):
            await feedback.rate(user_id=BOB, value=1, **ids)


async def test_the_first_rating_makes_a_photo_wanted_and_wakes_the_fetcher(
    feedback: Feedback, filler: Any, database: Database, bell: Bell
) -> None:
    sent = await filler.photo_sent(ALICE)
    assert (await photo_of(database, sent)).fetch_state is None
    await press(feedback, sent, -1)
    assert (await photo_of(database, sent)).fetch_state == WANTED
    assert bell.rung == 1


async def test_another_rating_tries_again_to_fetch_a_photo(
    feedback: Feedback, filler: Any, database: Database, bell: Bell
) -> None:
    sent = await filler.photo_sent(ALICE)
    await press(feedback, sent, 1)
    async with database.write() as session:
        await session.execute(update(Photo).values(fetch_state=FETCH_FAILED, fetch_attempts=5))

    await press(feedback, sent, 1, which=1)
    photo = await photo_of(database, sent)
    assert (photo.fetch_state, photo.fetch_attempts) == (WANTED, 0)
    assert bell.rung == 2


async def test_taking_back_before_the_photo_was_fetched_makes_it_unwanted(
    feedback: Feedback, filler: Any, database: Database
) -> None:
    sent = await filler.photo_sent(ALICE)
    await press(feedback, sent, 1)
    await press(feedback, sent, 1)
    assert (await photo_of(database, sent)).fetch_state is None


async def test_only_taking_back_the_last_rating_deletes_the_kept_photo(
    feedback: Feedback, filler: Any, database: Database, tmp_path: Path, bell: Bell
) -> None:
    sent = await filler.photo_sent(ALICE)
    await press(feedback, sent, 1, which=0)
    await press(feedback, sent, -1, which=1)
    file = await keep(database, sent, tmp_path / "photos")

    await press(feedback, sent, 1, which=0)
    assert file.exists()
    assert (await photo_of(database, sent)).kept_name == file.name

    await press(feedback, sent, -1, which=1)
    assert not file.exists()
    photo = await photo_of(database, sent)
    assert (photo.kept_name, photo.fetch_state) == (None, None)
    assert bell.rung == 2, "a photo that is kept is not fetched again"


async def test_a_file_that_another_photo_shares_stays(
    feedback: Feedback, filler: Any, database: Database, tmp_path: Path
) -> None:
    one, twin = await filler.photo_sent(ALICE), await filler.photo_sent(ALICE)
    for sent in (one, twin):
        await press(feedback, sent, 1)
        file = await keep(database, sent, tmp_path / "photos")

    await press(feedback, one, 1)
    assert file.exists()
    await press(feedback, twin, 1)
    assert not file.exists()


async def test_a_kept_file_that_is_missing_can_be_taken_back(
    feedback: Feedback, filler: Any, database: Database, tmp_path: Path
) -> None:
    sent = await filler.photo_sent(ALICE)
    await press(feedback, sent, 1)
    (await keep(database, sent, tmp_path / "photos")).unlink()
    assert await press(feedback, sent, 1) == 0


async def test_an_update_that_comes_again_changes_nothing(
    feedback: Feedback, filler: Any, database: Database
) -> None:
    sent = await filler.photo_sent(ALICE)

    async def update_arrives(update_id: int, value: int) -> int:
        return await feedback.rate(
            user_id=ALICE,
            chat_id=ALICE,
            job_id=sent.job_id,
            caption_id=sent.caption_ids[0],
            value=value,
            update_id=update_id,
        )

    await update_arrives(501, 1)
    await update_arrives(502, 1)
    assert await update_arrives(503, -1) == -1
    for update_id, value in ((501, 1), (502, 1), (503, -1)):  # the bot was killed and restarted
        assert await update_arrives(update_id, value) == -1
    assert await update_arrives(504, -1) == 0
    # After a week without updates the ids begin anywhere.
    assert await update_arrives(500_000_000, 1) == 1
    assert await update_arrives(70_000, 1) == 0


async def test_presses_at_the_same_time_are_counted_one_after_another(
    feedback: Feedback, filler: Any, database: Database
) -> None:
    sent = await filler.photo_sent(ALICE)
    changes = await asyncio.gather(*(press(feedback, sent, 1) for _ in range(5)))
    assert changes == [1, 0, 1, 0, 1]
    async with database.read() as session:
        assert (await session.scalars(select(Rating.value))).all() == [1]
