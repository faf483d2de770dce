"""What makes it a conversation: albums, groups, settings, corrections, attention, limits."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table("users") as table:
        table.add_column(sa.Column("language", sa.Text(), nullable=True))
        table.add_column(sa.Column("detail", sa.Text(), server_default="normal", nullable=False))
        table.add_column(
            sa.Column("shows_attention", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
    with op.batch_alter_table("photos", table_kwargs={"sqlite_autoincrement": True}) as table:
        table.alter_column("width", existing_type=sa.Integer(), nullable=True)
        table.alter_column("height", existing_type=sa.Integer(), nullable=True)
    with op.batch_alter_table("jobs", table_kwargs={"sqlite_autoincrement": True}) as table:
        table.add_column(sa.Column("lead_id", ROW_ID, nullable=True))
        table.add_column(sa.Column("gather_until", MOMENT, nullable=True))
        table.add_column(sa.Column("purpose", sa.Text(), server_default="answer", nullable=False))
        table.add_column(sa.Column("detail", sa.Text(), server_default="normal", nullable=False))
        table.create_foreign_key(
            "fk_jobs_lead_id_jobs", "jobs", ["lead_id"], ["id"], ondelete="CASCADE"
        )
        table.create_index("ix_jobs_lead_id", ["lead_id"])
        table.create_index("ix_jobs_chat_id_placeholder_id", ["chat_id", "placeholder_id"])
        table.create_index("ix_jobs_chat_id_media_group_id", ["chat_id", "media_group_id"])
    with op.batch_alter_table("captions", table_kwargs={"sqlite_autoincrement": True}) as table:
        table.add_column(sa.Column("alternatives", sa.JSON(), server_default="[]", nullable=False))
        table.add_column(sa.Column("attention", sa.LargeBinary(), nullable=True))
        table.add_column(sa.Column("attention_file_id", sa.Text(), nullable=True))
    op.create_table(
        "corrections",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("photo_id", ROW_ID, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_corrections_user_id_users", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["photo_id"], ["photos.id"], name="fk_corrections_photo_id_photos", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_corrections"),
        sa.UniqueConstraint("user_id", "photo_id", name="uq_corrections_user_id_photo_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_corrections_photo_id", "corrections", ["photo_id"])
    op.create_table(
        "conversations",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("job_id", ROW_ID, nullable=False),
        sa.Column("prompt_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_conversations_user_id_users", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name="fk_conversations_job_id_jobs", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "chat_id", name="pk_conversations"),
    )
    op.create_index("ix_conversations_job_id", "conversations", ["job_id"])
    op.create_table(
        "chats",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("autocaption", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_chats"),
    )
    op.create_table(
        "bans",
        sa.Column("subject_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("banned_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("subject_id", name="pk_bans"),
    )
    op.create_table(
        "usage",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("window", sa.Text(), nullable=False),
        sa.Column("photos", sa.Integer(), server_default="0", nullable=False),
        sa.Column("told", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "window", name="pk_usage"),
    )


def downgrade() -> None:
    for name in ("usage", "bans", "chats", "conversations", "corrections"):
        op.drop_table(name)
    with op.batch_alter_table("captions", table_kwargs={"sqlite_autoincrement": True}) as table:
        for name in ("attention_file_id", "attention", "alternatives"):
            table.drop_column(name)
    # An album's later photos, and what was sent as a file, mean nothing to the schema before.
    op.execute("DELETE FROM jobs WHERE lead_id IS NOT NULL")
    op.execute("DELETE FROM photos WHERE width IS NULL OR height IS NULL")
    with op.batch_alter_table("jobs", table_kwargs={"sqlite_autoincrement": True}) as table:
        for name in ("chat_id_media_group_id", "chat_id_placeholder_id", "lead_id"):
            table.drop_index(f"ix_jobs_{name}")
        table.drop_constraint("fk_jobs_lead_id_jobs", type_="foreignkey")
        for name in ("detail", "purpose", "gather_until", "lead_id"):
            table.drop_column(name)
    with op.batch_alter_table("photos", table_kwargs={"sqlite_autoincrement": True}) as table:
        table.alter_column("width", existing_type=sa.Integer(), nullable=False)
        table.alter_column("height", existing_type=sa.Integer(), nullable=False)
    with op.batch_alter_table("users") as table:
        for name in ("shows_attention", "detail", "language"):
            table.drop_column(name)
