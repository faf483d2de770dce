"""Who wants the captions of all models has chosen "all", and no longer "both"."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    _rename("both", "all")


def downgrade() -> None:
    _rename("all", "both")


def _rename(before: str, after: str) -> None:
    with op.batch_alter_table("users") as table:
        table.alter_column("model_choice", existing_type=sa.Text(), server_default=after)
    users = sa.table("users", sa.column("model_choice", sa.Text()))
    op.execute(users.update().where(users.c.model_choice == before).values(model_choice=after))
