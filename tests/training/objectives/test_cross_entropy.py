"""What training on captions minimises."""

import math
from typing import Any

import numpy as np
import pytest
import torch

from captioning.checkpoint import Model
from captioning.decoders import DecoderConfig, build_decoder
from training.errors import ConfigError
from training.objectives import CrossEntropy
from training.objectives.cross_entropy import CrossEntropyLoss, unlikelihood_of_repeats
from training.photo_sources import Seen

FEATURES = torch.tensor([[[1.0, -1.0, 0.5]]])  # (I=1, P=1, C=3)


def small_model() -> Model:
    torch.manual_seed(0)
    model = Model.__new__(Model)
    torch.nn.Module.__init__(model)
    model.decoder = build_decoder(DecoderConfig("attention", 9, 3, 12, 16, 1, 8, dropout=0.0))
    return model


def test_only_the_word_just_said_is_unlikely_and_only_where_it_does_not_follow() -> None:
    logits = torch.tensor([[0.2, 0.5, 0.3], [0.1, 0.1, 0.8], [0.6, 0.3, 0.1]]).log()
    said, follows = torch.tensor([1, 0, 0]), torch.tensor([2, 2, 0])

    total = unlikelihood_of_repeats(logits, said, follows)

    assert total.item() == pytest.approx(-math.log(1 - 0.5) - math.log(1 - 0.1), rel=1e-5)


def test_a_certain_repeat_costs_a_finite_loss_with_a_gradient() -> None:
    logits = torch.tensor([[200.0, 0.0]], requires_grad=True)
    unlikelihood_of_repeats(logits, torch.tensor([0]), torch.tensor([1])).backward()
    assert logits.grad is not None
    assert logits.grad.isfinite().all()


@pytest.mark.parametrize(("weight", "repeats"), [(0.0, True), (2.0, False)])
def test_training_with_unlikelihood_does_not_learn_repeats_it_was_not_shown(
    weight: float, repeats: bool
) -> None:
    # Smoothing makes every word a little likely everywhere, the word just said too.
    options = CrossEntropy(label_smoothing=0.3, unlikelihood=weight)
    model, objective = small_model(), CrossEntropyLoss([[[4, 5], [6, 7]]], options)
    optimiser = torch.optim.Adam(model.decoder.parameters(), lr=2e-2)
    for _ in range(200):
        optimiser.zero_grad()
        loss, _ = objective(model, Seen(FEATURES), [0], [0])
        loss.backward()
        optimiser.step()

    words = torch.tensor([[1, 4]])  # the start, and the first word
    packed = torch.nn.utils.rnn.pack_sequence([words[0]])
    chance = model.decoder(FEATURES, torch.tensor([0]), packed)[1].softmax(-1)
    assert (chance[4] > 0.02).item() is repeats
    assert chance[5] > 0.5


def test_parts_of_a_step_sum_to_the_whole_whoever_computes_them() -> None:
    options = CrossEntropy(captions_per_photo=2, pseudo_captions=True)
    captions: list[list[list[int]]] = [[[4, 5], [6], [7, 4, 5]], [[6, 7]], []]
    pseudo: list[list[list[int]]] = [[], [[4], [5, 5, 5]], [[7], [6, 6]]]
    model = small_model().eval()
    features = torch.randn(3, 1, 3, generator=torch.Generator().manual_seed(0))

    def loss(rows: list[int]) -> float:
        objective = CrossEntropyLoss(captions, options, pseudo_captions=pseudo)
        objective.begin_epoch(np.random.default_rng(5))
        value, shown = objective(model, Seen(features[rows]), rows, [0, 1, 2])
        assert value == shown
        return float(value.detach())

    assert loss([0]) + loss([1, 2]) == pytest.approx(loss([0, 1, 2]), rel=1e-5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"label_smoothing": 1.0}, "label_smoothing must lie in"),
        ({"unlikelihood": -1.0}, "unlikelihood must not be negative"),
        ({"teacher": "x", "distillation": 2.0}, "distillation must lie in"),
        ({"teacher": "x", "imitation": -0.1}, "imitation must not be negative"),
        ({"imitation": 0.5}, "need a teacher"),
        ({"teacher": "x"}, "a teacher needs one of them"),
        ({"captions_per_photo": 0}, "captions_per_photo must be at least 1"),
        ({"repeat": {"coco": 0}}, "repeat must give datasets whole numbers"),
        ({"repeat": 2}, "repeat must give datasets whole numbers"),
    ],
)
def test_impossible_options_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        CrossEntropy(**options)
