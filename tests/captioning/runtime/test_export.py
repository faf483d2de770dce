"""Words that the exported step proposes, against a full sort of every word."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from torch import Tensor

from captioning.vocabulary import BOS, EOS, PAD, UNK

pytest.importorskip("openvino")

from captioning.runtime.export import Proposing, convert
from captioning.runtime.steps import Said, Steps
from captioning.runtime.telemetry import import_openvino


class Written(Steps):
    """Of a decoder whose state is what it says next."""

    rows = 1

    def forward(self, words: Tensor, rows: Sequence[Tensor], shared: Sequence[Tensor]) -> Said:
        return Said(rows[0], (), (rows[0] + words.unsqueeze(1),))


def random(rows: int, words: int) -> np.ndarray:
    return np.random.default_rng(words).standard_normal((rows, words)).astype(np.float32)


@pytest.mark.parametrize("words", [5, 999])
@pytest.mark.parametrize("adjusted", [False, True])
@pytest.mark.parametrize("brevity", [0.0, 1.5])
def test_the_best_words_of_each_row_are_proposed(
    words: int, adjusted: bool, brevity: float
) -> None:
    numbers = torch.zeros(2, dtype=torch.int64)
    choosing = (torch.zeros(3), torch.zeros(words), torch.tensor(0.0))
    taken = (numbers, numbers, numbers, numbers, *choosing, torch.zeros(2, words))
    graph = convert(Proposing(Written(), words), taken, fixed=(5, 6))
    settings = {"INFERENCE_PRECISION_HINT": "f32"}
    request = import_openvino().Core().compile_model(graph, "CPU", settings).create_infer_request()

    before, parents = random(7, words), np.array([6, 0, 1, 1, 2, 3, 4])
    favour = 2 * random(1, words)[0] if adjusted else np.zeros(words, np.float32)
    favour[[PAD, BOS, UNK]] = -np.inf
    logits = before[parents].astype(np.float64)
    logits[:, EOS] += brevity
    likely = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    adjustments = np.broadcast_to(favour, logits.shape).copy()
    adjustments[[0, 3, 3], [words - 1, 4, words - 1]] = -np.inf

    for count in (1, 5):
        forbidden = (np.array([0, 3, 3]), np.array([words - 1, 4, words - 1]))
        ranks = np.zeros(count, np.float32)
        given = (np.arange(7), parents, *forbidden, ranks, favour, np.float32(brevity), before)
        results = request.infer(list(given))
        proposed, ids, state = (results[number] for number in range(3))
        assert proposed.shape == ids.shape == (7, count)
        for row in range(7):
            allowed = np.isfinite(adjustments[row])
            ranked = np.argsort(-(logits + adjustments)[row], kind="stable")[:count].tolist()
            found = [word for word in ids[row].tolist() if allowed[word]]
            assert sorted(found) == sorted(word for word in ranked if allowed[word])
            assert likely[row, found].tolist() == sorted(likely[row, found], reverse=True)
            np.testing.assert_allclose(proposed[row][: len(found)], likely[row, found], atol=1e-5)
        np.testing.assert_allclose(state, before[parents] + np.arange(7)[:, None])


def test_with_nothing_forbidden_it_proposes_all_the_same() -> None:
    numbers = torch.zeros(2, dtype=torch.int64)
    choosing = (torch.zeros(3), torch.zeros(9), torch.tensor(0.0))
    taken = (numbers, numbers, numbers, numbers, *choosing, torch.zeros(2, 9))
    graph = convert(Proposing(Written(), 9), taken, fixed=(5, 6))
    request = import_openvino().Core().compile_model(graph, "CPU").create_infer_request()
    nothing = np.zeros(0, np.int64)
    given = (np.arange(2), np.arange(2), nothing, nothing, np.zeros(4, np.float32))
    results = request.infer([*given, np.zeros(9, np.float32), np.float32(0), random(2, 9)])
    expected = np.argsort(-random(2, 9), axis=1)[:, :4]
    np.testing.assert_array_equal(results[1], expected)
