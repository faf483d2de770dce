"""How long curating takes: `python tests/support/curate_speed.py [LINES]`.

An export is made up: three captions and a correction for most photos, ratings by 400 people.
"""

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from feedback_exports import ExportBuilder, photo

from captioning import MODELS
from training.feedback.curate_command import curate_exports
from training.feedback.curated import Curated

_PEOPLE = 400
_LINES_PER_PHOTO = 4
_SIZE = (640, 480)
_NOUNS = "dog cat man woman boy girl horse bird car bicycle".split()
_VERBS = "runs sits stands jumps plays waits sleeps walks".split()
_PLACES = "beach street grass table river field park sofa".split()


def made_up(path: Path, lines: int, size: tuple[int, int] = _SIZE) -> Path:
    """Write an export of so many lines with photos of that size."""
    rng = np.random.default_rng(0)
    builder = ExportBuilder()

    def sentence() -> str:
        noun, verb, place = (words[rng.integers(len(words))] for words in (_NOUNS, _VERBS, _PLACES))
        return f"A {noun} number {rng.integers(1000)} {verb} near the {place}."

    for number in range(lines // _LINES_PER_PHOTO):
        content = photo(number, size=size)
        raters = rng.permutation(_PEOPLE)[:6].tolist()
        builder.caption(content, sentence(), up=tuple(raters[:4]), down=tuple(raters[4:5]))
        builder.caption(content, sentence(), up=tuple(raters[4:]), down=tuple(raters[:4]))
        builder.caption(content, sentence())
        builder.correction(content, sentence(), raters[0])
    return builder.write(path)


def timed(lines: int, folder: Path, size: tuple[int, int] = _SIZE) -> tuple[float, Curated]:
    """Seconds of processor time that curating took, and its outcome."""
    export = made_up(folder / "export.zip", lines, size)
    start = time.process_time()
    curated = curate_exports([export], folder / "dataset", models=list(MODELS))
    return time.process_time() - start, curated


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with TemporaryDirectory() as temporary:
        seconds, result = timed(count, Path(temporary))
    print(f"{count:,} lines, {len(result.photos):,} photos kept: {seconds:.1f} s of processor time")
