"""The kinds of objectives that a phase can have."""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

from training.errors import ConfigError
from training.objectives.base import Loss, Materials, Objective
from training.objectives.cross_entropy import CrossEntropy
from training.objectives.feedback import Feedback
from training.objectives.imitation import Imitation
from training.objectives.self_critical import SelfCritical

__all__ = [
    "OBJECTIVES",
    "CrossEntropy",
    "Feedback",
    "Imitation",
    "Loss",
    "Materials",
    "Objective",
    "SelfCritical",
    "objective_of",
]

OBJECTIVES: dict[str, type[Objective]] = {
    objective.kind: objective for objective in (CrossEntropy, SelfCritical, Imitation, Feedback)
}
"""By the names that configurations call them."""


def objective_of(table: Mapping[str, Any]) -> Objective:
    """The objective that a ``[phases.objective]`` describes.

    Raises:
        ConfigError: for an unknown kind or option, a missing option or an impossible value.
    """
    options = dict(table)
    kind = options.pop("kind", None)
    if kind not in OBJECTIVES:
        raise ConfigError(
            f"[phases.objective] needs a kind, one of {', '.join(OBJECTIVES)}: {kind!r}"
        )
    described = fields(OBJECTIVES[kind])
    known = [field.name for field in described]
    if unknown := sorted(options.keys() - set(known)):
        raise ConfigError(
            f"the objective {kind} has no option {unknown[0]!r}: it has {', '.join(known)}"
        )
    for field in described:
        has_default = (field.default, field.default_factory) != (MISSING, MISSING)
        if not has_default and field.name not in options:
            raise ConfigError(f"the objective {kind} needs a {field.name}")
    try:
        return OBJECTIVES[kind](**options)
    except TypeError as error:
        raise ConfigError(f"the objective {kind}: {error}") from error
