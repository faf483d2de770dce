"""The tables of the bot's database.

Ids are never used twice (`sqlite_autoincrement`): the buttons of an old message carry ids, and
after /forget they must not point at somebody else's photo.
"""

from datetime import UTC, datetime

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.columns import Base, Names, RowId

QUEUED = "queued"
RUNNING = "running"
CAPTIONED = "captioned"
SENDING = "sending"
DONE = "done"
FAILED = "failed"

WANTED = "wanted"
KEPT = "kept"
FETCH_FAILED = "failed"

SHORT = "short"
NORMAL = "normal"
LONG = "long"

ANSWER = "answer"
ALT_TEXT = "alt_text"


def utc_now() -> datetime:
    return datetime.now(UTC)


class User(Base):
    """A person who has written to the bot."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    """The person's id at Telegram."""
    language_code: Mapped[str | None]
    model_choice: Mapped[str] = mapped_column(default="all", server_default="all")
    """"all" or the name of a model."""
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    last_seen_at: Mapped[datetime] = mapped_column(default=utc_now)
    blocked_at: Mapped[datetime | None]
    """When the person blocked the bot, as far as it knows."""
    language: Mapped[str | None]
    """Chosen in /settings; None follows `language_code`."""
    detail: Mapped[str] = mapped_column(default=NORMAL, server_default=NORMAL)
    """SHORT, NORMAL or LONG captions."""
    shows_attention: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether every answer comes with the picture of where the model looked."""
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
    width: Mapped[int | None]
    """In pixels; Telegram does not tell it of images sent as files."""
    height: Mapped[int | None]
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
        Index(None, "chat_id", "placeholder_id"),
        Index(None, "chat_id", "media_group_id"),
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
    """The album the message belongs to."""
    lead_id: Mapped[int | None] = mapped_column(
        ForeignKey("jobs.id", ondelete="CASCADE"), index=True
    )
    """The job whose answer shows this photo too: that of the album's first photo to arrive."""
    gather_until: Mapped[datetime | None]
    """Of a lead: until then more photos of its album are waited for."""
    purpose: Mapped[str] = mapped_column(default=ANSWER, server_default=ANSWER)
    """ANSWER to a person, or ALT_TEXT for whoever reads a channel or group."""
    detail: Mapped[str] = mapped_column(default=NORMAL, server_default=NORMAL)
    """SHORT, NORMAL or LONG captions, as the person had chosen then."""
    models: Mapped[tuple[str, ...]] = mapped_column(Names)
    """Names of the models that are asked."""
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
    """Why there are no captions, as a code of `bot.queue.failures`; it is kept for /stats."""
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
    alternatives: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    """The next-best captions of the same search, the best first."""
    attention: Mapped[bytes | None]
    """(T, h, w) weights of each word as an .npy file; None of a model without attention."""
    attention_file_id: Mapped[str | None]
    """The picture of it at Telegram, once it was sent."""
    words: Mapped[list[str]]
    word_probabilities: Mapped[list[float]]
    log_probability: Mapped[float]
    confidence: Mapped[float | None]
    """How likely it fits the photo, 0 to 1; None where its model did not tell."""
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
    chat_id: Mapped[int | None] = mapped_column(BigInteger)
    """Where it was given: the members of a group see what was said there, and nothing else."""
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now)


class Correction(Base):
    """What one person would say about a photo: a caption of their own."""

    __tablename__ = "corrections"
    __table_args__ = (UniqueConstraint("user_id", "photo_id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"))
    photo_id: Mapped[int] = mapped_column(ForeignKey(Photo.id, ondelete="CASCADE"), index=True)
    text: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now)


class Conversation(Base):
    """What the bot waits for from a person in a chat: their caption for the photo of a job."""

    __tablename__ = "conversations"

    user_id: Mapped[int] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), primary_key=True)
    chat_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    job_id: Mapped[int] = mapped_column(ForeignKey(Job.id, ondelete="CASCADE"), index=True)
    prompt_id: Mapped[int | None] = mapped_column(BigInteger)
    """The message that asks for it."""
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class Chat(Base):
    """A group or channel, and what its administrators chose."""

    __tablename__ = "chats"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    type: Mapped[str]
    """"group", "supergroup" or "channel"."""
    autocaption: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether every photo gets an alternative text as a reply."""
    was_id: Mapped[int | None] = mapped_column(BigInteger)
    """The id it had before it became a supergroup."""
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class Ban(Base):
    """A person (positive id) or chat (negative id) that the bot does not serve.

    It outlives /forget: deleting one's data is no way around it.
    """

    __tablename__ = "bans"

    subject_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    banned_by: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class Usage(Base):
    """How many photos somebody sent in a stretch of time; deleted soon after it is over.

    No foreign key: deleting one's data is no way around a limit.
    """

    __tablename__ = "usage"

    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    window: Mapped[str] = mapped_column(primary_key=True)
    """A minute or a day in UTC: "2026-11-23T09:41" or "2026-11-23"."""
    photos: Mapped[int] = mapped_column(default=0, server_default="0")


class Notice(Base):
    """Something that somebody was told and is not told again for a while; deleted soon after.

    No foreign key: it is also about people of whom nothing else is stored, since they are not
    served.
    """

    __tablename__ = "notices"

    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    what: Mapped[str] = mapped_column(primary_key=True)
    """See `bot.people.notices.Told`."""
    until: Mapped[datetime]
    """The end of the time in which it is told once."""
