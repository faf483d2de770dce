"""How likely a caption fits its photo, as its model tells."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    with op.batch_alter_table("captions") as table:
        table.add_column(sa.Column("confidence", sa.Double()))


def downgrade() -> None:
    with op.batch_alter_table("captions") as table:
        table.drop_column("confidence")
