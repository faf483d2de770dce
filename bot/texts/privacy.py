"""The texts of /privacy and /forget."""

from bot.i18n import gettext as _
from bot.people.privacy import Forgotten


def privacy_text(retention_days: int | None) -> str:
    """What is stored and for how long; None days stands for until /forget."""
    if retention_days is None:
        kept = _("All of this is kept until you send /forget.")
    else:
        kept = _(
            "A photo's data are deleted {n} day after it was last sent, rated or corrected, "
            "and everything else {n} day after you were last here.",
            "A photo's data are deleted {n} days after it was last sent, rated or corrected, "
            "and everything else {n} days after you were last here.",
            retention_days,
        ).format(n=retention_days)
    return "\n\n".join(
        (
            _("<b>What I store about you</b>"),
            "\n".join(
                (
                    _("• your Telegram id, language and /settings"),
                    _(
                        "• for each photo you send: its identifiers at Telegram, when and in which "
                        "chat you sent it, the captions, and where a model looked"
                    ),
                    _("• your ratings, and captions that you wrote yourself"),
                    _(
                        "• the photo itself, without place, time or camera, only while a caption "
                        "of it is rated or corrected; it may be used to train better models"
                    ),
                )
            ),
            _("I do not store your name, your other messages, or who else is in a chat."),
            _("<b>For how long</b>"),
            kept,
            _(
                "/forget deletes all of it at once. Only how many photos you have sent today, and "
                "whether you are banned, stays: nobody gets round a limit that way. A copy of the "
                "database, made daily in case it is damaged, is deleted after a week. "
                "My messages stay in the chat; you can delete them there."
            ),
        )
    )


def forget_question_text() -> str:
    return _(
        "Delete everything I have stored about you: your photos and their captions, your ratings, "
        "the captions you wrote and your settings? Photos that are waiting for a caption will not "
        "get one. "
        "This cannot be undone."
    )


def forgotten_text(forgotten: Forgotten) -> str:
    """What /forget has deleted."""
    photos, captions, ratings = forgotten.photos, forgotten.captions, forgotten.ratings
    corrections = forgotten.corrections
    parts = [
        text.format(n=count)
        for count, text in (
            (photos, _("{n} photo", "{n} photos", photos)),
            (captions, _("{n} caption", "{n} captions", captions)),
            (ratings, _("{n} rating", "{n} ratings", ratings)),
            (corrections, _("{n} correction", "{n} corrections", corrections)),
        )
        if count
    ]
    # As in /privacy: what stays is not hidden by saying that nothing does.
    stays = _(
        "How many photos you have sent today, a ban, and backups of this week stay for their time: "
        "see /privacy."
    )
    if not parts:
        return _("Deleted: your settings.") + " " + stays
    deleted = _("Deleted: {list}, and your settings.").format(list=", ".join(parts))
    return f"{deleted} {stays}"
