import math

import pytest
import torch

from captioning import CaptioningError
from captioning.decoders import DecoderConfig, LSTMDecoder, build_decoder
from captioning.vocabulary import EOS
from training.word_prior import discount_frequent_words, log_word_prior

RARE, FREQUENT, NEVER = 5, 6, 7


def prior_of_four_captions():
    return log_word_prior([[FREQUENT, RARE], [FREQUENT], [FREQUENT], [FREQUENT]], 8)


def test_a_words_prior_is_its_share_of_all_words_with_ends_and_one_for_each_word():
    prior = prior_of_four_captions()

    assert prior.exp().sum() == pytest.approx(1)
    # Four ends, four frequent and one rare word, and one more of each of the eight.
    assert prior[FREQUENT].exp() == pytest.approx(5 / 17)
    assert prior[EOS].exp() == pytest.approx(5 / 17)
    assert prior[RARE].exp() == pytest.approx(2 / 17)
    assert prior[NEVER].exp() == pytest.approx(1 / 17)


def test_discounting_lifts_rare_words_and_leaves_common_ones_and_the_end_alone(monkeypatch):
    monkeypatch.setattr("training.word_prior.COMMON", 3 / 17)
    config = DecoderConfig("lstm", vocabulary_size=8, feature_size=4, embedding_size=4)
    decoder = LSTMDecoder(config)

    discount_frequent_words(decoder, prior_of_four_captions(), 0.5)

    bias = decoder.bias.detach()
    assert bias[EOS] == bias[FREQUENT] == 0
    assert bias[RARE].item() == pytest.approx(0.5 * math.log(3 / 2))
    assert bias[NEVER].item() == pytest.approx(0.5 * math.log(3))


def test_no_strength_changes_nothing():
    config = DecoderConfig("lstm", vocabulary_size=8, feature_size=4, embedding_size=4)
    decoder = LSTMDecoder(config)

    discount_frequent_words(decoder, prior_of_four_captions(), 0.0)

    assert not decoder.bias.any()


@pytest.mark.parametrize("kind", ["seed-lstm", "seed-attention"])
def test_a_decoder_of_the_seed_is_refused_and_stays_as_it_is(kind):
    decoder = build_decoder(DecoderConfig(kind, 8, feature_size=4, embedding_size=4))
    before = {name: value.clone() for name, value in decoder.state_dict().items()}

    with pytest.raises(CaptioningError, match="train kind lstm or attention"):
        discount_frequent_words(decoder, prior_of_four_captions(), 0.5)

    assert all(torch.equal(value, before[name]) for name, value in decoder.state_dict().items())
