"""The first schema: people, photos, jobs, captions, answers and ratings."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("language_code", sa.Text(), nullable=True),
        sa.Column("model_choice", sa.Text(), server_default="both", nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("last_seen_at", MOMENT, nullable=False),
        sa.Column("blocked_at", MOMENT, nullable=True),
        sa.Column("rated_update_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
    )
    op.create_table(
        "photos",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("file_unique_id", sa.Text(), nullable=False),
        sa.Column("file_id", sa.Text(), nullable=False),
        sa.Column("file_size", sa.BigInteger(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("kept_name", sa.Text(), nullable=True),
        sa.Column("fetch_state", sa.Text(), nullable=True),
        sa.Column("fetch_attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("fetch_after", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_photos"),
        sa.UniqueConstraint("file_unique_id", name="uq_photos_file_unique_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_photos_fetch_state", "photos", ["fetch_state"])
    op.create_table(
        "jobs",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("bot_id", sa.BigInteger(), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("photo_id", ROW_ID, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("media_group_id", sa.Text(), nullable=True),
        sa.Column("models", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="queued", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("claim_token", sa.Text(), nullable=True),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("run_after", MOMENT, nullable=False),
        sa.Column("placeholder_id", sa.BigInteger(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["photo_id"], ["photos.id"], name="fk_jobs_photo_id_photos", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_jobs_user_id_users", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        sa.UniqueConstraint(
            "bot_id",
            "chat_id",
            "message_id",
            "photo_id",
            name="uq_jobs_bot_id_chat_id_message_id_photo_id",
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_jobs_photo_id", "jobs", ["photo_id"])
    op.create_index("ix_jobs_user_id", "jobs", ["user_id"])
    op.create_index("ix_jobs_state_run_after", "jobs", ["state", "run_after"])
    op.create_table(
        "captions",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("photo_id", ROW_ID, nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("word_probabilities", sa.JSON(), nullable=False),
        sa.Column("log_probability", sa.Double(), nullable=False),
        sa.Column("latency_ms", sa.Double(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["photo_id"], ["photos.id"], name="fk_captions_photo_id_photos", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_captions"),
        sa.UniqueConstraint(
            "photo_id",
            "model",
            "version",
            "options",
            name="uq_captions_photo_id_model_version_options",
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "answers",
        sa.Column("job_id", ROW_ID, nullable=False),
        sa.Column("caption_id", ROW_ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name="fk_answers_job_id_jobs", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["caption_id"],
            ["captions.id"],
            name="fk_answers_caption_id_captions",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("job_id", "caption_id", name="pk_answers"),
    )
    op.create_index("ix_answers_caption_id", "answers", ["caption_id"])
    op.create_table(
        "ratings",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("caption_id", ROW_ID, nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_ratings_user_id_users", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["caption_id"],
            ["captions.id"],
            name="fk_ratings_caption_id_captions",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "caption_id", name="pk_ratings"),
    )
    op.create_index("ix_ratings_caption_id", "ratings", ["caption_id"])


def downgrade() -> None:
    for table in ("ratings", "answers", "captions", "jobs", "photos", "users"):
        op.drop_table(table)
