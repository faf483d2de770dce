"""Drafts a migration: what the tables in the code have, and the newest schema lacks.

`make migration NAME=…` runs it and formats what it has written.
"""

import re
import sys
from argparse import Namespace
from importlib.resources import files
from pathlib import Path

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from bot.storage.revisions import migration_config

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_REMARK = re.compile(r"^ *# ###.*\n", re.MULTILINE)


def draft(name: str, folder: Path | None = None) -> Path:
    """Write the migration from the newest schema to `bot.storage.tables`.

    The newest schema is made by the migrations there are, in a database in memory. What differs
    in the data only, and what must happen to the rows that are there, no comparison can tell.

    Args:
        name: what it brings, in a word or more: ``places`` or ``photo_places``.
        folder: where ``env.py`` and ``versions`` lie; this package when None.

    Returns:
        The new file, ``versions/0006_places.py`` behind ``0005_….py``.

    Raises:
        ValueError: `name` is no name of a Python module in lower case.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"{name!r} names no migration: say what it brings in small Latin letters, digits and "
            "underscores, as in NAME=photo_places"
        )
    folder = folder or Path(str(files("migrations")))
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        config = migration_config(connection)
        config.cmd_opts = Namespace(quiet=True)  # it would speak on the output, which is the path
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
        command.upgrade(config, "head")
        head = ScriptDirectory.from_config(config).get_current_head() or "0"
        revision = f"{int(head) + 1:04}"
        sentence = f"{name.replace('_', ' ').capitalize()}."
        command.revision(config, sentence, autogenerate=True, rev_id=revision)
    engine.dispose()
    path = folder / "versions" / f"{revision}_{name}.py"
    path.write_text(_REMARK.sub("", path.read_text(encoding="utf-8")), encoding="utf-8")
    return path


if __name__ == "__main__":
    try:
        written = draft("".join(sys.argv[1:]))
    except ValueError as error:
        sys.exit(str(error))
    print(written)
