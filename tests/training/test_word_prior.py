import pytest
import torch

from captioning.decoders import DecoderConfig, LSTMDecoder
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


def test_discounting_lifts_rare_words_and_leaves_the_end_alone():
    config = DecoderConfig("lstm", vocabulary_size=8, feature_size=4, embedding_size=4)
    decoder = LSTMDecoder(config)

    discount_frequent_words(decoder, prior_of_four_captions(), 0.5)

    bias = decoder.bias.detach()
    assert bias[EOS] == 0
    assert bias[FREQUENT] == pytest.approx(0)
    assert bias[RARE].item() == pytest.approx(0.5 * torch.tensor(5 / 2).log().item())


def test_no_strength_changes_nothing():
    config = DecoderConfig("lstm", vocabulary_size=8, feature_size=4, embedding_size=4)
    decoder = LSTMDecoder(config)

    discount_frequent_words(decoder, prior_of_four_captions(), 0.0)

    assert not decoder.bias.any()
