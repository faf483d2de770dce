"""The texts about captions that people write themselves."""

from html import escape

from bot.feedback.caption_rules import (
    LINK,
    MAX_CHARACTERS,
    NOT_ENGLISH,
    QUESTION,
    REPETITIVE,
    SAME,
    TALK,
    TOO_LONG,
    TOO_SHORT,
)
from bot.feedback.own_captions import OwnCaption, Request, Written
from bot.i18n import gettext as _


def prompt_text(request: Request, name: str | None = None) -> str:
    """Asks for a caption; `name` is whose, in a group, as HTML that mentions them."""
    if name is not None and request.number is not None:
        text = _(
            "✏️ {name}, reply to this message with your own caption of photo {number}, in English."
        ).format(name=name, number=request.number)
    elif name is not None:
        text = _(
            "✏️ {name}, reply to this message with your own caption of the photo, in English."
        ).format(name=name)
    elif request.number is not None:
        text = _(
            "✏️ What would you say about photo {number}? Send me your caption, in English."
        ).format(number=request.number)
    else:
        text = _("✏️ What would you say about this photo? Send me your caption, in English.")
    if request.current is not None:
        text += "\n\n" + _("It will replace the one that you wrote: “{text}”").format(
            text=escape(request.current.text)
        )
    return text


def placeholder() -> str:
    """Stands in the empty field for the reply, at most 64 characters."""
    return _("A dog runs along a beach.")


def asking_text() -> str:
    """Answers the press of the button; the question comes as a message."""
    return _("Send me your caption.")


def refusal_text(reason: str, name: str | None = None) -> str:
    """Why a caption cannot be used, and what would be; `name` mentions whose, in a group."""
    texts = {
        TOO_SHORT: _("That is too short for a caption. Please write a few words about the photo."),
        TOO_LONG: _(
            "That is too long: a caption is one sentence of at most {n} characters. "
            "Please say it shorter."
        ).format(n=MAX_CHARACTERS),
        LINK: _("Please leave out links, names of users, addresses and phone numbers."),
        NOT_ENGLISH: _("Please write it in English: all captions are."),
        REPETITIVE: _("That repeats itself. Please write a sentence about the photo."),
        QUESTION: _("That is a question. Please write a sentence that says what is in the photo."),
        TALK: _(
            "That does not sound like a caption. Please write a sentence that says what is in the "
            "photo."
        ),
        SAME: _("A model has said just that. If it is right, press 👍 under it instead."),
    }
    text = texts[reason]
    return text if name is None else f"{name}: {text}"


def written_text(written: Written) -> str:
    """Confirms a caption that was stored; the one that it replaced is quoted, to be taken back."""
    text = escape(written.correction.text)
    if written.number is not None and written.former is not None:
        thanks = _("✏️ Thank you! Your caption of photo {number} is replaced:").format(
            number=written.number
        )
    elif written.number is not None:
        thanks = _("✏️ Thank you! Your caption of photo {number} is stored:").format(
            number=written.number
        )
    elif written.former is not None:
        thanks = _("✏️ Thank you! Your caption is replaced:")
    else:
        thanks = _("✏️ Thank you! Your caption is stored:")
    confirmed = f"{thanks}\n“{text}”"
    if written.former is None:
        return confirmed
    return f"{confirmed}\n{_('Before:')}<blockquote>{escape(written.former)}</blockquote>"


def replace_text(known: str, text: str) -> str:
    """Asks whether a reply is to replace the caption that the person has written."""
    return _(
        "You have written a caption of this photo already: “{known}”. Shall “{text}” replace it?"
    ).format(known=escape(known), text=escape(text))


def kept_text() -> str:
    return _("All right, your caption stays as it is.")


def no_longer_text() -> str:
    """To who presses a button under a caption that is not stored any more."""
    return _("This caption was replaced or withdrawn already.")


def talk_text() -> str:
    """Answers a friendly word in reply to an answer."""
    return _("🙂 I have not stored that as a caption: it does not say what is in the photo.")


def before_or_last_text() -> str:
    """Asks about which photo a caption is, when one has come after the question."""
    return _("You have sent another photo since I asked. Which one is this caption about?")


def which_photo_text(photos: int) -> str:
    """Asks which photo of an album somebody's caption is about."""
    return _(
        "Which of the {n} photos is this caption about? "
        "You can also begin it with the number: “2: A dog runs along a beach.”"
    ).format(n=photos)


def not_asked_text() -> str:
    """To somebody who presses a button under a question to another person."""
    return _("This question was for somebody else.")


def withdrawn_text() -> str:
    return _("Your caption is withdrawn and deleted.")


def not_theirs_text() -> str:
    return _("Only the person who wrote this caption can withdraw it.")


def cancelled_text(current: OwnCaption | None) -> str:
    """That no caption is waited for any more; `current` is the one that stays."""
    if current is None:
        return _("All right, no caption.")
    return _("All right, your caption stays: “{text}”").format(text=escape(current.text))


def nothing_to_cancel_text() -> str:
    return _("There is nothing to cancel.")
