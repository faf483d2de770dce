"""Where ratings were given, and what the ids of supergroups were before."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("ratings", sa.Column("chat_id", sa.BigInteger(), nullable=True))
    op.add_column("chats", sa.Column("was_id", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    for table, column in (("chats", "was_id"), ("ratings", "chat_id")):
        with op.batch_alter_table(table) as batch:
            batch.drop_column(column)
