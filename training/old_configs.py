"""Configurations from before phases named their objectives, in today's words.

Each phase then had options of all objectives, which excluded one another, and the training had
``teacher`` and ``label_smoothing``.
"""

from collections.abc import Mapping
from typing import Any

from training.errors import ConfigError

_OPTIONS = ("captions", "samples", "unlikelihood", "distillation", "imitation")
_OF_ALL_PHASES = ("teacher", "label_smoothing")


def translated(document: Mapping[str, Any]) -> dict[str, Any]:
    """The same training with objectives; what has them already stays as it is.

    Raises:
        ConfigError: saying how to change what no objective does, or what mixes old and new.
    """
    new = dict(document)
    shared = {name: new.pop(name) for name in _OF_ALL_PHASES if name in new}
    phases = new.get("phases", [])
    if shared and any("objective" in phase for phase in phases):
        raise ConfigError(
            f"{next(iter(shared))} is an option of objectives: move it into the "
            "[phases.objective] tables"
        )
    if "phases" in new:
        new["phases"] = [_phase(number, phase, shared) for number, phase in enumerate(phases, 1)]
    return new


def _phase(number: int, phase: Mapping[str, Any], shared: Mapping[str, Any]) -> dict[str, Any]:
    new = dict(phase)
    old = {name: new.pop(name) for name in _OPTIONS if name in new}
    if not old and not shared:
        return new
    if "objective" in new:
        raise ConfigError(
            f"phase {number} has an objective and {next(iter(old))} beside it: move what it needs "
            "into [phases.objective]"
        )
    new["objective"] = _objective(number, old, shared)
    return new


def _objective(number: int, old: Mapping[str, Any], shared: Mapping[str, Any]) -> dict[str, Any]:
    set_to = {name: value for name, value in old.items() if value and name != "captions"}
    if not old.get("captions", True):
        kind, allowed = "imitation", {"imitation"}
    elif "samples" in set_to:
        kind, allowed = "self-critical", {"samples"}
    else:
        kind, allowed = "cross-entropy", {"unlikelihood", "distillation", "imitation"}
    if excess := sorted(set_to.keys() - allowed):
        raise ConfigError(
            f"phase {number} cannot have {' and '.join(excess)} with the objective {kind}: leave "
            "it out, or make it a phase of its own"
        )
    if kind == "self-critical":
        return {"kind": kind, "samples": set_to["samples"]}
    teacher = {"teacher": shared["teacher"]} if shared.get("teacher") else {}
    if kind == "imitation":
        if "imitation" not in set_to:
            raise ConfigError(f"phase {number} without captions needs imitation above 0")
        return {"kind": kind, "weight": set_to["imitation"], **teacher}
    smoothing = {key: value for key, value in shared.items() if key == "label_smoothing"}
    learns_from_teacher = "distillation" in set_to or "imitation" in set_to
    return {"kind": kind, **smoothing, **set_to, **(teacher if learns_from_teacher else {})}
