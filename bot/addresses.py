"""Addresses as people write them: of databases, of servers, and where to listen."""

import re
from typing import NamedTuple
from urllib.parse import urlsplit

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

SQLITE, POSTGRESQL = "sqlite+aiosqlite", "postgresql+asyncpg"
DRIVERS = {"sqlite": SQLITE, "postgresql": POSTGRESQL, "postgres": POSTGRESQL}
"""What the beginning of an address stands for; the drivers themselves may be written, too."""


class Address(NamedTuple):
    """Where to listen."""

    host: str
    port: int


def listening_address(text: str) -> Address:
    """Read ``HOST:PORT``.

    Raises:
        ValueError: it is none.
    """
    host, _, port = text.strip().rpartition(":")
    if not host or not re.fullmatch(r"\d{1,5}", port) or int(port) > 65535:
        raise ValueError(f"{text!r} is no address to listen on; write it like 0.0.0.0:8080.")
    return Address(host.strip("[]"), int(port))


def is_web_address(value: str, schemes: tuple[str, ...]) -> bool:
    """Whether something on the web could be reached at a URL of one of these schemes."""
    try:
        parts = urlsplit(value)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def database_at(address: str) -> URL:
    """The database at an address as people write it, with the driver that the bot uses.

    Raises:
        ValueError: it is none, or of a kind that the bot does not use, or the driver is missing.
    """
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        raise ValueError(
            "this is not the address of a database; write it like "
            "sqlite:///data/captionbot.db or postgresql://user:password@host/captionbot."
        ) from None
    driver = DRIVERS.get(url.drivername, url.drivername)
    if driver not in DRIVERS.values():
        raise ValueError(
            f"{url.drivername} cannot be used; the bot stores its data in SQLite or PostgreSQL: "
            "write sqlite:///… or postgresql://…."
        )
    url = url.set(drivername=driver)
    try:
        url.get_dialect().import_dbapi()
    except ImportError:
        name = driver.partition("+")[2]
        raise ValueError(
            f"the database driver {name} is not installed; install it with `pip install {name}`."
        ) from None
    if driver == POSTGRESQL and "sslmode" in url.query:
        # As other programs call what asyncpg calls ssl.
        url = url.update_query_dict({"ssl": url.query["sslmode"]})
        url = url.difference_update_query(["sslmode"])
    return url
