"""What the inline buttons carry: a prefix and a few short values, far below Telegram's 64 bytes.

A button outlives restarts and releases, so the meaning of a prefix never changes; a button whose
data no longer parses is answered as an old one. Anyone with a modified client can send any data:
handlers check that the ids belong to the chat or person they come from.
"""

from aiogram.filters.callback_data import CallbackData

from bot.figures.periods import Period


class RatingButton(CallbackData, prefix="r"):
    """👍 (`value` +1) or 👎 (-1) under the answer to a job."""

    job_id: int
    caption_id: int
    value: int


class AlsoAskButton(CallbackData, prefix="o"):
    """Ask `model` too about the photo of a job."""

    job_id: int
    model: str


class AnswerButton(CallbackData, prefix="s"):
    """Show the answer to a job in this very message: nobody knows whether it has arrived."""

    job_id: int


class AttentionButton(CallbackData, prefix="a"):
    """Send pictures of where the models looked in the photo of a job."""

    job_id: int


class WordingsButton(CallbackData, prefix="v"):
    """Tell the next-best captions of the photo of a job."""

    job_id: int


class PhotoButton(CallbackData, prefix="p"):
    """Show the buttons of this job's photo under the answer to its album."""

    job_id: int


class ModelButton(CallbackData, prefix="m"):
    """Choose a model, or all, for one's own photos (`choice` as in `users.model_choice`)."""

    user_id: int
    choice: str


class ForgetButton(CallbackData, prefix="f"):
    """Confirm (1) or cancel (0) forgetting everything about the person who asked."""

    user_id: int
    confirmed: int


class WriteButton(CallbackData, prefix="w"):
    """Write a caption of one's own for the photo of a job."""

    job_id: int


class PickButton(CallbackData, prefix="wp"):
    """Of an album's photos, the person's text is about that of a job."""

    user_id: int
    job_id: int


class WithdrawButton(CallbackData, prefix="wx"):
    """Take back a caption that one has written."""

    correction_id: int


class CancelButton(CallbackData, prefix="wc"):
    """Write no caption after all."""

    user_id: int


class SettingButton(CallbackData, prefix="se"):
    """Choose in /settings: `name` and `value` as in `bot.handlers.settings`."""

    user_id: int
    name: str
    value: str


class HistoryButton(CallbackData, prefix="hi"):
    """Show the page of a person's /history that is about a job, or about the next older one."""

    user_id: int
    job_id: int


class StatsButton(CallbackData, prefix="st"):
    """Show the statistics of another period in a message of /stats; for administrators."""

    period: Period
