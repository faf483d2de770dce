"""What /stats says, in Telegram's HTML."""

from html import escape

from bot.i18n import gettext as _
from bot.keyboards import title
from bot.stats import Counts, ModelRatings, Summary


def stats_text(summary: Summary) -> str:
    """The whole report; days are days of UTC."""
    return "\n\n".join(
        [
            _counts(summary),
            "\n".join([f"<b>{_('Ratings')}</b>", *map(_ratings, summary.ratings)]),
            "\n".join([f"<b>{_('From photo to answer, 7 days')}</b>", _latency(summary)]),
            "\n".join([f"<b>{_('Queue')}</b>", _queue(summary.queue_length)]),
            "\n".join([f"<b>{_('Failures')}</b>", *_failures(summary)]),
        ]
    )


def _counts(summary: Summary) -> str:
    rows = [
        (_("Users"), summary.users),
        (_("Photos"), summary.photos),
        (_("Captions"), summary.captions),
    ]
    head = f"<b>{_('Today (UTC) / 7 days / in all')}</b>"
    return "\n".join([head, *(f"{name}: {_three(counts)}" for name, counts in rows)])


def _three(counts: Counts) -> str:
    return f"{counts.today} / {counts.week} / {counts.total}"


def _ratings(ratings: ModelRatings) -> str:
    name = escape(title(ratings.model))
    if ratings.total == 0:
        return _("{model}: no ratings yet").format(model=name)
    low, high = ratings.interval
    return _("{model}: 👍 {up} 👎 {down} – {share:.0%} 👍 (95 %: {low:.0%} to {high:.0%})").format(
        model=name, up=ratings.up, down=ratings.down, share=ratings.share, low=low, high=high
    )


def _queue(n: int) -> str:
    return _("{n} photo waiting", "{n} photos waiting", n).format(n=n)


def _latency(summary: Summary) -> str:
    if summary.latency is None:
        return _("no answers yet")
    return _("p50 {p50:.1f} s, p95 {p95:.1f} s").format(
        p50=summary.latency.p50, p95=summary.latency.p95
    )


def _failures(summary: Summary) -> list[str]:
    if not summary.failures:
        return [_("none")]
    return [f"{escape(reason)}: {_three(counts)}" for reason, counts in summary.failures.items()]
