"""An answer as somebody sees it: the captions of one job, with the ratings of who looks at it.

The message with the captions is drawn from this by the worker, and drawn again by the handlers
after a press, so that both always show the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from captioning import MODELS


@dataclass(frozen=True, slots=True)
class ShownCaption:
    """One caption in an answer; `rating` is the viewer's: +1, -1, or 0 for none."""

    caption_id: int
    model: str
    text: str
    rating: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """The captions of a job in the order of the models, and whom they are for."""

    job_id: int
    chat_id: int
    user_id: int
    message_id: int | None
    """The message that bears the captions; None before there is one."""
    language_code: str | None
    """Of the person who sent the photo."""
    asked: tuple[str, ...]
    """The models that were asked, also those that have not answered yet."""
    captions: tuple[ShownCaption, ...]

    @property
    def other_model(self) -> str | None:
        """The model that could still be asked about this photo, if there is one."""
        return other_model(self.asked)


def other_model(asked: Sequence[str]) -> str | None:
    """The first model that was not asked, or None when all were."""
    return next((name for name in MODELS if name not in asked), None)
