"""The folder of kept photos: nothing in it is lost, and what is wrong with it is said."""

import shutil
from pathlib import Path

import pytest

from bot.feedback.kept_folder import KeptFolder, KeptFolderError

NAME = f"{'a' * 64}.jpg"


@pytest.fixture
def kept(tmp_path: Path) -> KeptFolder:
    kept = KeptFolder(tmp_path / "photos")
    kept.path.mkdir()
    return kept


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_unknown_files_are_put_aside_and_come_back(
    kept: KeptFolder, caplog: pytest.LogCaptureFixture
) -> None:
    for name in (NAME, "other.jpg", "known.jpg"):
        (kept.path / name).write_bytes(name.encode())
    kept.sort({"known.jpg"})
    assert names(kept.path) == ["known.jpg"]
    assert names(kept.aside) == [NAME, "other.jpg"]
    assert "2 files" in caplog.text
    assert str(kept.aside) in caplog.text
    kept.sort({"known.jpg", NAME})
    assert names(kept.path) == [NAME, "known.jpg"]
    assert (kept.path / NAME).read_bytes() == NAME.encode()


def test_nothing_that_was_put_aside_is_overwritten(kept: KeptFolder) -> None:
    for content in (b"one", b"two", b"two", b"three"):
        (kept.path / "notes.txt").write_bytes(content)
        kept.sort(set())
    assert {path.read_bytes() for path in kept.aside.iterdir()} == {b"one", b"two", b"three"}
    assert len(names(kept.aside)) == 3


def test_half_a_file_of_ours_goes_and_folders_of_others_stay(kept: KeptFolder) -> None:
    (kept.path / f"{'b' * 64}.part").write_bytes(b"half")
    (kept.path / "thumbnails").mkdir()
    (kept.path / "thumbnails" / "1.jpg").touch()
    kept.sort(set())
    assert names(kept.path) == ["thumbnails"]
    assert not kept.aside.exists()
    assert kept.files() == (0, 0)


def test_a_folder_that_is_gone_is_made_again(kept: KeptFolder) -> None:
    shutil.rmtree(kept.path)
    assert kept.files() == (0, 0)
    kept.write(NAME, b"photo")
    assert kept.files() == (1, 5)
    shutil.rmtree(kept.path)
    assert kept.trouble() is None
    assert names(kept.path) == []


def test_deleting_reaches_what_was_put_aside(kept: KeptFolder) -> None:
    kept.aside.mkdir()
    for folder in (kept.path, kept.aside):
        (folder / NAME).touch()
    kept.delete({NAME, "never-there.jpg"})
    assert names(kept.path) == names(kept.aside) == []


def test_a_folder_that_cannot_be_used_says_why(kept: KeptFolder) -> None:
    kept.path.rmdir()
    kept.path.write_text("notes")
    assert kept.trouble() == "File exists"
    for use in (lambda: kept.write(NAME, b""), lambda: kept.sort(set())):
        with pytest.raises(KeptFolderError, match="photos cannot be used"):
            use()
    assert kept.path.read_text() == "notes"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_is_noticed(kept: KeptFolder) -> None:
    (kept.path / ".probe").symlink_to("/dev/full")
    assert kept.trouble() == "No space left on device"
