"""The steps of a job as the worker sees them: what it is given, and what it hands back."""

from dataclasses import dataclass

from bot.answers import ShownCaption


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to take one job one step further."""

    job_id: int
    token: str
    attempts: int
    """How often this step was begun, this time included."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """A job whose sender does not know yet that it was accepted."""

    claim: Claim
    chat_id: int
    message_id: int
    language_code: str | None
    place: int
    """In the queue, from 1."""


@dataclass(frozen=True, slots=True)
class CaptionTask:
    """A photo that wants captions of the models in `missing`; the others' are stored."""

    claim: Claim
    chat_id: int
    photo_id: int
    file_id: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the sender of a photo has to be shown: captions, or why there are none."""

    claim: Claim
    chat_id: int
    message_id: int
    """The message with the photo."""
    user_id: int
    language_code: str | None
    placeholder_id: int | None
    failure: str | None
    captions: tuple[ShownCaption, ...]
    other_model: str | None


@dataclass(frozen=True, slots=True)
class NewCaption:
    """What a model said about a photo."""

    model: str
    version: str
    options: str
    text: str
    words: tuple[str, ...]
    word_probabilities: tuple[float, ...]
    log_probability: float
    latency_ms: float


@dataclass(frozen=True, slots=True)
class Variant:
    """What a caption depends on besides the photo and the model: captions of the same are equal."""

    version: str
    options: str
