import pytest
import torch

from captioning.checkpoint import Model
from captioning.decoders import DecoderConfig, build_decoder
from captioning.vocabulary import EOS, SPECIAL_TOKENS
from training.errors import ConfigError
from training.objectives import SelfCritical
from training.objectives.self_critical import SelfCriticalLoss, sample
from training.photo_sources import Seen

# Two photos, two words of their own each; words start at 4.
CAPTIONS = [[[4, 5], [4, 5]], [[6, 7], [6, 7]]]
FEATURES = torch.tensor([[[3.0, -3.0, 1.0]], [[-3.0, 3.0, 1.0]]])  # (I=2, P=1, C=3)


def small_model() -> Model:
    torch.manual_seed(0)
    model = Model.__new__(Model)
    torch.nn.Module.__init__(model)
    model.decoder = build_decoder(DecoderConfig("attention", 9, 3, 12, 16, 1, 8))
    return model


def test_samples_end_in_eos_and_hold_no_special_token() -> None:
    drawn = sample(small_model().decoder.eval(), FEATURES, torch.tensor([0, 1] * 20))
    assert len(drawn) == 40
    for words in drawn:
        body = words[:-1] if words[-1] == EOS else words
        assert all(word >= len(SPECIAL_TOKENS) for word in body)


def test_training_on_the_reward_teaches_captions_and_where_they_end() -> None:
    model = small_model()
    loss_of = SelfCriticalLoss(CAPTIONS, samples=8)
    optimiser = torch.optim.Adam(model.decoder.parameters(), lr=2e-2)
    rewards = []
    for _ in range(150):
        loss, reward = loss_of(model, Seen(FEATURES), [0, 1], [0, 1])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        rewards.append(reward)
    assert sum(rewards[-10:]) > 3 * sum(rewards[:10])
    drawn = sample(model.decoder.eval(), FEATURES, torch.tensor([0] * 20 + [1] * 20))
    assert sum(words == [4, 5, EOS] for words in drawn[:20]) > 10
    assert sum(words == [6, 7, EOS] for words in drawn[20:]) > 10


def test_one_sample_has_nothing_to_be_judged_by() -> None:
    with pytest.raises(ConfigError, match="at least 2"):
        SelfCritical(samples=1)
