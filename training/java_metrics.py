"""METEOR and SPICE, which exist in Java only, where a Java runtime and pycocoevalcap are installed.

METEOR's program is driven directly, because it also tells what each caption's score is made of:
sums of that are scored to know how far METEOR would move with other photos.
"""

import importlib.util
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from captioning import CaptioningError
from training.bootstrap import draw_images, ends
from training.ptb import tokenise

Captions = Mapping[str, str]
References = Mapping[str, Sequence[str]]


class MetricUnavailableError(CaptioningError):
    """What a metric needs is not on this machine."""


@dataclass(frozen=True, slots=True)
class MetricScore:
    """One metric of a corpus, times 100."""

    score: float
    low: float
    high: float
    """Ends of the 95 % bootstrap interval."""
    images: Mapping[str, float]


def meteor(hypotheses: Captions, references: References) -> MetricScore:
    """METEOR 1.5 as pycocoevalcap computes it, of raw captions keyed by image.

    Raises:
        MetricUnavailableError: without Java or pycocoevalcap.
    """
    jar = _package("METEOR") / "meteor" / "meteor-1.5.jar"
    command = ["java", "-jar", "-Xmx2G", str(jar), "-", "-", "-stdio", "-l", "en", "-norm"]
    with subprocess.Popen(  # noqa: S603
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
    ) as program:
        try:
            statistics = []
            for name, captions in references.items():
                texts = [" ".join(tokenise(text)) for text in (*captions, hypotheses[name])]
                (line,) = _ask(program, ["SCORE", *texts], 1)
                statistics.append([float(value) for value in line.split()])
            counts = np.array(statistics)  # (images, quantities)
            *each, corpus = _evaluate(program, counts)
            *drawn, _ = _evaluate(program, draw_images(len(counts)) @ counts)
        except (OSError, ValueError) as error:
            raise MetricUnavailableError(f"METEOR's Java program broke off: {error}") from error
    images = dict(zip(references, each, strict=True))
    return MetricScore(corpus, *ends(drawn), images)


def _evaluate(program: "subprocess.Popen[str]", counts: NDArray[np.float64]) -> list[float]:
    """The scores ×100 of (n, quantities), and last that of their sum."""
    rows = (" ".join(map(repr, row)) for row in counts.tolist())
    return [100 * float(line) for line in _ask(program, ["EVAL", *rows], len(counts) + 1)]


def _ask(program: "subprocess.Popen[str]", parts: Sequence[str], answers: int) -> list[str]:
    assert program.stdin is not None
    assert program.stdout is not None
    program.stdin.write(" ||| ".join(parts) + "\n")
    program.stdin.flush()
    return [program.stdout.readline() for _ in range(answers)]


def spice(hypotheses: Captions, references: References) -> MetricScore:
    """SPICE as pycocoevalcap computes it, of raw captions keyed by image.

    Raises:
        MetricUnavailableError: without Java or pycocoevalcap, or when the language models it
            downloads at its first use are not to be had.
    """
    _package("SPICE")
    from pycocoevalcap.spice.spice import Spice

    try:
        with redirect_stdout(StringIO()):
            scorer = Spice()
    except OSError as error:
        raise MetricUnavailableError(
            f"SPICE needs Stanford's CoreNLP models, which could not be downloaded: {error}"
        ) from error
    try:
        _, details = scorer.compute_score(
            {
                name: [" ".join(tokenise(text)) for text in captions]
                for name, captions in references.items()
            },
            {name: [" ".join(tokenise(text))] for name, text in hypotheses.items()},
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise MetricUnavailableError(f"SPICE's Java program failed: {error}") from error
    # The scorer answers in the order of the sorted names.
    found = {
        name: 100 * row["All"]["f"] for name, row in zip(sorted(references), details, strict=True)
    }
    values = np.array([found[name] for name in references])
    means = draw_images(len(values)) @ values / len(values)
    return MetricScore(float(values.mean()), *ends(means), {n: found[n] for n in references})


def _package(metric: str) -> Path:
    """The folder of pycocoevalcap."""
    if shutil.which("java") is None:
        raise MetricUnavailableError(f"{metric} needs a Java runtime: install one to see it")
    found = importlib.util.find_spec("pycocoevalcap")
    if found is None or not found.submodule_search_locations:
        raise MetricUnavailableError(f"{metric} needs pycocoevalcap: pip install pycocoevalcap")
    return Path(next(iter(found.submodule_search_locations)))
