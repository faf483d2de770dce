"""The texts about whom the bot serves, and how much."""

from datetime import timedelta
from math import ceil

from bot.i18n import gettext as _
from bot.queue.jobs import Refusal


def limit_text(refusal: Refusal, photos: int) -> str:
    """That so many `photos` were not accepted, why, and when to send them again."""
    limit = refusal.limit
    if refusal.period == "minute":
        reached = _(
            "I begin {n} photo a minute for each person, and many of yours are waiting already.",
            "I begin {n} photos a minute for each person, and many of yours are waiting already.",
            limit,
        ).format(n=limit)
        seconds = max(1, ceil(refusal.wait.total_seconds()))
        again = _(
            "Please send the rest again, beginning in {n} second.",
            "Please send the rest again, beginning in {n} seconds.",
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
            "Please send the rest again in {n} hour.",
            "Please send the rest again in {n} hours.",
            hours,
        ).format(n=hours)
    refused = _(
        "I did not take this photo.",
        "I did not take {n} photos, from this one on.",
        photos,
    ).format(n=photos)
    return f"⏳ {refused} {reached} {again}"


def waiting_text(photos: int, per_minute: int, wait: timedelta) -> str:
    """That so many `photos` were accepted and are begun later, the last after `wait`."""
    minutes = max(1, ceil(wait / timedelta(minutes=1)))
    waits = _(
        "This photo waits for its turn: you need not send it again.",
        "{n} photos, from this one on, wait for their turn: you need not send them again.",
        photos,
    ).format(n=photos)
    pace = _(
        "I begin {n} photo a minute for each person.",
        "I begin {n} photos a minute for each person.",
        per_minute,
    ).format(n=per_minute)
    end = _(
        "The last one is begun in {n} minute.", "The last one is begun in {n} minutes.", minutes
    ).format(n=minutes)
    return f"⏳ {waits} {pace} {end}"


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
