"""The tables of the bot's database.

Ids are never used twice (`sqlite_autoincrement`): the buttons of an old message carry ids, and
after /forget they must not point at somebody else's photo.
"""

from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

QUEUED = "queued"
RUNNING = "running"
CAPTIONED = "captioned"
SENDING = "sending"
DONE = "done"
FAILED = "failed"

WANTED = "wanted"
KEPT = "kept"
FETCH_FAILED = "failed"


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: timezone-aware in Python, in UTC in the database (SQLite stores no zone).

    Raises:
        ValueError: a naive datetime is stored.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone; give a datetime in UTC.")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# SQLite numbers rows by itself only in a column declared as exactly INTEGER.
RowId = BigInteger().with_variant(Integer, "sqlite")


def utc_now() -> datetime:
    return datetime.now(UTC)


class Base(DeclarativeBase):
    """All tables; constraints have fixed names, so that migrations can change them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime,
        str: Text,
        float: Double,
        list[str]: JSON,
        list[float]: JSON,
    }


class User(Base):
    """A person who has written to the bot."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    """The person's id at Telegram."""
    language_code: Mapped[str | None]
    model_choice: Mapped[str] = mapped_column(default="both", server_default="both")
    """"both" or the name of a model."""
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    last_seen_at: Mapped[datetime] = mapped_column(default=utc_now)
    blocked_at: Mapped[datetime | None]
    """When the person blocked the bot, as far as it knows."""
    rated_update_id: Mapped[int | None] = mapped_column(BigInteger)
    """The last update that changed a rating of theirs: should it come again, it changes nothing."""


class Photo(Base):
    """A photo at Telegram, sent by one or several people; the bytes are not here."""

    __tablename__ = "photos"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    file_unique_id: Mapped[str] = mapped_column(unique=True)
    """The same for the same photo, whoever sends it; cannot be downloaded by."""
    file_id: Mapped[str]
    """The latest id to download it by."""
    file_size: Mapped[int | None] = mapped_column(BigInteger)
    width: Mapped[int]
    height: Mapped[int]
    kept_name: Mapped[str | None]
    """Name of the file under DATA_DIR/photos while a caption of the photo is rated."""
    fetch_state: Mapped[str | None] = mapped_column(index=True)
    """WANTED, KEPT or FETCH_FAILED; None while nobody has rated a caption."""
    fetch_attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    fetch_after: Mapped[datetime | None]
    """The next attempt to fetch it is not before this."""
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class Job(Base):
    """One photo in one message that wants an answer.

    state:
        QUEUED     waits for a place in a batch
        RUNNING    is being captioned by whoever holds the claim
        CAPTIONED  its outcome (captions or `failure`) is stored and has to be shown
        SENDING    the outcome is being sent as a new message; never sent a second time
        DONE       the captions have been shown
        FAILED     there are no captions; `failure` says why
    """

    __tablename__ = "jobs"
    __table_args__ = (
        UniqueConstraint("bot_id", "chat_id", "message_id", "photo_id"),
        Index(None, "state", "run_after"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    bot_id: Mapped[int] = mapped_column(BigInteger)
    chat_id: Mapped[int] = mapped_column(BigInteger)
    message_id: Mapped[int] = mapped_column(BigInteger)
    """The message with the photo."""
    photo_id: Mapped[int] = mapped_column(ForeignKey(Photo.id, ondelete="CASCADE"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), index=True)
    media_group_id: Mapped[str | None]
    models: Mapped[str]
    """Names of the models that are asked, separated by commas."""
    state: Mapped[str] = mapped_column(default=QUEUED, server_default=QUEUED)
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    """How often the present step was begun."""
    claim_token: Mapped[str | None]
    """Whoever claimed the job writes with this; others' writes come to nothing."""
    lease_until: Mapped[datetime | None]
    """From this moment on a claim may be taken over."""
    run_after: Mapped[datetime] = mapped_column(default=utc_now)
    """The next attempt is not before this."""
    placeholder_id: Mapped[int | None] = mapped_column(BigInteger)
    """The message that is, or becomes, the answer."""
    failure: Mapped[str | None]
    """Why there are no captions, as a short code; it is kept for /stats."""
    received_at: Mapped[datetime] = mapped_column(default=utc_now)
    finished_at: Mapped[datetime | None]
    """When the first answer was shown; asking another model later does not change it."""


class Caption(Base):
    """What one version of a model says about one photo."""

    __tablename__ = "captions"
    __table_args__ = (
        UniqueConstraint("photo_id", "model", "version", "options"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    photo_id: Mapped[int] = mapped_column(ForeignKey(Photo.id, ondelete="CASCADE"))
    model: Mapped[str]
    version: Mapped[str]
    options: Mapped[str]
    """How it was decoded, as "beam=3"."""
    text: Mapped[str]
    words: Mapped[list[str]]
    word_probabilities: Mapped[list[float]]
    log_probability: Mapped[float]
    latency_ms: Mapped[float]
    """Time the model took for the batch that this photo was in, divided by its size."""
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class Answer(Base):
    """Which captions the answer to a job shows, and in what order."""

    __tablename__ = "answers"

    job_id: Mapped[int] = mapped_column(ForeignKey(Job.id, ondelete="CASCADE"), primary_key=True)
    caption_id: Mapped[int] = mapped_column(
        ForeignKey(Caption.id, ondelete="CASCADE"), primary_key=True, index=True
    )
    position: Mapped[int]


class Rating(Base):
    """What one person thinks of one caption: +1 or -1."""

    __tablename__ = "ratings"

    user_id: Mapped[int] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), primary_key=True)
    caption_id: Mapped[int] = mapped_column(
        ForeignKey(Caption.id, ondelete="CASCADE"), primary_key=True, index=True
    )
    value: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now)
