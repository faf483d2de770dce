"""The revisions of the database schema: those that this program knows, and that of a database."""

from functools import cache
from importlib.resources import files

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection


def migration_config(connection: Connection | None = None) -> Config:
    """Alembic's configuration, with the migrations of the installed package."""
    config = Config()
    config.set_main_option("script_location", str(files("migrations")).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


@cache
def known_revisions() -> tuple[str, ...]:
    """The revisions that this program can bring to the newest, the newest first."""
    scripts = ScriptDirectory.from_config(migration_config())
    return tuple(script.revision for script in scripts.walk_revisions())


def newest_revision() -> str:
    """The revision of the schema that this program uses."""
    return known_revisions()[0]


def current_revision(connection: Connection) -> str | None:
    """The revision of the schema in the database; None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()
