"""Pictures of where a model looked, from the database to a JPEG."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import update

from bot.queue.answers import AnswerForgottenError
from bot.queue.attention_pictures import AttentionPictures
from bot.queue.downloads import FileGoneError
from bot.storage import Database
from bot.storage.attention_weights import packed
from bot.storage.tables import Caption, User

ALICE, BOB = 1001, 1002
WEIGHTS = np.random.default_rng(0).random((1, 7, 7), dtype=np.float32)


class Files:
    """What Telegram gives out."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.gone = False

    async def download(self, file_id: str) -> bytes:
        self.asked.append(file_id)
        if self.gone:
            raise FileGoneError(file_id)
        buffer = io.BytesIO()
        Image.new("RGB", (320, 240), "teal").save(buffer, "PNG")
        return buffer.getvalue()


@pytest.fixture
def files() -> Files:
    return Files()


@pytest.fixture
def pictures(database: Database, files: Files) -> AttentionPictures:
    return AttentionPictures(database, files.download)


@pytest.fixture
async def sent(database: Database, filler: Any) -> Any:
    """A photo of Alice, whose second caption has attention."""
    sent = await filler.photo_sent(ALICE)
    async with database.write() as session:
        await session.execute(
            update(Caption)
            .where(Caption.id == sent.caption_ids[1])
            .values(attention=packed(WEIGHTS))
        )
    return sent


async def test_the_attention_models_caption_is_drawn(
    pictures: AttentionPictures, sent: Any, files: Files
) -> None:
    (look,) = await pictures.find(sent.job_id, sent.chat_id)
    assert (look.caption_id, look.picture_file_id) == (sent.caption_ids[1], None)
    content = await pictures.draw(look)
    with Image.open(io.BytesIO(content)) as image:
        assert image.format == "JPEG"
        assert image.width > 800
    assert files.asked == [look.photo_file_id]


async def test_the_picture_is_remembered_until_telegram_forgets_it(
    pictures: AttentionPictures, sent: Any
) -> None:
    for file_id in ("picture", None):
        await pictures.remember(sent.caption_ids[1], file_id)
        (look,) = await pictures.find(sent.job_id, sent.chat_id)
        assert look.picture_file_id == file_id


async def test_every_model_with_attention_has_a_picture(
    pictures: AttentionPictures, sent: Any, database: Database
) -> None:
    async with database.write() as session:
        await session.execute(update(Caption).values(attention=packed(WEIGHTS)))
    looks = await pictures.find(sent.job_id, sent.chat_id)
    assert tuple(look.caption_id for look in looks) == sent.caption_ids


async def test_captions_without_attention_have_no_picture(
    pictures: AttentionPictures, filler: Any
) -> None:
    sent = await filler.photo_sent(ALICE, models=("resnet34-lstm",))
    assert await pictures.find(sent.job_id, sent.chat_id) == ()


async def test_an_answer_that_is_not_in_this_chat_is_forgotten(
    pictures: AttentionPictures, sent: Any
) -> None:
    for job_id, chat_id in ((sent.job_id, BOB), (sent.job_id + 99, ALICE)):
        with pytest.raises(AnswerForgottenError):
            await pictures.find(job_id, chat_id)


async def test_a_photo_that_is_gone_is_an_error(
    pictures: AttentionPictures, sent: Any, files: Files
) -> None:
    (look,) = await pictures.find(sent.job_id, sent.chat_id)
    files.gone = True
    with pytest.raises(FileGoneError):
        await pictures.draw(look)


async def test_whoever_wants_it_always_says_so(
    pictures: AttentionPictures, sent: Any, database: Database
) -> None:
    assert not await pictures.is_always_wanted(ALICE)
    assert not await pictures.is_always_wanted(BOB), "nobody of that id is stored"
    async with database.write() as session:
        await session.execute(update(User).values(shows_attention=True))
    assert await pictures.is_always_wanted(ALICE)
