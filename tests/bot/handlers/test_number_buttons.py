"""The numbers under the answer to an album."""

from typing import Any

import pytest
from aiogram.methods import AnswerCallbackQuery, EditMessageReplyMarkup
from conversing import of_type, texts

from bot.storage import Database
from bot.storage.tables import Job
from bot.telegram.callbacks import PhotoButton, WriteButton

ALICE, BOB = 1001, 1002


@pytest.fixture
async def album(filler: Any, database: Database) -> Any:
    """Two photos with one answer, by the jobs."""
    lead, follower = [(await filler.photo_sent(ALICE)).job_id for _ in range(2)]
    async with database.write() as session:
        (await session.get_one(Job, lead)).media_group_id = "album"
        job = await session.get_one(Job, follower)
        job.media_group_id, job.lead_id = "album", lead
    return lead, follower


async def test_a_number_brings_the_buttons_of_its_photo(conversation: Any, album: Any) -> None:
    for place, job_id in enumerate(album):
        calls = await conversation.press(PhotoButton(job_id=job_id).pack(), message_id=500)
        (edit,) = of_type(calls, EditMessageReplyMarkup)
        numbers = ["1", "2"]
        numbers[place] = f"• {place + 1} •"
        assert texts(edit.reply_markup)[0] == numbers
        assert edit.reply_markup.inline_keyboard[-1][0].callback_data == (
            WriteButton(job_id=job_id).pack()
        )


async def test_somebody_elses_album_is_not_shown(conversation: Any, album: Any) -> None:
    calls = await conversation.press(PhotoButton(job_id=album[0]).pack(), BOB)
    assert "no longer know" in of_type(calls, AnswerCallbackQuery)[0].text
