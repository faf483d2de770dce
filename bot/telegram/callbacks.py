"""What the inline buttons carry: a prefix and a few short values, far below Telegram's 64 bytes.

A button outlives restarts and releases, so the meaning of a prefix never changes; a button whose
data no longer parses is answered as an old one. Anyone with a modified client can send any data:
handlers check that the ids belong to the chat or person they come from.
"""

from typing import Annotated, Self

from aiogram.filters.callback_data import CallbackData
from pydantic import Field

from bot.figures.periods import Period

INT64 = range(-(2**63), 2**63)
"""The numbers that a database can hold."""


class Button(CallbackData, prefix="-"):
    """Base of what buttons carry."""

    @classmethod
    def unpack(cls, value: str) -> Self:
        """Read what a button carries, which has to be as the bot writes it, to the letter.

        Raises:
            ValueError, TypeError: it is not.
        """
        button = super().unpack(value)
        numbers = (content for _name, content in button if isinstance(content, int))
        if button.pack() != value or not all(number in INT64 for number in numbers):
            raise ValueError("The bot has written no such button.")
        return button


class RatingButton(Button, prefix="r"):
    """👍 (`value` +1) or 👎 (-1) under the answer to a job."""

    job_id: int
    caption_id: int
    value: int


class AlsoAskButton(Button, prefix="o"):
    """Ask `model` too about the photo of a job."""

    job_id: int
    model: str


class AnswerButton(Button, prefix="s"):
    """Show the answer to a job in this very message: nobody knows whether it has arrived."""

    job_id: int


class AttentionButton(Button, prefix="a"):
    """Send pictures of where the models looked in the photo of a job."""

    job_id: int


class WordingsButton(Button, prefix="v"):
    """Tell the next-best captions of the photo of a job."""

    job_id: int


class PhotoButton(Button, prefix="p"):
    """Show the buttons of this job's photo under the answer to its album."""

    job_id: int


class ModelButton(Button, prefix="m"):
    """Choose a model, or all, for one's own photos (`choice` as in `users.model_choice`)."""

    user_id: int
    choice: str


class ForgetButton(Button, prefix="f"):
    """Confirm (1) or cancel (0) forgetting everything about the person who asked."""

    user_id: int
    confirmed: Annotated[int, Field(ge=0, le=1)]


class WriteButton(Button, prefix="w"):
    """Write a caption of one's own for the photo of a job."""

    job_id: int


class PickButton(Button, prefix="wp"):
    """Of an album's photos, the person's text is about that of a job."""

    user_id: int
    job_id: int


class ReplaceButton(Button, prefix="wr"):
    """Let the person's text replace the caption that they have written of the photo of a job."""

    user_id: int
    job_id: int


class KeepButton(Button, prefix="wk"):
    """Leave the caption that one has written as it is."""

    user_id: int


class UndoButton(Button, prefix="wu"):
    """Let the caption that was replaced take the place of this one again."""

    correction_id: int


class WithdrawButton(Button, prefix="wx"):
    """Take back a caption that one has written."""

    correction_id: int


class CancelButton(Button, prefix="wc"):
    """Write no caption after all."""

    user_id: int


class SettingButton(Button, prefix="se"):
    """Choose in /settings: `name` and `value` as in `bot.handlers.settings`."""

    user_id: int
    name: str
    value: str


class HistoryButton(Button, prefix="hi"):
    """Show the page of a person's /history that is about a job, or about the next older one."""

    user_id: int
    job_id: int


class StatsButton(Button, prefix="st"):
    """Show the statistics of another period in a message of /stats; for administrators."""

    period: Period
