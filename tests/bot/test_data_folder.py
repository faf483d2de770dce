"""One bot at a time uses a data folder."""

import os
from pathlib import Path

import pytest

from bot.data_folder import DataFolderError, check, exclusive, holder, is_open


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


def test_looking_leaves_nothing_behind(tmp_path: Path) -> None:
    assert check(tmp_path)
    assert not check(tmp_path / "not" / "there")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "data", Path("/proc/data")):
        with pytest.raises(DataFolderError, match="DATA_DIR"):
            check(folder)


def test_holding_a_folder_closes_it_to_others_but_nothing_that_is_not_ours(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "captionbot.db", tmp_path / "script.sh"
    for path in (ours, theirs):
        path.touch()
        path.chmod(0o755)
    (tmp_path / "photos").symlink_to(theirs)
    with exclusive(tmp_path):
        assert not any(map(is_open, (tmp_path, ours, tmp_path / "bot.lock")))
        assert theirs.stat().st_mode & 0o777 == 0o755
