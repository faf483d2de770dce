"""The people who use the bot, and what they chose."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import update

from bot.storage import Database
from bot.storage.people import SEEN_EVERY, ensure_person, language_to_speak, note_presence
from bot.storage.tables import LONG, NORMAL, SHORT, User
from captioning import MODELS

ALL_MODELS = "all"
"""The choice of every model, however many there are."""
FORMER_ALL_MODELS = "both"
"""The same in the buttons of old messages, from when there were two."""
DETAILS = (SHORT, NORMAL, LONG)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who uses the bot, stored already or not yet."""

    id: int
    language_code: str | None = None
    model_choice: str = ALL_MODELS
    """One of `model_choices`, or ALL_MODELS."""
    last_seen_at: datetime | None = None
    """None for a person who is not stored."""
    stored_language_code: str | None = None
    is_blocked: bool = False
    """The person has blocked the bot."""
    chosen_language: str | None = None
    """None follows `language_code`."""
    detail: str = NORMAL
    """How long captions shall be: SHORT, NORMAL or LONG."""
    shows_attention: bool = False
    """Every answer shall come with the picture of where the model looked."""

    @property
    def language(self) -> str | None:
        """The language to speak to this person, as a code."""
        return language_to_speak(self.chosen_language, self.language_code)

    @property
    def models(self) -> tuple[str, ...]:
        """The models to ask."""
        return tuple(MODELS) if self.model_choice == ALL_MODELS else (self.model_choice,)


def model_choices() -> tuple[str, ...]:
    """What a person can choose between: ALL_MODELS and each by its name; nothing, if there is
    only one."""
    return (ALL_MODELS, *MODELS) if len(MODELS) > 1 else ()


class Users:
    """Reads and writes the people in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self, user_id: int, language_code: str | None = None) -> Person:
        """The person with this Telegram id, with `language_code` as Telegram now reports it."""
        async with self._database.read() as session:
            user = await session.get(User, user_id)
        if user is None:
            return Person(user_id, language_code)
        return Person(
            id=user.id,
            language_code=language_code or user.language_code,
            # A chosen model that no longer exists means all of them.
            model_choice=user.model_choice if user.model_choice in MODELS else ALL_MODELS,
            last_seen_at=user.last_seen_at,
            stored_language_code=user.language_code,
            is_blocked=user.blocked_at is not None,
            chosen_language=user.language,
            detail=user.detail if user.detail in DETAILS else NORMAL,
            shows_attention=user.shows_attention,
        )

    async def seen(self, person: Person, *, create: bool) -> None:
        """Note that a loaded person is here now; store one who is not stored when `create`."""
        now = datetime.now(UTC)
        if person.last_seen_at is None:
            if not create:
                return
        elif (
            now - person.last_seen_at < SEEN_EVERY
            and person.language_code == person.stored_language_code
            and not person.is_blocked
        ):
            return
        async with self._database.write() as session:
            if create or await session.get(User, person.id) is not None:
                await note_presence(session, person.id, person.language_code)

    async def choose_models(self, user_id: int, choice: str) -> None:
        """Remember whose captions a person wants: ALL_MODELS or the name of a model.

        Raises:
            ValueError: there is no such model.
        """
        if choice == FORMER_ALL_MODELS:
            choice = ALL_MODELS
        if choice != ALL_MODELS and choice not in MODELS:
            raise ValueError(f"There is no model {choice!r}.")
        await self._choose(user_id, model_choice=choice)

    async def choose_language(self, user_id: int, language: str | None) -> None:
        """Remember the language that a person wants; None follows that of their Telegram."""
        await self._choose(user_id, language=language)

    async def choose_detail(self, user_id: int, detail: str) -> None:
        """Remember how long a person wants captions to be: SHORT, NORMAL or LONG.

        Raises:
            ValueError: it is none of these.
        """
        if detail not in DETAILS:
            raise ValueError(f"There is no detail {detail!r}.")
        await self._choose(user_id, detail=detail)

    async def show_attention(self, user_id: int, shows: bool) -> None:
        """Remember whether every answer shall come with the picture of where the model looked."""
        await self._choose(user_id, shows_attention=shows)

    async def set_blocked(self, user_id: int, blocked: bool) -> None:
        """Note that a person has blocked the bot, or lets it write again."""
        moment = datetime.now(UTC) if blocked else None
        async with self._database.write() as session:
            await session.execute(update(User).where(User.id == user_id).values(blocked_at=moment))

    async def _choose(self, user_id: int, **choice: str | bool | None) -> None:
        async with self._database.write() as session:
            user = await ensure_person(session, user_id)
            for name, value in choice.items():
                setattr(user, name, value)
