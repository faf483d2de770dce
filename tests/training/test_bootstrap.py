from dataclasses import astuple

import numpy as np
import pytest

from training.bootstrap import intervals
from training.metrics import Measurements, measure, score

WORDS = "a dog cat boy runs sits jumps on the red green grass road wall".split()


def corpus(count: int, seed: int = 0) -> tuple[dict[str, str], dict[str, list[str]]]:
    random = np.random.default_rng(seed)

    def sentence() -> str:
        return " ".join(random.choice(WORDS, 7))

    references = {str(index): [sentence() for _ in range(3)] for index in range(count)}
    hypotheses = {
        key: group[0] if random.random() < 0.5 else sentence() for key, group in references.items()
    }
    return hypotheses, references


def measured(count: int) -> Measurements:
    return measure(*corpus(count))


def test_counting_images_is_scoring_the_corpus_they_make() -> None:
    """BLEU and ROUGE of a draw are those of the captions drawn; CIDEr is the mean of the images."""
    hypotheses, references = corpus(6)
    times = np.array([2, 0, 1, 3, 0, 0])
    drawn = [key for key, count in zip(references, times, strict=True) for _ in range(count)]
    expected = score(
        {str(index): hypotheses[key] for index, key in enumerate(drawn)},
        {str(index): references[key] for index, key in enumerate(drawn)},
    )
    measurements = measure(hypotheses, references)
    scores = measurements.scores(times)
    for metric in ("bleu1", "bleu2", "bleu3", "bleu4", "rouge_l"):
        assert getattr(scores, metric) == pytest.approx(getattr(expected, metric))
    assert scores.cider == pytest.approx(100 * np.repeat(measurements.cider, times).mean())


def test_intervals_hold_the_score_and_shrink_with_more_images() -> None:
    widths = []
    for count in (30, 480):
        measurements = measured(count)
        low, high = intervals(measurements, draws=200)
        for below, value, above in zip(
            astuple(low), astuple(measurements.scores()), astuple(high), strict=True
        ):
            assert below < value < above
        widths.append(high.cider - low.cider)
    assert widths[1] < widths[0] / 2.5  # sixteen times the images: a quarter of the width


def test_the_interval_of_a_mean_is_that_of_the_normal_distribution() -> None:
    measurements = measured(480)
    low, high = intervals(measurements)
    error = 100 * measurements.cider.std() / np.sqrt(480)
    assert high.cider - low.cider == pytest.approx(2 * 1.96 * error, rel=0.1)


def test_the_same_seed_gives_the_same_intervals() -> None:
    measurements = measured(30)
    assert intervals(measurements, draws=50) == intervals(measurements, draws=50)
    assert intervals(measurements, draws=50) != intervals(measurements, draws=50, seed=1)
