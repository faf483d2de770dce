"""The names that people have in an export."""

import re
import stat
from pathlib import Path

import pytest

from bot.feedback.pseudonyms import Pseudonyms, PseudonymsError


def test_a_person_keeps_their_name_as_long_as_the_key_is_there(tmp_path: Path) -> None:
    path = tmp_path / "export.key"
    names = [Pseudonyms.load(path).of(user_id) for user_id in (1001, 1001, 1002)]
    assert names[0] == names[1] != names[2]
    assert re.fullmatch(r"[0-9a-f]{16}", names[0])
    path.unlink()
    assert Pseudonyms.load(path).of(1001) != names[0]


def test_nobody_else_can_read_the_key(tmp_path: Path) -> None:
    path = tmp_path / "export.key"
    Pseudonyms.load(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", ["", "12ab", "z" * 64])
def test_a_damaged_key_is_not_replaced(tmp_path: Path, content: str) -> None:
    path = tmp_path / "export.key"
    path.write_text(content)
    with pytest.raises(PseudonymsError, match="damaged"):
        Pseudonyms.load(path)
    assert path.read_text() == content


def test_a_folder_that_is_not_there_is_no_place_for_a_key(tmp_path: Path) -> None:
    with pytest.raises(PseudonymsError, match="DATA_DIR"):
        Pseudonyms.load(tmp_path / "missing" / "export.key")
