import sys
from pathlib import Path

import pytest

from bot.settings import Settings, SettingsError, load_settings, unknown_names

TOKEN = "123456:ABCDEFGHIJKLMNOPQRSTUVWXYZ-abcdefg"
NAMES = [name.upper() for name in Settings.model_fields]


@pytest.fixture(autouse=True)
def bare_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def test_nothing_has_to_be_set() -> None:
    settings = load_settings()
    assert settings.bot_token is None
    assert settings.telegram_api_url is None
    assert settings.admin_ids == frozenset()
    assert settings.data_dir == Path("data")
    assert settings.database.render_as_string() == "sqlite+aiosqlite:///data/captionbot.db"
    assert settings.log_level == "INFO"


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("LOG_LEVEL=error\nDATA_DIR=from-file\nUNKNOWN=1\n")
    monkeypatch.setenv("LOG_LEVEL", "debug")
    settings = load_settings()
    assert (settings.log_level, settings.data_dir) == ("DEBUG", Path("from-file"))


def test_an_empty_value_is_none_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.setenv(name, "")
    assert load_settings() == Settings()


@pytest.mark.parametrize(
    ("text", "ids"), [("5", {5}), ("1, 2,3", {1, 2, 3}), ("7,", {7}), (" ", set())]
)
def test_admin_ids(monkeypatch: pytest.MonkeyPatch, text: str, ids: set[int]) -> None:
    monkeypatch.setenv("ADMIN_IDS", text)
    assert load_settings().admin_ids == ids


def test_allowed_ids_are_people_and_chats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOWED_IDS", "5, -1001234567890")
    monkeypatch.setenv("RETENTION_DAYS", " 30 ")
    settings = load_settings()
    assert settings.allowed_ids == {5, -1001234567890}
    assert settings.retention_days == 30


@pytest.mark.parametrize(
    ("name", "value", "cure"),
    [
        ("BOT_TOKEN", "hello", "@BotFather"),
        ("BOT_TOKEN", f"bot{TOKEN}", "@BotFather"),
        ("TELEGRAM_API_URL", "localhost:8081", "http://127.0.0.1:8081"),
        ("TELEGRAM_API_URL", "http://", "http://127.0.0.1:8081"),
        ("TELEGRAM_API_URL", "http://host:port", "http://127.0.0.1:8081"),
        ("PROXY_URL", "proxy.example", "socks5://"),
        ("ADMIN_IDS", "1,bob", "numbers separated by commas"),
        ("ADMIN_IDS", "[1, 2]", "numbers separated by commas"),
        ("ALLOWED_IDS", "1,@group", "begins with a minus"),
        ("PHOTOS_PER_MINUTE", "many", "whole number"),
        ("PHOTOS_PER_DAY", "-1", "whole number"),
        ("RETENTION_DAYS", "1.5", "whole number"),
        ("DATABASE_URL", "captions.db", "sqlite:///"),
        ("DATABASE_URL", "nosuch://host/name", "sqlite:///"),
        ("DATABASE_URL", "sqlite+pysqlite:///a.db", "sqlite:///"),
        ("DATABASE_URL", "mysql://me@host/captions", "SQLite or PostgreSQL"),
        ("DATABASE_URL", "postgresql+psycopg2://me@host/captions", "write sqlite:///… or postg"),
        ("DATABASE_URL", "postgresql://me@host:port/captions", "postgresql://user:password@host"),
        ("LOG_LEVEL", "loud", "DEBUG, INFO"),
    ],
)
def test_a_wrong_value_is_one_line_with_cause_and_cure(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, cure: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    line = str(caught.value)
    assert line.startswith(f"{name}: ")
    assert cure in line
    assert "\n" not in line


def test_each_wrong_value_has_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADMIN_IDS", "bob")
    monkeypatch.setenv("LOG_LEVEL", "loud")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == [
        "ADMIN_IDS",
        "LOG_LEVEL",
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BOT_TOKEN", "123456-SECRETSECRETSECRETSECRETSECRET"),
        ("PROXY_URL", "ftp://me:SECRET@host"),
        ("DATABASE_URL", "nosuch://me:SECRET@host/name"),
    ],
)
def test_a_secret_is_never_repeated(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "SECRET" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_secrets_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOT_TOKEN", f" {TOKEN}\n")
    settings = load_settings(proxy_url="socks5://me:hunter2@host:1080")
    assert settings.bot_token is not None
    assert settings.bot_token.get_secret_value() == TOKEN
    assert TOKEN not in repr(settings)
    assert "hunter2" not in repr(settings)


def test_a_missing_driver_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:SECRET@host/captions")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "`pip install asyncpg`" in str(caught.value)
    assert "SECRET" not in str(caught.value)


def test_a_file_in_another_encoding_is_named() -> None:
    Path(".env").write_bytes("LOG_LEVEL=INFO # привет".encode("utf-16"))
    with pytest.raises(SettingsError, match=r"\.env.*UTF-8"):
        load_settings()


def test_a_file_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object, **_options: object) -> None:
        raise PermissionError(13, "Permission denied")

    Path(".env").touch()
    monkeypatch.setattr("dotenv.main.DotEnv._get_stream", refuse)
    with pytest.raises(SettingsError, match=r"^\.env: .* be read \(Permission denied\)"):
        load_settings()


def test_a_mark_in_front_of_the_text_is_no_part_of_it() -> None:
    """Windows' Notepad puts one there; the token behind it was not seen, and the sandbox opened."""
    Path(".env").write_text(f"BOT_TOKEN={TOKEN}\n", encoding="utf-8-sig")
    token = load_settings().bot_token
    assert token is not None
    assert token.get_secret_value() == TOKEN


def test_a_misspelt_name_in_the_file_is_refused() -> None:
    Path(".env").write_text("BOT_TOKN=1\nPHOTO_PER_DAY=5\nUNKNOWN=1\nlog_level=debug\n")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    lines = str(caught.value).splitlines()
    assert [line.partition(":")[0] for line in lines] == ["BOT_TOKN", "PHOTO_PER_DAY"]
    assert "is BOT_TOKEN meant in .env?" in lines[0]


def test_one_in_the_environment_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert unknown_names() == []
    monkeypatch.setenv("ADMINS_IDS", "1")
    monkeypatch.setenv("admin_ids", "1")
    (line,) = unknown_names()
    assert line.startswith("ADMINS_IDS: ")
    assert "ADMIN_IDS" in line
    load_settings()
