"""The texts about whom the bot serves, and how much."""

from math import ceil

from bot.i18n import gettext as _
from bot.queue.jobs import Refusal


def limit_text(refusal: Refusal) -> str:
    """That a person has sent as many photos as the bot accepts from one, and when to go on."""
    limit = refusal.limit
    if refusal.period == "minute":
        reached = _(
            "I accept {n} photo a minute from each person, and this minute you have sent it.",
            "I accept {n} photos a minute from each person, and this minute you have sent them.",
            limit,
        ).format(n=limit)
        seconds = max(1, ceil(refusal.wait.total_seconds()))
        again = _(
            "Please send this one again in {n} second.",
            "Please send this one again in {n} seconds.",
            seconds,
        ).format(n=seconds)
    else:
        reached = _(
            "I accept {n} photo a day from each person, and today you have sent it.",
            "I accept {n} photos a day from each person, and today you have sent them.",
            limit,
        ).format(n=limit)
        hours = max(1, ceil(refusal.wait.total_seconds() / 3600))
        again = _(
            "Please send this one again in {n} hour.",
            "Please send this one again in {n} hours.",
            hours,
        ).format(n=hours)
    return f"⏳ {reached} {again}"


def banned_text() -> str:
    """To somebody whom an administrator has excluded. At most 200 characters."""
    return _("The people who run this bot have excluded you from using it.")


def not_invited_text(user_id: int) -> str:
    """To somebody who is not on the list of a private bot. At most 200 characters."""
    return _(
        "This bot is private. If you know who runs it, ask them to let you in; your id is {id}."
    ).format(id=user_id)


# ---- /ban and /unban ----


def ban_usage_text() -> str:
    return _(
        "Reply with /ban or /unban to a message of the person, or name an id: /ban 111111. "
        "The id of a group or channel begins with a minus."
    )


def cannot_ban_text() -> str:
    return _("I cannot ban this one: an administrator of the bot, or the bot itself.")


def ban_text(subject_id: int, *, is_new: bool, dropped: int) -> str:
    """What /ban has done; `dropped` photos were waiting and get no captions now."""
    if not is_new:
        return _("{id} is banned already.").format(id=subject_id)
    text = _("{id} is banned. /unban {id} takes it back.").format(id=subject_id)
    if dropped:
        text += " " + _(
            "{n} photo that was waiting will not be captioned.",
            "{n} photos that were waiting will not be captioned.",
            dropped,
        ).format(n=dropped)
    return text


def unban_text(subject_id: int, *, was_banned: bool) -> str:
    """What /unban has done."""
    if was_banned:
        return _("{id} may use the bot again.").format(id=subject_id)
    return _("{id} was not banned.").format(id=subject_id)
