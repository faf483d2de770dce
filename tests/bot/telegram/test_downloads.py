import traceback
from pathlib import Path
from typing import Any

import pytest
from aiogram import Bot
from scripted_api import TOKEN, Answer, Server, chunked, cut, ok, page, refusal

from bot.queue.downloads import FileGoneError, FileTooLargeError, UnavailableError
from bot.telegram import downloads
from bot.telegram.downloads import download

FILE = {"file_id": "f", "file_unique_id": "u", "file_path": "photos/1.jpg"}


async def test_a_file_is_downloaded(server: Server, client: Bot) -> None:
    server.on("getFile", ok(FILE))
    server.on("download", page(200, b"pixels"))
    assert await download(client, "f", 100) == b"pixels"


async def test_a_cut_download_is_tried_again(server: Server, client: Bot) -> None:
    server.on("getFile", ok(FILE))
    server.on("download", cut, page(503), page(200, b"pixels"))
    assert await download(client, "f", 5000) == b"pixels"


@pytest.mark.parametrize(
    ("file", "content"),
    [(FILE | {"file_size": 101}, page(200)), (FILE, page(200, bytes(101))), (FILE, chunked)],
)
async def test_no_more_is_read_than_allowed(
    server: Server, client: Bot, file: dict[str, object], content: Answer
) -> None:
    server.on("getFile", ok(file))
    server.on("download", content)
    with pytest.raises(FileTooLargeError):
        await download(client, "f", 100)
    assert server.count("download") <= 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (refusal(400, "Bad Request: file is too big"), FileTooLargeError),
        (
            refusal(400, "Bad Request: wrong file_id or the file is temporarily unavailable"),
            UnavailableError,
        ),
        (refusal(400, "Bad Request: invalid file_id"), FileGoneError),
        (refusal(403, "Forbidden: bot was kicked"), FileGoneError),
        (refusal(429, "Too Many Requests", retry_after=3600), UnavailableError),
    ],
)
async def test_a_file_that_cannot_be_found(
    server: Server, client: Bot, answer: Answer, error: type[Exception]
) -> None:
    server.on("getFile", answer)
    with pytest.raises(error):
        await download(client, "f", 100)


@pytest.mark.parametrize("trouble", [page(404), page(500), cut])
async def test_a_failed_download_does_not_tell_the_token(
    server: Server, client: Bot, trouble: Answer, caplog: pytest.LogCaptureFixture
) -> None:
    server.on("getFile", ok(FILE))
    server.on("download", trouble)
    with pytest.raises(UnavailableError) as caught:
        await download(client, "f", 5000)
    assert TOKEN not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__cause__ is None
    assert TOKEN not in caplog.text


async def test_a_server_of_ones_own_puts_files_on_its_disk(
    server: Server, client: Bot, tmp_path: Path
) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(b"pixels")
    server.on("getFile", ok(FILE | {"file_path": str(photo)}))
    assert await download(client, "f", 6) == b"pixels"
    with pytest.raises(FileTooLargeError):
        await download(client, "f", 5)
    photo.unlink()
    with pytest.raises(FileGoneError, match="--local") as caught:
        await download(client, "f", 100)
    assert str(tmp_path) not in str(caught.value), "the folder is named after the token"
    assert server.count("download") == 0


async def test_telegram_itself_names_no_file_on_this_disk(
    server: Server, client: Bot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"words")
    server.on("getFile", ok(FILE | {"file_path": str(secret)}))
    session: Any = client.session
    monkeypatch.setattr(downloads, "PRODUCTION", session.api)
    with pytest.raises(FileGoneError):
        await download(client, "f", 100)
