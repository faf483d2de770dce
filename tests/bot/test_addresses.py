"""Addresses are read as people write them, and what is none is told with an example."""

import pytest

from bot.addresses import Address, database_at, is_web_address, listening_address


def test_a_plain_database_address_gets_an_asynchronous_driver() -> None:
    url = database_at("sqlite:////var/lib/captions.db")
    assert (url.drivername, url.database) == ("sqlite+aiosqlite", "/var/lib/captions.db")


@pytest.mark.parametrize("beginning", ["postgres", "postgresql", "postgresql+asyncpg"])
def test_a_postgresql_address_is_read_as_others_write_it(beginning: str) -> None:
    url = database_at(f"{beginning}://me:pw@host/captions?sslmode=require")
    assert (url.drivername, url.password, url.database) == ("postgresql+asyncpg", "pw", "captions")
    assert url.query == {"ssl": "require"}


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("captions.db", "write it like sqlite:///"),
        ("mysql://me@host/captions", "SQLite or PostgreSQL"),
        ("postgresql+psycopg://host/captions", "write sqlite:///… or postgresql://…"),
    ],
)
def test_what_is_no_database_of_ours_is_refused(address: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        database_at(address)


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [("127.0.0.1:8080", "127.0.0.1", 8080), (" [::1]:80 ", "::1", 80), ("bot:65535", "bot", 65535)],
)
def test_where_to_listen(text: str, host: str, port: int) -> None:
    assert listening_address(text) == Address(host, port)


@pytest.mark.parametrize("text", ["8080", ":8080", "localhost", "localhost:port", "0.0.0.0:65536"])
def test_where_nobody_can_listen(text: str) -> None:
    with pytest.raises(ValueError, match=r"write it like 0\.0\.0\.0:8080"):
        listening_address(text)


@pytest.mark.parametrize(
    ("value", "is_one"),
    [
        ("https://bot.example/telegram", True),
        ("https://bot.example:8443", True),
        ("http://bot.example", False),
        ("https://", False),
        ("https://bot.example:0", False),
        ("https://bot.example:x", False),
    ],
)
def test_an_address_on_the_web_has_a_host(value: str, is_one: bool) -> None:
    assert is_web_address(value, ("https",)) is is_one
