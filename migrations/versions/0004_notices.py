"""What people are told once, in a table of its own."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MOMENT = sa.DateTime(timezone=True)
USAGE = sa.table(
    "usage",
    sa.column("user_id", sa.BigInteger()),
    sa.column("window", sa.Text()),
    sa.column("photos", sa.Integer()),
    sa.column("told", sa.Boolean()),
)
NOTICES = sa.table(
    "notices",
    sa.column("user_id", sa.BigInteger()),
    sa.column("what", sa.Text()),
    sa.column("until", MOMENT),
)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
WINDOWS = (
    ("minute_limit", "%Y-%m-%dT%H:%M", MINUTE),
    ("day_limit", "%Y-%m-%d", DAY),
    ("refusal", "%Y-%m-%d refused", DAY),
    ("digest", "%Y-%m-%d digest", DAY),
)
"""What a window that was told stood for, how it is written, and how long it lasts."""


def upgrade() -> None:
    op.create_table(
        "notices",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "what", name="pk_notices"),
    )
    connection = op.get_bind()
    latest: dict[tuple[int, str], datetime] = {}
    for user_id, window in connection.execute(
        sa.select(USAGE.c.user_id, USAGE.c.window).where(USAGE.c.told.is_(sa.true()))
    ):
        for what, until in _told(window):
            latest[user_id, what] = max(until, latest.get((user_id, what), until))
    if latest:
        rows = [{"user_id": who, "what": what, "until": it} for (who, what), it in latest.items()]
        connection.execute(NOTICES.insert(), rows)
    for suffix in ("refused", "digest"):
        op.execute(USAGE.delete().where(USAGE.c.window.like(f"% {suffix}")))
    with op.batch_alter_table("usage") as table:
        table.drop_column("told")


def downgrade() -> None:
    with op.batch_alter_table("usage") as table:
        table.add_column(sa.Column("told", sa.Boolean(), server_default=sa.false(), nullable=False))
    connection = op.get_bind()
    notices = connection.execute(
        sa.select(NOTICES.c.user_id, NOTICES.c.what, NOTICES.c.until)
    ).all()
    for user_id, what, until in notices:
        for known, written, length in WINDOWS:
            if what == known:
                moment = until.astimezone(UTC) if until.tzinfo else until  # SQLite stores no zone
                _mark(connection, user_id, (moment - length).strftime(written))
    op.drop_table("notices")


def _told(window: str) -> Iterator[tuple[str, datetime]]:
    for what, written, length in WINDOWS:
        try:
            begin = datetime.strptime(window, written)
        except ValueError:
            continue
        yield what, begin.replace(tzinfo=UTC) + length


def _mark(connection: sa.Connection, user_id: int, window: str) -> None:
    same = (USAGE.c.user_id == user_id, USAGE.c.window == window)
    if not connection.execute(USAGE.update().where(*same).values(told=sa.true())).rowcount:
        connection.execute(
            USAGE.insert().values(user_id=user_id, window=window, photos=0, told=sa.true())
        )
