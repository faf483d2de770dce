"""What /stats, /health, /export and the daily digest say."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from html import escape

from babel.numbers import format_decimal

from bot.feedback.export import Exported
from bot.figures.health import Wellbeing
from bot.figures.periods import Period
from bot.figures.stats import Report, VersionRatings
from bot.i18n import gettext as _
from bot.i18n import translations
from bot.texts.failures import failure_name
from captioning.catalogue import title

MAX_VERSIONS = 6
MAX_FAILURES = 4
"""More would not fit under a picture, which has room for 1024 characters."""
MAX_NAME = 24


def period_name(period: Period) -> str:
    """A period as its button says it."""
    return {
        Period.DAY: _("24 h"),
        Period.WEEK: _("7 days"),
        Period.MONTH: _("30 days"),
        Period.ALL: _("All"),
    }[period]


def stats_text(report: Report) -> str:
    """The whole report; short enough to stand under a picture."""
    return "\n\n".join(
        [
            _counts(report),
            "\n".join([f"<b>{_('Ratings')}</b>", *_ratings(report.ratings)]),
            "\n".join([f"<b>{_('From photo to answer')}</b>", _latency(report)]),
            "\n".join([f"<b>{_('Failures')}</b>", *_failures(report.failures)]),
        ]
    )


def health_text(health: Wellbeing) -> str:
    """How the parts of the bot are, what is wrong first."""
    return "\n\n".join(
        [
            "\n".join(_verdict(health)),
            "\n".join(
                [f"<b>{_('Queue')}</b>", *_rows(_queue_rows(health))],
            ),
            "\n".join([f"<b>{_('Storage')}</b>", *_rows(_storage_rows(health))]),
            "\n".join(
                [
                    f"<b>{_('Models')}</b>",
                    *_rows((title(name), version) for name, version in health.models.items()),
                ]
            ),
        ]
    )


def export_text(exported: Exported, *, is_whole: bool) -> str:
    """Goes with an export; one that is not whole has no photos."""
    parts = [
        _("{n} caption", "{n} captions", exported.captions).format(n=exported.captions),
        _("{n} correction", "{n} corrections", exported.corrections).format(n=exported.corrections),
        _("{n} photo", "{n} photos", exported.photos).format(n=exported.photos),
    ]
    text = _("{list}. docs/export.md explains the fields.").format(list=", ".join(parts))
    if is_whole:
        return text
    return f"{text}\n\n" + _(
        "The photos are left out: with them the file is larger than Telegram allows. "
        "Run `captionbot export FILE.zip` where the bot runs to get everything."
    )


def export_error_text(error: Exception) -> str:
    """Why there is no export, as it was said in English."""
    return escape(str(error))


def size_text(size: int) -> str:
    """Bytes for people: "6.3 MB"."""
    if size >= 1e9:
        return _("{n} GB").format(n=_decimal(size / 1e9))
    return _("{n} MB").format(n=_decimal(size / 1e6))


def duration_text(duration: timedelta) -> str:
    """Roughly how long: "3 d 4 h", "4 h 5 min", "5 min" or "12 s"."""
    seconds = max(0, round(duration.total_seconds()))
    days, hours, minutes = seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60
    if days:
        return _("{days} d {hours} h").format(days=days, hours=hours)
    if hours:
        return _("{hours} h {minutes} min").format(hours=hours, minutes=minutes)
    return _("{minutes} min").format(minutes=minutes) if minutes else _("{n} s").format(n=seconds)


def _decimal(number: float) -> str:
    """With one digit after the point or comma, whichever the language has."""
    return format_decimal(number, format="0.0", locale=translations().current_locale)


def _verdict(health: Wellbeing) -> list[str]:
    troubles = []
    if not health.working:
        troubles.append(_("the worker has stopped: restart the bot, and look into its log"))
    if health.is_slow:
        troubles.append(_("photos wait for long: look into the log for what holds them up"))
    if health.trouble is not None:
        troubles.append(
            _("nothing can be stored since {moment} ({cause}): photos wait until it can").format(
                moment=moment_text(health.trouble.since), cause=escape(health.trouble.cause)
            )
        )
    if health.keeping_trouble is not None:
        troubles.append(
            _("rated photos cannot be kept in the data folder ({cause})").format(
                cause=escape(health.keeping_trouble)
            )
        )
    if health.is_disk_full:
        troubles.append(_("the disk is nearly full: make room, or the bot will stop working"))
    lines = [f"⚠️ {trouble}" for trouble in troubles] or ["✅ " + _("All is well.")]
    return [*lines, _("Running for {duration}.").format(duration=duration_text(health.uptime))]


def _queue_rows(health: Wellbeing) -> list[tuple[str, str]]:
    rows = [
        (_("Waiting"), str(health.queued)),
        (_("Being captioned"), str(health.in_work)),
        (_("To be shown"), str(health.unshown)),
        (_("Failed in 24 h"), str(health.failed_in_a_day)),
    ]
    if health.oldest_wait is not None:
        rows.append((_("Longest wait"), duration_text(health.oldest_wait)))
    if health.since_answer is not None:
        ago = _("{duration} ago").format(duration=duration_text(health.since_answer))
        rows.append((_("Last answer"), ago))
    return rows


def _storage_rows(health: Wellbeing) -> list[tuple[str, str]]:
    database = f"{health.database}, {size_text(health.database_bytes)}, {health.revision or '–'}"
    kept = _("{n} photo", "{n} photos", health.kept_photos).format(n=health.kept_photos)
    return [
        (_("Database"), database),
        (_("Kept"), f"{kept}, {size_text(health.kept_bytes)}"),
        (_("Free on the disk"), size_text(health.free_bytes)),
    ]


def _rows(rows: Iterable[tuple[str, str]]) -> list[str]:
    return [f"{escape(name)}: {escape(value)}" for name, value in rows]


def moment_text(moment: datetime) -> str:
    """A moment of UTC, the same in every language."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _counts(report: Report) -> str:
    rows = [
        (_("People"), _("{n} ({new} new)").format(n=report.active_people, new=report.new_people)),
        (_("Photos"), str(report.photos)),
        (_("Captions"), str(report.captions)),
        (_("Corrections"), str(report.corrections)),
        (_("In the queue now"), str(report.queue_length)),
    ]
    head = _("Since {moment}").format(moment=moment_text(report.since))
    return "\n".join([f"<b>{head}</b>", *(f"{name}: {value}" for name, value in rows)])


def _ratings(ratings: tuple[VersionRatings, ...]) -> list[str]:
    if not ratings:
        return [_("none")]
    lines = [
        _("{model}: 👍 {up} 👎 {down}, {share:.0%} 👍 ({low:.0%} to {high:.0%})").format(
            model=escape(version_title(it)),
            up=it.up,
            down=it.down,
            share=it.share,
            low=it.interval[0],
            high=it.interval[1],
        )
        for it in ratings[:MAX_VERSIONS]
    ]
    return lines + _and_more(len(ratings) - MAX_VERSIONS)


def version_title(ratings: VersionRatings) -> str:
    """A model's name for people, with its version; not longer than fits in a line or two."""
    return f"{title(ratings.model)[:MAX_NAME]} {ratings.version[:MAX_NAME]}"


def _latency(report: Report) -> str:
    if report.latency is None:
        return _("no answers yet")
    return _("half within {p50} s, 95 % within {p95} s").format(
        p50=_decimal(report.latency.p50), p95=_decimal(report.latency.p95)
    )


def _failures(failures: dict[str, int]) -> list[str]:
    if not failures:
        return [_("none")]
    lines = [f"{escape(failure_name(code))}: {n}" for code, n in failures.items()][:MAX_FAILURES]
    return lines + _and_more(len(failures) - MAX_FAILURES)


def _and_more(n: int) -> list[str]:
    return [_("and {n} more", "and {n} more", n).format(n=n)] if n > 0 else []
