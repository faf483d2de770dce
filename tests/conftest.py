"""What all tests share."""

import asyncio
from collections.abc import Iterator

import pytest
from postgresql import TEMPLATE, WORKING, NoPostgreSQLError, PostgreSQLServer

from bot.storage.migrate import migrate
from captioning import catalogue

TWO_MODELS = ("resnet34-lstm", "mobilenet-attention")


@pytest.fixture(scope="session", autouse=True)
def _two_models() -> Iterator[None]:
    """Leave the catalogue the two models that tests speak of, so that a third breaks none of them.

    What holds for every bundled model is tested of `catalogue.BUNDLED`.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name in set(catalogue.ENTRIES) - set(TWO_MODELS):
            patch.delitem(catalogue._entries, name)
        yield


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        action="append",
        choices=["sqlite", "postgresql"],
        help="let every test of bot/ that has a database run with this kind (also twice)",
    )


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgreSQLServer]:
    """A server of PostgreSQL for this process, with the databases TEMPLATE and WORKING."""
    try:
        server = PostgreSQLServer()
    except NoPostgreSQLError as error:
        pytest.skip(str(error))
    try:
        server.start()
        asyncio.run(server.execute(f"CREATE DATABASE {TEMPLATE}"))
        asyncio.run(migrate(server.url(TEMPLATE)))
        asyncio.run(server.copy(WORKING))
        yield server
    finally:
        server.remove()


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name cases of bytes after their argument.

    What a library packs may hold the time of day: processes that share the tests among them would
    each know these by another name, and none would run.
    """
    return argname if isinstance(val, bytes) else None
