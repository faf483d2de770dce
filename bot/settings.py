"""What the person who runs the bot decides, from the environment and a file named `.env`."""

import os
import re
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

from dotenv import dotenv_values
from pydantic import SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy import URL

from bot.addresses import SQLITE, Address, database_at, is_web_address, listening_address

TOKEN = re.compile(r"\d+:[A-Za-z0-9_-]{20,}")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
PROXY_SCHEMES = ("http", "socks4", "socks5")

NOT_CONFIGURED = (
    "BOT_TOKEN is not set; put the token from @BotFather into the environment or .env, "
    "or try the bot without one: `captionbot sandbox`."
)


ENV_FILE = ".env"
ENCODING = "utf-8-sig"
"""Editors on Windows put a mark in front of the text; it must not become a part of a name."""
SIMILAR = 0.8
"""How alike a name is to that of a setting when it is a misspelling of it."""


class SettingsError(Exception):
    """Settings are missing or wrong; the text has one line for each, with its cause and cure."""


class Settings(BaseSettings):
    """The settings; the name of each in capitals is its name in the environment."""

    model_config = SettingsConfigDict(
        env_file=ENV_FILE, env_file_encoding=ENCODING, env_ignore_empty=True, extra="ignore"
    )

    bot_token: SecretStr | None = None
    telegram_api_url: str | None = None
    """Base address of a Bot API server; Telegram's own when unset."""
    proxy_url: SecretStr | None = None
    """Proxy for all calls to Telegram; may hold a password."""
    admin_ids: Annotated[frozenset[int], NoDecode] = frozenset()
    """Telegram ids of the people who run the bot: /stats, /health, /export and more."""
    daily_digest: int | None = None
    """Hour of the day (UTC) at which they are sent the statistics; never when unset."""
    allowed_ids: Annotated[frozenset[int], NoDecode] = frozenset()
    """Ids of the people and chats that the bot serves; empty for everyone."""
    photos_per_minute: int = 20
    """So many photos of one person are begun, more wait; 0 for any number."""
    photos_per_day: int = 300
    """So many are accepted from one person in a day of UTC; 0 for any number."""
    retention_days: int = 365
    """What nobody has used for so many days is deleted; 0 keeps it until /forget."""
    data_dir: Path = Path("data")
    database_url: SecretStr | None = None
    """SQLAlchemy URL; a SQLite file under `data_dir` when unset."""
    log_level: str = "INFO"
    webhook_url: str | None = None
    """Where Telegram brings updates; they are polled for when unset."""
    webhook_listen: Annotated[Address, NoDecode] = Address("127.0.0.1", 8080)
    """Where the bot listens for them, behind a proxy that speaks TLS."""
    webhook_secret: SecretStr | None = None
    """What Telegram shows with each; made anew at each start when unset."""
    health_listen: Annotated[Address | None, NoDecode] = None
    """Where /live, /ready and /metrics are answered; nowhere when unset."""

    @property
    def database(self) -> URL:
        """Where the database is, with an asynchronous driver."""
        if self.database_url is not None:
            return database_at(self.database_url.get_secret_value())
        path = self.data_dir / "captionbot.db"
        return URL.create(SQLITE, database=str(path))

    @property
    def photos_dir(self) -> Path:
        """Where rated photos are kept."""
        return self.data_dir / "photos"

    @property
    def models_dir(self) -> Path:
        """Where the versions of models lie that were added to the package's own."""
        return self.data_dir / "models"

    @field_validator("bot_token")
    @classmethod
    def _token(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        token = value.get_secret_value().strip()
        if not TOKEN.fullmatch(token):
            raise ValueError(
                "this is not a bot token; copy it from @BotFather, digits, colon and all "
                "(it looks like 123456789:AAE…)."
            )
        return SecretStr(token)

    @field_validator("telegram_api_url")
    @classmethod
    def _api_url(cls, value: str | None) -> str | None:
        if value is None:
            return None
        address = value.strip().rstrip("/")
        if not is_web_address(address, ("http", "https")):
            raise ValueError(
                f"{value!r} is not the address of a server; write it like http://127.0.0.1:8081, "
                "or leave it out to use Telegram's own."
            )
        return address

    @field_validator("proxy_url")
    @classmethod
    def _proxy(cls, value: SecretStr | None) -> SecretStr | None:
        # The value is not repeated, since it may hold a password.
        if value is not None and not is_web_address(value.get_secret_value(), PROXY_SCHEMES):
            raise ValueError(
                "not the address of a proxy; write it like socks5://user:password@host:1080 "
                "(schemes: http, socks4, socks5)."
            )
        return value

    @field_validator("admin_ids", mode="before")
    @classmethod
    def _ids(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        parts = [part.strip() for part in value.split(",") if part.strip()]
        wrong = next((part for part in parts if not re.fullmatch(r"\d{1,18}", part)), None)
        if wrong is not None:
            raise ValueError(
                f"{wrong!r} is not a Telegram id; give numbers separated by commas, as in "
                "111111,222222 (@userinfobot tells you yours)."
            )
        return frozenset(map(int, parts))

    @field_validator("allowed_ids", mode="before")
    @classmethod
    def _chat_ids(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        parts = [part.strip() for part in value.split(",") if part.strip()]
        wrong = next((part for part in parts if not re.fullmatch(r"-?\d{1,18}", part)), None)
        if wrong is not None:
            raise ValueError(
                f"{wrong!r} is not a Telegram id; give numbers separated by commas, as in "
                "111111,-1001234567890 (that of a group or channel begins with a minus)."
            )
        return frozenset(map(int, parts))

    @field_validator("photos_per_minute", "photos_per_day", "retention_days", mode="before")
    @classmethod
    def _amount(cls, value: Any) -> Any:
        if not re.fullmatch(r"\d{1,9}", str(value).strip()):
            raise ValueError(f"{value!r} is not a whole number; 0 stands for no limit.")
        return int(value)

    @field_validator("daily_digest", mode="before")
    @classmethod
    def _hour(cls, value: Any) -> Any:
        if isinstance(value, str) and not (re.fullmatch(r"\d{1,2}", value) and int(value) < 24):
            raise ValueError(f"{value!r} is not an hour; write one from 0 to 23, in UTC.")
        return value

    @field_validator("data_dir")
    @classmethod
    def _data_dir(cls, value: Path) -> Path:
        return value.expanduser()

    @field_validator("database_url")
    @classmethod
    def _database_url(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        database_at(value.get_secret_value())
        return value

    @field_validator("webhook_url")
    @classmethod
    def _webhook_url(cls, value: str | None) -> str | None:
        if value is not None and not is_web_address(value, ("https", "http")):
            raise ValueError(
                "not the address of a webhook; write it like https://bot.example/telegram."
            )
        return value

    @field_validator("webhook_secret")
    @classmethod
    def _webhook_secret(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", value.get_secret_value()):
            raise ValueError("Telegram allows 1 to 256 of the characters A-Z, a-z, 0-9, _ and -.")
        return value

    @field_validator("webhook_listen", "health_listen", mode="before")
    @classmethod
    def _address(cls, value: Any) -> Any:
        return listening_address(value) if isinstance(value, str) else value

    @field_validator("health_listen")
    @classmethod
    def _measured(cls, value: Address | None) -> Address | None:
        if value is not None and find_spec("prometheus_client") is None:
            raise ValueError(
                "its measurements need a package; install it with `pip install prometheus-client`."
            )
        return value

    @field_validator("log_level")
    @classmethod
    def _log_level(cls, value: str) -> str:
        level = value.strip().upper()
        if level not in LOG_LEVELS:
            raise ValueError(f"{value!r} is not a level; use one of {', '.join(LOG_LEVELS)}.")
        return level


def load_settings(**overrides: Any) -> Settings:
    """Read the settings; `overrides` win over the environment.

    Raises:
        SettingsError: a value is wrong, or `.env` cannot be read or has a misspelt name.
    """
    try:
        _check_names(Path(overrides.get("_env_file", ENV_FILE) or os.devnull))
        return Settings(**overrides)
    except ValidationError as error:
        raise SettingsError("\n".join(map(_line, error.errors(include_input=False)))) from None
    except UnicodeDecodeError:
        raise SettingsError(".env: the file is not UTF-8 text; save it as UTF-8.") from None
    except OSError as error:
        raise SettingsError(
            f".env: the file cannot be read ({error.strerror}); change its permissions, or move it."
        ) from None


def unknown_names() -> list[str]:
    """A line for each name in the environment that looks like a misspelt setting.

    It may be another program's, so that it is no error; in `.env` it is one.
    """
    return [_misspelt(name, "the environment") for name in os.environ if _similar(name)]


def _check_names(env_file: Path) -> None:
    if not env_file.is_file():
        return
    wrong = [name for name in dotenv_values(env_file, encoding=ENCODING) if _similar(name)]
    if wrong:
        raise SettingsError("\n".join(_misspelt(name, env_file.name) for name in wrong))


def _similar(name: str) -> str | None:
    """The setting that an unknown name is probably meant to be."""
    names = [setting.upper() for setting in Settings.model_fields]
    if name.upper() in names:
        return None
    close = get_close_matches(name.upper(), names, n=1, cutoff=SIMILAR)
    return close[0] if close else None


def _misspelt(name: str, place: str) -> str:
    return f"{name}: there is no such setting; is {_similar(name)} meant in {place}?"


def _line(problem: Any) -> str:
    name = str(problem["loc"][0]).upper()
    cause = problem.get("ctx", {}).get("error")
    return f"{name}: {cause if cause is not None else problem['msg']}"
