"""What Alembic runs to apply the migrations, on the connection that it is given.

`bot.storage.migrate` prepares that connection and its transaction; there is no alembic.ini.
"""

from typing import Any, Literal

from alembic import context
from sqlalchemy import False_, True_, TypeDecorator

import bot.storage.tables
import bot.storage.versions  # noqa: F401  fills Base.metadata, as the tables do
from bot.storage.columns import Base


def portable(kind: str, item: Any, _context: object) -> str | Literal[False]:
    """How `migrations.draft` writes what Alembic would write for this code or for SQLite only.

    A migration must not change when the code does, so it imports none of the bot's types.
    """
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl!r}"
    if kind == "server_default" and isinstance(item.arg, False_ | True_):
        return f"sa.{item.arg}()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    # SQLite can change little about an existing table, so it is copied instead.
    render_as_batch=True,
    compare_type=True,
    compare_server_default=True,
    render_item=portable,
    # `bot.storage.migrate` has begun the transaction and commits it.
    transactional_ddl=False,
)
context.run_migrations()
