"""What is known about the captions that people write themselves, and about asking for them."""

from dataclasses import dataclass


class NotTheirsError(Exception):
    """Somebody presses the button of another person's correction."""


@dataclass(frozen=True, slots=True)
class OwnCaption:
    """A person's correction as it is stored."""

    correction_id: int
    text: str


@dataclass(frozen=True, slots=True)
class Request:
    """The bot waits for a person's caption of the photo of a job."""

    job_id: int
    number: int | None
    """The photo's place in its album, from 1."""
    message_id: int | None
    """The message with the photo; None when it is in another chat."""
    current: OwnCaption | None
    is_new: bool
    """False at the second press of a double click."""
    former_prompt: int | None
    """The message that asked the same person about another photo, or long ago."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a message is about: the photo of one job, or those of an album."""

    job_id: int
    photos: tuple[int, ...]
    """The jobs of the photos, in the order of their numbers in the album."""
    asked: bool
    """Whether the bot waited for it, so that even an unusable text deserves a reply."""
    newer: int | None = None
    """The job of a photo that came after the question, so that it may be meant as well."""

    def photo(self, number: int | None) -> int | None:
        """The job of the photo that a text with a number in front is about; None: who knows."""
        if number is not None and len(self.photos) > 1:
            return self.photos[number - 1] if 1 <= number <= len(self.photos) else None
        if self.newer is not None or (len(self.photos) > 1 and not self.asked):
            return None
        return self.job_id


@dataclass(frozen=True, slots=True)
class Written:
    """A correction was stored."""

    correction: OwnCaption
    former: str | None
    """The text that it replaced."""
    number: int | None
    """The photo's place in its album, from 1."""
    prompt_id: int | None
    """The message that asked for it, not needed any more."""


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The bot waits no longer."""

    prompt_id: int | None
    """The message that asked."""
    current: OwnCaption | None
    """The person's caption of the photo that was asked about, which stays."""
