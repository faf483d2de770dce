"""What the tables of versions promise beyond their columns."""

import pytest
from sqlalchemy.exc import IntegrityError

from bot.storage import Database
from bot.storage.versions import ModelVersion, Promotion, Trial


async def test_a_model_has_each_version_once(database: Database) -> None:
    async with database.write() as session:
        session.add(ModelVersion(model="one", version="1", sha256="a"))
        session.add(ModelVersion(model="two", version="1", sha256="a"))
    with pytest.raises(IntegrityError):
        async with database.write() as session:
            session.add(ModelVersion(model="one", version="1", sha256="b"))


async def test_what_is_decided_is_about_a_version_that_there_is(database: Database) -> None:
    for decision in (
        Promotion(model="one", version_id=7),
        Trial(model="one", version_id=7, percent=5),
    ):
        with pytest.raises(IntegrityError):
            async with database.write() as session:
                session.add(decision)


async def test_a_model_has_one_trial(database: Database) -> None:
    for percent in (5, 10):
        try:
            async with database.write() as session:
                session.add(Trial(model="one", version_id=None, percent=percent))
        except IntegrityError:
            assert percent == 10
            return
    pytest.fail("There are two.")
