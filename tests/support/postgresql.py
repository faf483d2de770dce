"""A PostgreSQL server of the tests' own: nobody else reaches it, and nothing of it is kept."""

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import asyncpg
from sqlalchemy import URL

from bot.storage import Database
from bot.storage.columns import Base

USER = "captionbot"
TEMPLATE, WORKING = "empty", "working"
"""Databases with the newest schema: one that stays empty, to be copied, and one for tests to fill,
which each empties before."""
START_SECONDS = 60.0
FAST = {
    # Nothing has to survive a power cut: the tests would wait for the disk most of their time.
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "16MB",
    "max_connections": "60",
    "listen_addresses": "",
}


class NoPostgreSQLError(Exception):
    """There is no PostgreSQL on this machine; the text says what to install."""


def _programs() -> Path:
    """The folder of the server's programs; Debian keeps them away from the PATH.

    Raises:
        NoPostgreSQLError: it is not installed.
    """
    if (found := shutil.which("initdb")) is not None:
        return Path(found).resolve().parent
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda it: float(it.parent.name)
    )
    if not folders:
        raise NoPostgreSQLError("PostgreSQL is not installed (on Debian: apt install postgresql)")
    return folders[-1]


def _ordinary_user() -> str | None:
    """Whom to start it as: PostgreSQL refuses to run as root. None for whoever runs the tests."""
    return "postgres" if os.geteuid() == 0 else None


class PostgreSQLServer:
    """A server in a temporary folder, listening on a socket there. `role` may do everything."""

    def __init__(self) -> None:
        """
        Raises:
            NoPostgreSQLError: it is not installed.
        """
        self._programs = _programs()
        self._user = _ordinary_user()
        self.folder = Path(tempfile.mkdtemp(prefix="captionbot-postgresql-"))
        if self._user is not None:
            shutil.chown(self.folder, self._user)
        self._data = self.folder / "data"
        self._watch: subprocess.Popen[bytes] | None = None
        initdb = ("--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
        self._run("initdb", f"--pgdata={self._data}", f"--username={USER}", *initdb)

    def url(self, database: str = WORKING, user: str = USER) -> URL:
        """The address of a database, as the bot is given it."""
        return URL.create(
            "postgresql+asyncpg",
            username=user,
            database=database,
            query={"host": str(self.folder)},
        )

    def start(self) -> None:
        """Start it, and wait until it can be used. It ends with the process of the tests."""
        options = " ".join(f"-c {name}='{value}'" for name, value in FAST.items())
        # Killed, the tests end it as well: the pipe is closed then.
        script = f'"$0" -D "$1" -k "$2" {options} & read -r _; kill -QUIT $!; wait $!'
        self._watch = subprocess.Popen(
            ["sh", "-c", script, self._programs / "postgres", self._data, self.folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=(self.folder / "log").open("ab"),
            user=self._user,
            cwd=self.folder,
        )
        deadline = time.monotonic() + START_SECONDS
        ready = [self._programs / "pg_isready", "--quiet", f"--host={self.folder}"]
        while subprocess.run(ready, check=False).returncode:
            if time.monotonic() > deadline:
                raise AssertionError((self.folder / "log").read_text(errors="replace"))
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop it at once, as a crash would; whoever is connected hears of it."""
        if self._watch is not None:
            self._watch.communicate()
            self._watch = None

    def remove(self) -> None:
        """Stop it, and leave nothing behind."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    async def copy(self, name: str, template: str = TEMPLATE) -> URL:
        """A new database, with all that the other one has; returns its address."""
        await self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        return self.url(name)

    async def drop(self, name: str) -> None:
        """Remove a database, whoever is connected."""
        await self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    async def execute(self, *statements: str, database: str = "postgres") -> None:
        """Do something as its administrator."""
        connection = await asyncpg.connect(host=str(self.folder), user=USER, database=database)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self._programs / program, *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            user=self._user,
            cwd=self.folder,
        )


async def empty(database: Database) -> None:
    """Take all rows out of a database, and let ids begin from 1 again."""
    tables = Base.metadata.sorted_tables
    script = [f"DELETE FROM {table.name}" for table in reversed(tables)] + [
        f"SELECT setval('{table.name}_id_seq', 1, false)"
        for table in tables
        if table.dialect_options["sqlite"]["autoincrement"]
    ]
    async with database.write() as session:
        connection = await (await session.connection()).get_raw_connection()
        # All at once: this is done before every test.
        await connection.driver_connection.execute("; ".join(script))
