"""`captionbot doctor`: it finds what is wrong, says how to put it right, and changes nothing."""

import shutil
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from postgresql import PostgreSQLServer
from pydantic import SecretStr
from typer.testing import CliRunner

from bot import app as application
from bot import doctor
from bot.__main__ import app as command
from bot.data_folder import exclusive
from bot.doctor import Finding, examine
from bot.sandbox import SANDBOX_TOKEN
from bot.sandbox.server import serve
from bot.settings import Settings
from bot.telegram.startup import OwnWebhook
from captioning import CaptioningError


class SmallCaptioner:
    version = "7"

    def caption(self, images: Sequence[Any]) -> list[Any]:
        return [SimpleNamespace(text="A grey square.") for _ in images]


def load() -> dict[str, Any]:
    return {"resnet34-lstm": SmallCaptioner()}


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[str]:
    async with serve(tmp_path / "telegram", port=0) as address:
        yield address


def settings_for(folder: Path, api: str | None = None, **values: Any) -> Settings:
    token = SecretStr(SANDBOX_TOKEN) if api else None
    return Settings(
        _env_file=None, data_dir=folder, bot_token=token, telegram_api_url=api, **values
    )


async def findings(settings: Settings, load: Any = load) -> dict[str, Finding]:
    return {found.name: found async for found in examine(settings, load)}


async def test_before_the_first_start_all_is_fine_and_nothing_is_made(
    api: str, tmp_path: Path
) -> None:
    folder = tmp_path / "new" / "data"
    found = await findings(settings_for(folder, api, admin_ids=frozenset({1})))
    assert {name for name, finding in found.items() if not finding.fine} == set()
    assert "will be made" in found["Data folder"].text
    assert "will be made" in found["Database"].text
    assert "resnet34-lstm 7" in found["Models"].text
    assert "1 in ADMIN_IDS" in found["Administrators"].text
    assert not folder.parent.exists()


async def test_a_bot_that_runs_is_recognised(empty_database: Path, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with exclusive(folder):
        shutil.copy(empty_database, folder / "captionbot.db")
        found = await findings(settings_for(folder))
    assert "a bot runs on it" in found["Data folder"].text
    assert "is the newest" in found["Database"].text
    # It looked, and let go.
    assert "no bot uses it" in (await findings(settings_for(folder)))["Data folder"].text
    with exclusive(folder):
        pass


async def test_without_a_token_or_with_a_wrong_one(api: str, tmp_path: Path) -> None:
    assert "BOT_TOKEN is not set" in (await findings(settings_for(tmp_path)))["Telegram"].text
    wrong = settings_for(tmp_path, api).model_copy(
        update={"bot_token": SecretStr("4242:another-token-that-nobody-has-ever-given")}
    )
    finding = (await findings(wrong))["Telegram"]
    assert not finding.fine
    assert "refuses BOT_TOKEN" in finding.text


async def test_a_database_server(tmp_path: Path, postgresql_server: PostgreSQLServer) -> None:
    address = postgresql_server.url().render_as_string(hide_password=False)
    found = await findings(settings_for(tmp_path, database_url=SecretStr(address)))
    assert found["Database"].fine
    away = SecretStr("postgresql://me:hunter2@127.0.0.1:1/captions")
    found = await findings(settings_for(tmp_path, database_url=away))
    assert not found["Database"].fine
    assert "127.0.0.1:1 cannot be reached" in found["Database"].text
    assert "hunter2" not in found["Database"].text


async def test_a_webhook_is_the_bot_s_own_or_in_the_way(api: str, tmp_path: Path) -> None:
    url = "https://bots.example/path"
    async with aiohttp.ClientSession() as http:
        await http.post(f"{api}/bot{SANDBOX_TOKEN}/setWebhook", json={"url": url})
        assert not (await findings(settings_for(tmp_path, api)))["Telegram"].fine
        behind = settings_for(tmp_path, api, webhook_url=url)
        assert (await findings(behind))["Telegram"].fine
        OwnWebhook(tmp_path).remember(url)
        assert (await findings(settings_for(tmp_path, api)))["Telegram"].fine
        answer = await http.get(f"{api}/bot{SANDBOX_TOKEN}/getWebhookInfo")
        assert (await answer.json())["result"]["url"] == url, "nothing was changed"


async def test_a_damaged_database(tmp_path: Path) -> None:
    (tmp_path / "captionbot.db").write_bytes(b"This is no database." * 300)
    finding = (await findings(settings_for(tmp_path)))["Database"]
    assert not finding.fine
    assert "damaged" in finding.text
    assert "backup" in finding.text


@pytest.mark.parametrize(
    ("revision", "fine", "words"),
    [("0001", True, "at the next start"), ("9999", False, "install the newer version")],
)
async def test_another_schema(
    empty_database: Path, tmp_path: Path, revision: str, fine: bool, words: str
) -> None:
    path = tmp_path / "captionbot.db"
    shutil.copy(empty_database, path)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    finding = (await findings(settings_for(tmp_path)))["Database"]
    assert (finding.fine, words in finding.text) == (fine, True)


async def test_a_data_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    finding = (await findings(settings_for(tmp_path / "file")))["Data folder"]
    assert not finding.fine
    assert "DATA_DIR" in finding.text


@pytest.mark.parametrize("folder", ["/proc/captionbot", "/dev/null/data"])
async def test_a_data_folder_that_cannot_be_made(folder: str) -> None:
    finding = (await findings(settings_for(Path(folder))))["Data folder"]
    assert not finding.fine
    assert "DATA_DIR" in finding.text


async def test_a_file_where_the_photos_should_be(tmp_path: Path) -> None:
    (tmp_path / "photos").touch()
    finding = (await findings(settings_for(tmp_path)))["Data folder"]
    assert not finding.fine
    assert "photos is not a folder" in finding.text


async def test_a_database_in_a_missing_folder(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/missing/bot.db"
    finding = (await findings(settings_for(tmp_path, database_url=url)))["Database"]
    assert not finding.fine
    assert "is not there" in finding.text


async def test_secrets_that_others_may_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert (await findings(settings_for(tmp_path)))["Secrets"].fine
    (tmp_path / ".env").touch(mode=0o600)
    assert (await findings(settings_for(tmp_path)))["Secrets"].fine
    (tmp_path / ".env").chmod(0o644)
    finding = (await findings(settings_for(tmp_path)))["Secrets"]
    assert not finding.fine
    assert "chmod 600 .env" in finding.text


async def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: SimpleNamespace(free=1_000_000))
    finding = (await findings(settings_for(tmp_path)))["Disk"]
    assert not finding.fine
    assert "make room" in finding.text


async def test_models_that_cannot_be_loaded(tmp_path: Path) -> None:
    def broken() -> dict[str, Any]:
        raise CaptioningError("The file is damaged; install the package again.")

    finding = (await findings(settings_for(tmp_path), broken))["Models"]
    assert finding == Finding("Models", False, "The file is damaged; install the package again.")


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("bot.commands.running.set_up_logging", lambda *_: None)
    monkeypatch.setattr(application, "load_models", load)


@pytest.mark.usefixtures("bare")
def test_the_command_fails_when_something_is_wrong() -> None:
    result = CliRunner().invoke(command, ["doctor"])
    assert result.exit_code == 1
    lines = result.output.splitlines()
    assert [line[:3] for line in lines if line.startswith("BAD")] == ["BAD"]
    assert any(line.startswith("ok  Models: resnet34-lstm 7") for line in lines)


@pytest.mark.usefixtures("bare")
def test_the_export_command(empty_database: Path, tmp_path: Path) -> None:
    def export() -> Any:
        return CliRunner().invoke(command, ["export", str(tmp_path / "out.zip")])

    refused = export()
    assert (refused.exit_code, "There is no database" in refused.output) == (1, True)
    assert not (tmp_path / "data").exists()

    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "captionbot.db").write_bytes(empty_database.read_bytes())
    done = export()
    assert done.output.startswith("0 captions, 0 corrections and 0 photos are in ")
    again = export()
    assert (again.exit_code, "exists already" in again.output) == (1, True)

    with closing(sqlite3.connect(tmp_path / "data" / "captionbot.db")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '0001'")
    (tmp_path / "out.zip").unlink()
    old = export()
    assert (old.exit_code, "captionbot migrate" in old.output) == (1, True)
