"""The tables of models' versions: which there are, which answers, and which is on trial.

In the database, and not in a file beside it, because the figures that judge a version are there
too: a backup holds both in one state, and commands given at the same time are transactions that
wait for each other. The weights themselves are files under DATA_DIR/models.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.columns import Base, RowId
from bot.storage.tables import utc_now


class ModelVersion(Base):
    """A version of a model that was added to those of the package."""

    __tablename__ = "model_versions"
    __table_args__ = (UniqueConstraint("model", "version"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    model: Mapped[str]
    """The catalogue's name of the model that it is a version of."""
    version: Mapped[str]
    """As its card says."""
    sha256: Mapped[str]
    """Of the file's bytes: others are not taken for it."""
    added_at: Mapped[datetime] = mapped_column(default=utc_now)


class Promotion(Base):
    """Which version of a model answers: that of its last row that was not taken back.

    A model without one is answered for by the package's own version.
    """

    __tablename__ = "promotions"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    model: Mapped[str]
    version_id: Mapped[int | None] = mapped_column(ForeignKey(ModelVersion.id))
    """None stands for the package's own version, also after the package was updated."""
    promoted_at: Mapped[datetime] = mapped_column(default=utc_now)
    taken_back_at: Mapped[datetime | None]


class Trial(Base):
    """A version that answers some people's photos instead of the one that answers the others'."""

    __tablename__ = "trials"

    model: Mapped[str] = mapped_column(primary_key=True)
    version_id: Mapped[int | None] = mapped_column(ForeignKey(ModelVersion.id))
    """None stands for the package's own version."""
    percent: Mapped[int]
    """Of the people, 1 to 99."""
    began_at: Mapped[datetime] = mapped_column(default=utc_now)
    """When it began, or its share was changed: figures from before are of another mixture."""
