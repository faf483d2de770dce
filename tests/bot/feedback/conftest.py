"""What tests of corrections share."""

from typing import Any

import pytest

from bot.feedback.corrections import Corrections
from bot.feedback.kept_photos import KeptPhotos
from bot.storage import Database


@pytest.fixture
def corrections(database: Database, filler: Any) -> Corrections:
    return Corrections(database, KeptPhotos(filler.kept_photos))
