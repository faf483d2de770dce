"""What /models says: the versions of each model, and what is asked before one answers."""

from collections.abc import Mapping, Sequence
from html import escape

from bot.figures.stats import VersionRatings
from bot.figures.trials import Comparison
from bot.i18n import gettext as _
from bot.queue.standings import Standing, Version
from bot.queue.version_watch import Unusable
from bot.texts.reports import moment_text, ratings_text, unusable_text
from bot.texts.trials import trial_lines
from captioning.catalogue import short_title, title

MAX_LISTED = 6
"""Versions of a model that are listed: those that are in use, then the newest."""


def versions_text(
    standings: Sequence[Standing],
    ratings: Sequence[VersionRatings],
    comparisons: Sequence[Comparison],
    unusable: Sequence[Unusable],
) -> str:
    """The versions of each model with their ratings, and how trials go."""
    by_name = {(it.model, it.version): it for it in ratings}
    parts = [_("Versions of the models, with all ratings they ever got")]
    for standing in standings:
        lines = [f"<b>{escape(title(standing.model))}</b>"]
        lines += [_line(standing, version, by_name) for version in listed(standing)]
        lines += (unusable_text(it) for it in unusable if it.model == standing.model)
        parts.append("\n".join(lines))
    for comparison in comparisons:
        since = _("On trial since {moment}").format(moment=moment_text(comparison.began_at))
        parts.append("\n".join([f"<b>{since}</b>", *trial_lines(comparison)]))
    return "\n\n".join(parts)


def listed(standing: Standing) -> list[Version]:
    """The versions of a model that are shown, in the order they came."""
    in_use = [standing.current, standing.previous, standing.trial and standing.trial.version]
    first = [it for it in in_use if it is not None]
    others = [it for it in reversed(standing.versions) if it not in first]
    chosen = [*first, *others][:MAX_LISTED]
    return [it for it in standing.versions if it in chosen]


def promote_text(model: str, version: Version) -> str:
    """On the button that lets a version answer."""
    return _("Promote {model} {version}").format(model=short_title(model), version=version.name)


def back_text(model: str, version: Version) -> str:
    """On the button that takes the last promotion back."""
    return _("Go back to {model} {version}").format(model=short_title(model), version=version.name)


def question_text(standing: Standing, version: Version) -> str:
    """Whether a version shall answer everybody."""
    question = _("Shall {model} {version} answer everybody, instead of {current}?").format(
        model=escape(title(standing.model)),
        version=escape(version.name),
        current=escape(standing.current.name),
    )
    if standing.trial is None:
        return question
    ends = _("The trial of {version} ends with it.").format(
        version=escape(standing.trial.version.name)
    )
    return f"{question} {ends}"


def changed_text(model: str, version: Version) -> str:
    """After a promotion; a moment passes until the version is loaded."""
    return _("{model} {version} takes over in a moment.").format(
        model=title(model), version=version.name
    )


def outdated_text() -> str:
    return _("Something else was decided in the meantime. This is how it is now.")


def missing_text(version: Version) -> str:
    return _("The file of {version} is missing, so it cannot answer.").format(version=version.name)


def only_private_text() -> str:
    return _("Models are managed in our private chat; send /models there.")


def _line(
    standing: Standing, version: Version, ratings: Mapping[tuple[str, str], VersionRatings]
) -> str:
    name = escape(version.name)
    if version.id is None:
        name = _("{version} of the package").format(version=name)
    if version == standing.current:
        name = "✅ " + _("{version}, answers").format(version=name)
    elif standing.trial is not None and version == standing.trial.version:
        name = "🧪 " + _("{version}, on trial").format(version=name)
    else:
        name = "▫️ " + name
    rated = ratings.get((standing.model, version.name))
    return f"{name}: {ratings_text(rated)}" if rated is not None else name
