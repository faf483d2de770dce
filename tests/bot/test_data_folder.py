"""One bot at a time uses a data folder."""

import os
from pathlib import Path

import pytest

from bot.data_folder import DataFolderError, exclusive, holder


def test_a_folder_is_made_and_held_until_the_end(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "there"
    assert holder(folder) is None
    with exclusive(folder):
        assert holder(folder) == str(os.getpid())
        with pytest.raises(DataFolderError, match=f"process {os.getpid()}"), exclusive(folder):
            pass
    assert holder(folder) is None
    with exclusive(folder):
        assert holder(folder) is not None


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataFolderError, match="cannot be written to"), exclusive(tmp_path / "file"):
        pass
