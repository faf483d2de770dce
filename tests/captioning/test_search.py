"""Search against decoders whose every probability is written down."""

import itertools
import math

import pytest
import torch
from torch import Tensor

from captioning.decoders import DecoderConfig, State, build_decoder
from captioning.search import SearchOptions
from captioning.torch_search import search
from captioning.vocabulary import EOS, UNK

A, B, C = 4, 5, 6


class Table:
    """A decoder that knows, for each last word, the probabilities of the next."""

    def __init__(self, table: dict[int, dict[int, float]], vocabulary: int = 7) -> None:
        self.logits = torch.full((vocabulary, vocabulary), -50.0)
        for last, following in table.items():
            for word, probability in following.items():
                self.logits[last, word] = math.log(probability)

    def start(self, features: Tensor) -> State:
        return (features[:, 0],)

    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State, Tensor | None]:
        return self.logits[tokens], state, state[0]


BOS = 1
ONE_PHOTO = torch.ones(1, 1, 2)


def best(decoder: Table, **options: float) -> list[int]:
    return search(decoder, ONE_PHOTO, SearchOptions(**options))[0][0].tokens  # type: ignore[arg-type]


# The likeliest first word leads to a less likely caption.
GARDEN_PATH = Table(
    {
        BOS: {A: 0.6, B: 0.4},
        A: {EOS: 0.3, C: 0.7},
        B: {EOS: 0.95, C: 0.05},
        C: {EOS: 0.5, A: 0.5},
    }
)


def test_greedy_takes_the_likeliest_word_each_time() -> None:
    assert best(GARDEN_PATH, beam_size=1) == [A, C]


def test_greedy_tells_close_words_apart_late_in_a_caption() -> None:
    """By then the score of the whole has grown, and rounds off what the words differ by."""
    words = list(range(A, 16))
    following = {word: words[(5 * index + 3) % len(words)] for index, word in enumerate(words)}
    decoder = Table({}, vocabulary=16)
    for last in (BOS, *words):
        decoder.logits[last, words] = 0.0
        decoder.logits[last, following.get(last, A)] = 3e-6
    expected = [A]
    while len(expected) < 60:
        expected.append(following[expected[-1]])
    assert best(decoder, beam_size=1, max_length=60, block_ngram=0) == expected


def test_a_beam_finds_what_greedy_misses() -> None:
    assert best(GARDEN_PATH, beam_size=2, length_penalty=0.0) == [B]


def test_length_penalty_favours_longer_captions() -> None:
    decoder = Table({BOS: {A: 0.7}, A: {EOS: 0.5, B: 0.45}, B: {EOS: 1.0}})
    assert best(decoder, beam_size=3, length_penalty=0.0) == [A]
    assert best(decoder, beam_size=3, length_penalty=1.0) == [A, B]


def test_log_probabilities_are_those_of_the_words_and_the_end() -> None:
    hypothesis = search(GARDEN_PATH, ONE_PHOTO, SearchOptions(beam_size=1))[0][0]
    assert hypothesis.finished
    expected = [math.log(0.6), math.log(0.7), math.log(0.5)]
    assert hypothesis.log_probabilities == pytest.approx(expected, abs=1e-4)


def test_unk_is_never_said_nor_is_a_caption_empty() -> None:
    decoder = Table({BOS: {UNK: 0.9, EOS: 0.09, A: 0.01}, A: {UNK: 0.9, EOS: 0.1}})
    for beam_size in (1, 3):
        assert best(decoder, beam_size=beam_size) == [A]


def test_a_caption_may_be_empty_where_that_is_allowed() -> None:
    decoder = Table({BOS: {EOS: 0.9, A: 0.1}, A: {EOS: 1.0}})
    options = SearchOptions(beam_size=1, allow_empty=True)
    hypothesis = search(decoder, ONE_PHOTO, options)[0][0]
    assert (hypothesis.tokens, hypothesis.finished) == ([], True)
    assert hypothesis.log_probabilities == pytest.approx([math.log(0.9)], abs=1e-4)


@pytest.mark.parametrize("beam_size", [1, 3])
def test_a_caption_that_never_ends_is_cut_and_says_so(beam_size: int) -> None:
    decoder = Table({BOS: {A: 1.0}, A: {B: 1.0}, B: {A: 1.0}})
    decoder.logits[:, EOS] = -100.0  # less likely than any word
    options = SearchOptions(beam_size=beam_size, max_length=5, block_ngram=0)
    hypothesis = search(decoder, ONE_PHOTO, options)[0][0]
    assert hypothesis.tokens == [A, B, A, B, A]
    assert not hypothesis.finished
    assert len(hypothesis.log_probabilities) == 5


def test_blocked_ngrams_do_not_occur_twice() -> None:
    decoder = Table({BOS: {A: 1.0}, A: {B: 0.9, EOS: 0.1}, B: {A: 0.9, EOS: 0.1}})
    assert best(decoder, beam_size=1, block_ngram=2) == [A, B, A]
    assert best(decoder, beam_size=1, block_ngram=1) == [A, B]


RARITY = (0.0,) * 6 + (2.0,)  # C is rare


def test_greedy_prefers_rare_words_as_far_as_it_is_told_to() -> None:
    decoder = Table({BOS: {A: 0.6, C: 0.3, B: 0.1}, A: {EOS: 1.0}, C: {EOS: 1.0}})
    for adjustment, expected in ((0.0, [A]), (0.2, [A]), (0.5, [C])):
        options = SearchOptions(beam_size=1, logit_adjustment=adjustment)
        hypothesis = search(decoder, ONE_PHOTO, options, RARITY)[0][0]
        assert hypothesis.tokens == expected
        likely = 0.6 if expected == [A] else 0.3
        assert hypothesis.log_probabilities == pytest.approx([math.log(likely), 0.0], abs=1e-4)


def test_a_beam_only_proposes_rare_words_and_keeps_the_likeliest_caption() -> None:
    """C is proposed instead of B; whether it makes the best caption is for likelihood to say."""
    options = SearchOptions(beam_size=2, length_penalty=0.0, logit_adjustment=0.5, max_length=2)
    for ending, expected in ((0.9, [A]), (0.1, [C])):
        decoder = Table(
            {
                BOS: {A: 0.4, B: 0.35, C: 0.25},
                A: {EOS: ending, A: 1 - ending},
                B: {EOS: 1.0},
                C: {EOS: 1.0},
            }
        )
        assert search(decoder, ONE_PHOTO, options, RARITY)[0][0].tokens == expected


def test_without_counts_a_logit_adjustment_changes_nothing() -> None:
    plain = best(GARDEN_PATH, beam_size=2, length_penalty=0.0)
    assert best(GARDEN_PATH, beam_size=2, length_penalty=0.0, logit_adjustment=1.0) == plain


def test_attention_has_a_row_for_every_word() -> None:
    hypothesis = search(GARDEN_PATH, ONE_PHOTO, SearchOptions(beam_size=2))[0][0]
    assert hypothesis.attention is not None
    assert hypothesis.attention.shape == (len(hypothesis.tokens), 2)


@pytest.mark.parametrize("kind", ["lstm", "attention"])
def test_a_batch_gives_what_its_photos_give_alone(kind: str) -> None:
    torch.manual_seed(3)
    decoder = build_decoder(DecoderConfig(kind, 12, 6, 8, 8, 2, 4)).eval()
    photos = torch.randn(4, 9, 6) * 3
    options = SearchOptions(beam_size=3, max_length=6)
    together = search(decoder, photos, options)
    for row, ranked in enumerate(together):
        (alone,) = search(decoder, photos[row : row + 1], options)
        assert [one.tokens for one in ranked] == [one.tokens for one in alone]


def test_a_wide_beam_finds_the_best_of_all_captions() -> None:
    """Against brute force over every caption of at most three words."""
    torch.manual_seed(5)
    decoder = build_decoder(DecoderConfig("attention", 7, 6, 8, 8, 1, 4)).eval()
    photo = torch.randn(1, 9, 6) * 4
    options = SearchOptions(beam_size=40, max_length=4, length_penalty=0.0, block_ngram=0)
    found = search(decoder, photo, options)[0][0]

    def log_probability(words: tuple[int, ...]) -> float:
        state, total = decoder.start(photo), 0.0
        for read, said in zip((BOS, *words), (*words, EOS), strict=True):
            logits, state, _ = decoder.step(torch.tensor([read]), state)
            total += logits.log_softmax(1)[0, said].item()
        return total

    with torch.inference_mode():
        captions = [
            words for length in (1, 2, 3) for words in itertools.product((A, B, C), repeat=length)
        ]
        expected = max(captions, key=log_probability)
        assert found.tokens == list(expected)
        assert sum(found.log_probabilities) == pytest.approx(log_probability(expected), abs=1e-4)


@pytest.mark.parametrize("values", [{"beam_size": 0}, {"max_length": 0}, {"block_ngram": -1}])
def test_impossible_options_are_refused_by_name(values: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(values))):
        SearchOptions(**values)  # type: ignore[arg-type]
