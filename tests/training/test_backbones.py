"""Torchvision's classifiers as encoders, by the names of its registry."""

from pathlib import Path

import pytest
import torch

from captioning.checkpoint import Model
from captioning.decoders import DecoderConfig
from captioning.encoders import Encoder, EncoderError
from captioning.torchvision_compat import torchvision
from training.config import Phase, TrainConfig
from training.objectives import CrossEntropy
from training.objectives.cross_entropy import CrossEntropyLoss
from training.optimisation import build_optimiser
from training.photo_sources import Seen
from training.run_state import RunError
from training.train import Trainer

CAPTIONS = [[[4, 5, 6], [4, 7]], [[8, 5], [8, 7, 6, 9]]]


@pytest.mark.parametrize(
    ("name", "cells", "channels"),
    [
        ("resnet50", 4, 2048),
        ("mobilenet_v3_large", 4, 960),
        ("efficientnet_b0", 4, 1280),
        ("convnext_tiny", 4, 768),
        ("regnet_y_400mf", 4, 440),
        ("shufflenet_v2_x0_5", 4, 1024),
        ("swin_t", 4, 768),
        ("squeezenet1_1", 9, 512),
        ("googlenet", 4, 1024),
        ("vit_b_32", 4, 768),
    ],
)
def test_a_backbone_takes_its_weights_and_trains(name: str, cells: int, channels: int) -> None:
    torch.manual_seed(0)
    encoder = Encoder(name)
    assert encoder.channels == channels
    network = torchvision.models.get_model(name, weights=None)
    encoder.load_backbone(network.state_dict())
    start = {key: value.clone() for key, value in encoder.named_parameters()}
    trained = dict(network.named_parameters()).values()
    assert sum(value.numel() for value in start.values()) < sum(value.numel() for value in trained)

    config = DecoderConfig("attention", 10, channels, 8, 8, 1, 8, dropout=0.0)
    model = Model(encoder, config).train()
    phase = Phase(epochs=1, decoder_lr=1e-3, encoder_lr=1e-3)
    optimiser = build_optimiser(model, phase, 0.0)
    features = model.encoder(torch.rand(2, 3, 64, 64))
    assert features.shape == (2, cells, channels)
    objective = CrossEntropyLoss(CAPTIONS, CrossEntropy(label_smoothing=0.0))
    loss, _ = objective(model, Seen(features), [0, 1], [0, 1])
    loss.backward()
    optimiser.step()
    moved = [not torch.equal(value, start[key]) for key, value in encoder.named_parameters()]
    assert sum(moved) > 0.9 * len(moved)
    assert all(value.isfinite().all() for value in encoder.parameters())


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("resnet_50", "no classifier called 'resnet_50': try .*resnet50"),
        ("fcn_resnet50", "no classifier called 'fcn_resnet50'"),
        ("xyz", "no classifier called 'xyz'"),
    ],
)
def test_what_cannot_be_an_encoder_is_refused(name: str, message: str) -> None:
    with pytest.raises(EncoderError, match=message):
        Encoder(name)


def test_a_run_of_another_encoder_is_not_gone_on_with(prepared: Path, tmp_path: Path) -> None:
    def trainer(encoder: str) -> Trainer:
        config = TrainConfig(
            model="resnet34-lstm",
            encoder=encoder,
            decoder={"kind": "lstm", "embedding_size": 8, "hidden_size": 8, "layers": 1},
            phases=(Phase(epochs=1, decoder_lr=1e-3),),
        )
        weights = tmp_path / f"{encoder}.pt"
        torch.save(torchvision.models.get_model(encoder, weights=None).state_dict(), weights)
        return Trainer(config, prepared, tmp_path / "run", weights)

    trainer("squeezenet1_1")._save(None)
    with pytest.raises(RunError, match="another encoder or decoder: choose another folder"):
        trainer("shufflenet_v2_x0_5")
