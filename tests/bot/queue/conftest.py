import pytest
from claiming import BOT_ID, VARIANTS, everybody

from bot.queue.claims import Claims
from bot.storage import Database


@pytest.fixture
def claims(database: Database) -> Claims:
    return Claims(database, BOT_ID, everybody(VARIANTS))
