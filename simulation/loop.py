"""The whole loop on made-up people: talk, export, curate, improve, compare; and what each part
of it gives."""

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from rich.console import Console

from captioning import Caption, Captioner, CaptioningError, load_captioner
from captioning.catalogue import locate
from simulation.people import population
from simulation.photos import Photos
from simulation.sample import talk_in_sandbox
from simulation.services import Terse, export, talk
from simulation.variants import Variant, variants
from training.datasets import Record
from training.feedback.compare import Compared, Verdict, compare, verdict
from training.feedback.curate_command import curate_exports
from training.feedback.export_reader import read_export
from training.feedback.improve import improve

RESULTS = "results.json"
_KEY = "simulation.key"


class SimulationError(CaptioningError):
    """The folder is not for this simulation."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What is simulated, beside the photos."""

    start: str
    """The model that learns: a name or a checkpoint."""
    others: Sequence[str] = ()
    """Models that answer beside it."""
    replay: Sequence[Path] = ()
    people: int = 48
    raters: int = 8
    """Of each photo."""
    sample: int = 6
    """Photos that go through the real bot and its sandbox."""
    seed: int = 1
    ablation: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one way through the loop came to."""

    name: str
    withheld: Compared
    guard: Compared
    seconds: float
    """That learning took."""

    @property
    def verdict(self) -> Verdict:
        return verdict((self.withheld, self.guard))


def simulate(photos: Photos, folder: Path, setting: Setting) -> list[Outcome]:
    """Run it all; the first outcome is that of the whole loop.

    Everything lies in `folder` afterwards, and what is there already is not done again.

    Raises:
        SimulationError: when another simulation lies there.
        CaptioningError: for a model or dataset that cannot be used.
    """
    console = Console()
    folder.mkdir(parents=True, exist_ok=True)
    _claim(folder, photos, setting)
    archive = folder / "export.zip"
    if not archive.exists():
        asyncio.run(_feedback(photos, folder, archive, setting, console))
    dataset = folder / "dataset"
    curate_exports([archive], dataset, models=(setting.start, *setting.others))
    ways = variants(dataset, read_export(archive), folder)
    former = _Remembering(load_captioner(setting.start))
    outcomes = []
    for way in ways if setting.ablation else ways[:1]:
        outcome = _outcome(way, former, photos, folder, setting)
        outcomes.append(outcome)
        console.print(told(outcome), highlight=False)
        (folder / RESULTS).write_text(document(photos, outcomes), encoding="utf-8")
    return outcomes


def _claim(folder: Path, photos: Photos, setting: Setting) -> None:
    """Note what is simulated in a folder, or see that it is that."""
    models = [sha256(locate(name).read_bytes()) for name in (setting.start, *setting.others)]
    names = [[record.name for record in group] for group in (photos.spoken_of, photos.withheld)]
    talk = (setting.people, setting.raters, setting.sample, setting.seed)
    key = f"{[model.hexdigest() for model in models]} {talk} {names}"
    path = folder / _KEY
    if not path.exists():
        path.write_text(key, encoding="utf-8")
    elif path.read_text(encoding="utf-8") != key:
        raise SimulationError(
            f"{folder} holds a simulation of other people, photos or models: choose another folder"
        )


def told(outcome: Outcome) -> str:
    """An outcome in one line."""
    parts = (
        f"{name} {found.cider.old:.2f} → {found.cider.new:.2f}, {found.cider.change:+.2f} "
        f"({found.cider.low:+.2f} to {found.cider.high:+.2f})"
        for name, found in (("withheld", outcome.withheld), ("guard", outcome.guard))
    )
    return f"{outcome.name}: {'; '.join(parts)}; {outcome.verdict}, {outcome.seconds:.0f} s"


def document(photos: Photos, outcomes: Sequence[Outcome]) -> str:
    """The figures as JSON."""
    figures = {
        "photos": {
            "spoken_of": len(photos.spoken_of),
            "withheld": len(photos.withheld),
            "guard": len(photos.guard),
        },
        "outcomes": [
            {
                "name": outcome.name,
                "verdict": outcome.verdict,
                "seconds": round(outcome.seconds),
                **{
                    which: [asdict(difference) for difference in found.differences]
                    for which, found in (
                        ("withheld", outcome.withheld),
                        ("guard", outcome.guard),
                    )
                },
            }
            for outcome in outcomes
        ],
    }
    return json.dumps(figures, indent=1) + "\n"


async def _feedback(
    photos: Photos, folder: Path, archive: Path, setting: Setting, console: Console
) -> None:
    data = folder / "bot"
    captioners = {
        captioner.name: Terse(captioner)
        for captioner in map(load_captioner, (setting.start, *setting.others))
    }
    people = population(setting.people, np.random.default_rng((setting.seed, 1)))
    sample, rest = photos.spoken_of[: setting.sample], photos.spoken_of[setting.sample :]
    if sample:
        pressed = await talk_in_sandbox(data, folder / "sandbox", captioners, sample, setting.seed)
        console.print(f"through the real bot: {len(sample)} photos, {pressed} ratings")
    done = await talk(data, captioners, rest, people, raters=setting.raters, seed=setting.seed)
    console.print(
        f"people said {done.likes:,} times 👍, {done.dislikes:,} times 👎 and wrote "
        f"{done.corrections:,} captions; the bot refused {done.refused:,} more"
    )
    await export(data, archive)


def _outcome(
    way: Variant, former: "_Remembering", photos: Photos, folder: Path, setting: Setting
) -> Outcome:
    began = time.monotonic()
    improved = improve(
        way.dataset,
        folder / "runs" / way.name.replace(" ", "-"),
        start=setting.start,
        replay=setting.replay if way.has_replay else (),
        recipe=way.recipe,
        seed=setting.seed,
    )
    seconds = time.monotonic() - began
    new = load_captioner(improved)

    def against(records: Sequence[Record], name: str, *, is_guard: bool) -> Compared:
        return compare(former, new, records, is_guard=is_guard, name=name, split="test")

    return Outcome(
        way.name,
        against(photos.withheld, "withheld", is_guard=False),
        against(photos.guard, "guard", is_guard=True),
        seconds,
    )


class _Remembering:
    """A captioner that captions no photo twice: all are compared with the same model."""

    def __init__(self, captioner: Captioner) -> None:
        self._captioner = captioner
        self._known: dict[Path, Caption] = {}

    def caption(self, images: Sequence[Path], /) -> list[Caption]:
        new = [image for image in images if image not in self._known]
        if new:
            self._known.update(zip(new, self._captioner.caption(new), strict=True))
        return [self._known[image] for image in images]
