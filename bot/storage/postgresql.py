"""What is particular to PostgreSQL: how it is connected to, and what its refusals mean."""

import hashlib
from collections.abc import Iterable
from typing import Any

from sqlalchemy import URL, Connection, Dialect, text
from sqlalchemy.exc import DBAPIError, OperationalError

CONNECT_SECONDS = 10.0
COMMAND_SECONDS = 60.0
"""A statement that takes longer is given up: the network may have swallowed it."""
LOCK_MILLISECONDS = 5000
"""As SQLite's `busy_timeout`."""

SERVER_SETTINGS = {
    "application_name": "captionbot",
    "lock_timeout": str(LOCK_MILLISECONDS),
    # The statements are short; compiling them takes longer than running them.
    "jit": "off",
    # A machine that vanished keeps its locks until the server misses it: a minute, not two hours.
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}

_CURES = {
    "28": "refuses the user {user} ({cause}); correct user and password in DATABASE_URL.",
    "3D000": "has no database {database}; create it (`createdb -O {user} {database}`), or correct "
    "its name in DATABASE_URL.",
    "42501": "does not let the user {user} do that ({cause}); make it the owner of the database "
    "and of its tables: `ALTER DATABASE {database} OWNER TO {user}`, `ALTER SCHEMA public OWNER "
    "TO {user}`.",
    "25006": "only reads ({cause}); name its primary server in DATABASE_URL.",
    "53": "has no room for more ({cause}); see to its connections, disk and memory.",
    "57": "is not ready ({cause}); wait until it is, then start again.",
    "55P03": "is busy with another program's changes ({cause}); start again when they are over.",
}
"""What is wrong and how to put it right, by the beginning of the SQLSTATE."""


def is_postgresql(url: URL) -> bool:
    return url.get_backend_name() == "postgresql"


def lock_number(name: str) -> int:
    """The number of an advisory lock: 64 bits with a sign."""
    digest = hashlib.sha256(f"captionbot {name}".encode()).digest()
    return int.from_bytes(digest[:8], signed=True)


WRITERS = lock_number("writers")


def connect_arguments(*, patient: bool = False) -> dict[str, Any]:
    """What the driver is told for each connection; `patient` ones wait for any statement."""
    return {
        "timeout": CONNECT_SECONDS,
        "command_timeout": None if patient else COMMAND_SECONDS,
        "server_settings": SERVER_SETTINGS,
    }


def connect(
    dialect: Dialect, _record: object, arguments: list[Any], parameters: dict[str, Any]
) -> Any:
    """Make a connection (a listener for SQLAlchemy's "do_connect" event).

    Raises:
        ConnectionError: nobody listens there, there is no such host, no such socket, no answer.
        OperationalError: the server refuses.
    """
    try:
        return dialect.connect(*arguments, **parameters)
    except OSError as error:
        raise ConnectionError(cause_of(error)) from error
    except Exception as error:
        if sqlstate(error):
            # As SQLAlchemy does with what is refused later.
            raise OperationalError(None, None, error) from error
        raise


def wait_for_other_writers(connection: Connection) -> None:
    """Let one writing transaction of all programs go on at a time, as SQLite does by itself.

    What a transaction reads before it writes stays true then; several bots can share a database.
    The lock goes with the transaction.
    """
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITERS})")


def wrong_encoding(connection: Connection, url: URL) -> str | None:
    """Why a database cannot store whatever people write, and the cure; None when it can."""
    encoding = connection.scalar(text("SHOW server_encoding"))
    if encoding == "UTF8":
        return None
    return (
        f"The database {url.database} stores text as {encoding}; make one with "
        "`createdb --encoding=UTF8 --template=template0`, and name that in DATABASE_URL."
    )


def missing_right(connection: Connection, url: URL, tables: Iterable[str]) -> str | None:
    """Why a user may not do what the bot does with those of the tables that are there, and the
    cure; None when they may."""
    missing = connection.execute(
        text(
            "SELECT names, rights FROM unnest(CAST(:tables AS text[])) AS names, "
            "unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS rights "
            "WHERE NOT has_table_privilege(to_regclass(names), rights) LIMIT 1"
        ),
        {"tables": list(tables)},
    ).first()
    if missing is None:
        return None
    return _cure(url, "42501", f"{missing.rights} on {missing.names} is missing")


def sqlstate(error: BaseException) -> str:
    """The five characters that PostgreSQL gives an error; empty when it is none of its own."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return str(getattr(cause, "sqlstate", None) or "")


def cause_of(error: BaseException) -> str:
    """What an error says, in one line and without its type."""
    cause = error
    if isinstance(error, DBAPIError) and error.orig is not None:
        # SQLAlchemy puts the type of the driver's error before its text.
        cause = error.orig.__cause__ or error.orig
    lines = str(cause).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(cause).__name__


def why_not(url: URL, error: Exception) -> str | None:
    """Why a database cannot be used, and how to put it right; None when an error means no such."""
    state, cause = sqlstate(error), cause_of(error)
    if url.password:
        # Texts of drivers may hold the whole address.
        cause = cause.replace(url.password, "***")
    if (cure := _cure(url, state, cause)) is not None:
        return cure
    if state.startswith("08") or isinstance(error, OSError):
        return (
            f"PostgreSQL at {_place(url)} cannot be reached ({cause}); "
            "start it, or correct its address in DATABASE_URL."
        )
    if isinstance(error, TypeError | ValueError):
        return f"The driver does not understand DATABASE_URL ({cause}); correct what follows the ?."
    return None


def _cure(url: URL, state: str, cause: str) -> str | None:
    for beginning, cure in _CURES.items():
        if state.startswith(beginning):
            names = {"user": url.username, "database": url.database, "cause": cause}
            return f"PostgreSQL at {_place(url)} {cure.format(**names)}"
    return None


def _place(url: URL) -> str:
    host = url.host or url.query.get("host") or "localhost"
    host = host if isinstance(host, str) else host[0]
    return host if host.startswith("/") else f"{host}:{url.port or 5432}"
