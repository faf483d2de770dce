"""What Alembic runs to apply the migrations, on the connection that it is given.

`bot.storage.migrate` prepares that connection and its transaction; there is no alembic.ini.
"""

from alembic import context

import bot.storage.tables  # noqa: F401  fills Base.metadata
from bot.storage.columns import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    # SQLite can change little about an existing table, so it is copied instead.
    render_as_batch=True,
    compare_type=True,
    compare_server_default=True,
    # `bot.storage.migrate` has begun the transaction and commits it.
    transactional_ddl=False,
)
context.run_migrations()
