"""Scores against pycocoevalcap's.

scored_captions.json holds captions written for this test with the tokens and scores that
pycocoevalcap 1.2 gave them, with its own (Java) tokeniser. They were recorded by

    python tests/training/record_scores.py
"""

import dataclasses
import json
import random
from pathlib import Path

import numpy as np
import pytest

from training.metrics import CiderD, score, score_each
from training.ptb import tokenise

FIXTURE = json.loads(Path(__file__).with_name("scored_captions.json").read_text(encoding="utf-8"))
REFERENCES: dict[str, list[str]] = FIXTURE["references"]
HYPOTHESES: dict[str, str] = FIXTURE["hypotheses"]
RECORDED = FIXTURE["recorded"]
METRICS = {"bleu1", "bleu2", "bleu3", "bleu4", "rouge_l", "cider"}
"""All that is recorded but METEOR, which Java computes."""
REFERENCE_WORDS = {
    key: [tokenise(caption) for caption in captions] for key, captions in REFERENCES.items()
}
HYPOTHESIS_WORDS = {key: tokenise(caption) for key, caption in HYPOTHESES.items()}

END = "</s>"


def _close(expected: object) -> object:
    return pytest.approx(expected, rel=1e-9, abs=1e-9)


def _recorded(scores: dict[str, float]) -> object:
    return _close({name: value for name, value in scores.items() if name in METRICS})


def test_tokens_are_those_recorded() -> None:
    ours = {
        key: [" ".join(tokenise(caption)) for caption in captions]
        for key, captions in REFERENCES.items()
    }
    assert ours == RECORDED["reference_tokens"]
    ours = {key: " ".join(tokenise(caption)) for key, caption in HYPOTHESES.items()}
    assert ours == RECORDED["hypothesis_tokens"]


def test_scores_are_those_recorded() -> None:
    assert dataclasses.asdict(score(HYPOTHESES, REFERENCES)) == _recorded(RECORDED["scores"])


@pytest.mark.parametrize("image", REFERENCES)
def test_scores_of_each_image_are_those_recorded(image: str) -> None:
    ours = score_each(HYPOTHESES, REFERENCES)[image]
    assert dataclasses.asdict(ours) == _recorded(RECORDED["image_scores"][image])


def test_order_of_the_images_does_not_matter() -> None:
    shuffled = dict(reversed(HYPOTHESES.items()))
    assert score(shuffled, REFERENCES) == score(HYPOTHESES, REFERENCES)
    assert list(score_each(shuffled, REFERENCES)) == list(REFERENCES)


def test_means_of_the_images_are_the_corpus_scores() -> None:
    corpus = score(HYPOTHESES, REFERENCES)
    images = score_each(HYPOTHESES, REFERENCES).values()
    assert np.mean([image.cider for image in images]) == _close(corpus.cider)
    assert np.mean([image.rouge_l for image in images]) == _close(corpus.rouge_l)


def test_a_reference_as_hypothesis_is_a_perfect_match() -> None:
    scores = score({key: captions[0] for key, captions in REFERENCES.items()}, REFERENCES)
    assert dataclasses.astuple(scores)[:5] == pytest.approx([100] * 5)


def test_captions_without_words_score_nothing() -> None:
    scores = score(dict.fromkeys(REFERENCES, " ... "), REFERENCES)
    assert dataclasses.astuple(scores) == pytest.approx([0] * 6, abs=1e-6)


def test_one_image_has_no_cider() -> None:
    scores = score({"a": "a dog runs home"}, {"a": ["a dog runs home"]})
    assert scores.cider == 0
    assert scores.bleu4 == pytest.approx(100)
    assert score_each({"a": "a dog"}, {"a": ["a dog"]})["a"].cider == 0


@pytest.mark.parametrize(
    ("hypotheses", "references", "message"),
    [
        ({}, {}, "nothing to score"),
        ({"a": "x"}, {}, "nothing to score"),
        ({}, {"a": ["x"]}, "No caption was given for 1 of the images \\('a'\\)"),
        ({"a": "x", "b": "x"}, {"a": ["x"]}, "no references for 1 of the images \\('b'\\)"),
        ({"a": "x"}, {"a": []}, "'a' has an empty list"),
        ({"a": "x"}, {"a": "x"}, "'a' must be a list"),
    ],
)
def test_refuses_what_cannot_be_scored(
    hypotheses: dict[str, str], references: dict[str, list[str]], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        score(hypotheses, references)
    with pytest.raises(ValueError, match=message):
        score_each(hypotheses, references)


def _random_corpus(seed: int) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Captions of few words, so that n-grams repeat, match, miss and are sometimes absent."""
    chance = random.Random(seed)
    words = [f"w{number}" for number in range(chance.choice((2, 6, 40)))]

    def caption(vocabulary: list[str], least: int) -> str:
        return " ".join(chance.choices(vocabulary, k=chance.randint(least, 12)))

    images = [f"image {number}" for number in range(chance.randint(1, 12))]
    references = {key: [caption(words, 1) for _ in range(chance.randint(1, 5))] for key in images}
    return {key: caption([*words, "unheard"], 0) for key in images}, references


@pytest.mark.parametrize("seed", range(20))
def test_scores_are_the_rulers_on_random_corpora(seed: int) -> None:
    bleu = pytest.importorskip("pycocoevalcap.bleu.bleu").Bleu(4)
    rouge = pytest.importorskip("pycocoevalcap.rouge.rouge").Rouge()
    cider = pytest.importorskip("pycocoevalcap.cider.cider").Cider()
    hypotheses, references = _random_corpus(seed)
    lists = {key: [caption] for key, caption in hypotheses.items()}
    bleu_scores, bleu_each = bleu.compute_score(references, lists, verbose=0)
    rouge_score, rouge_each = rouge.compute_score(references, lists)
    cider_score, cider_each = cider.compute_score(references, lists)

    ours = 0.01 * np.array(dataclasses.astuple(score(hypotheses, references)))
    assert ours == _close([*bleu_scores, rouge_score, cider_score])
    each = score_each(hypotheses, references).values()
    assert [0.01 * image.bleu4 for image in each] == _close(bleu_each[3])
    assert [0.01 * image.rouge_l for image in each] == _close(list(rouge_each))
    assert [0.01 * image.cider for image in each] == _close(list(cider_each))


class TestCiderD:
    def test_agrees_with_the_recorded_cider(self) -> None:
        scores = CiderD(REFERENCE_WORDS).scores(
            list(HYPOTHESIS_WORDS.values()), list(HYPOTHESIS_WORDS)
        )
        recorded = [RECORDED["image_scores"][key]["cider"] for key in HYPOTHESIS_WORDS]
        assert 100 * scores == _close(recorded)
        assert scores.dtype == np.float64

    def test_takes_token_ids(self) -> None:
        ids: dict[str, int] = {}
        references = {
            key: [[ids.setdefault(word, len(ids)) for word in words] for words in group]
            for key, group in REFERENCE_WORDS.items()
        }
        hypothesis = [ids[word] for word in REFERENCE_WORDS["tram"][3]]
        by_ids = CiderD(references).scores([hypothesis], ["tram"])
        by_words = CiderD(REFERENCE_WORDS).scores([REFERENCE_WORDS["tram"][3]], ["tram"])
        assert by_ids == _close(by_words)

    def test_a_caption_scores_the_same_alone_and_in_a_batch(self) -> None:
        # The same unheard-of words in several captions must not be taken for each other's.
        measure = CiderD(REFERENCE_WORDS)
        images = [*HYPOTHESIS_WORDS, *reversed(HYPOTHESIS_WORDS)]
        batch = [["zeppelin", *HYPOTHESIS_WORDS[key], "zeppelin", key] for key in images]
        alone = [
            measure.scores([words], [key])[0] for words, key in zip(batch, images, strict=True)
        ]
        assert measure.scores(batch, images) == _close(alone)

    def test_the_end_counts_as_a_word(self) -> None:
        ended = {key: [[*words, END] for words in group] for key, group in REFERENCE_WORDS.items()}
        batch = [[*words, END] for words in HYPOTHESIS_WORDS.values()]
        images = list(HYPOTHESIS_WORDS)
        expected = CiderD(ended).scores(batch, images)
        assert CiderD(REFERENCE_WORDS, end=END).scores(batch, images) == _close(expected)

    def test_breaking_off_costs_only_where_the_end_counts(self) -> None:
        whole = "a tram goes uphill".split()
        references = {"a": [whole], "b": [["two", "dogs"]], "c": [["rain"]]}
        broken_off = whole[:3]
        with_end = CiderD(references, end=END)
        full, unfinished, short = with_end.scores(
            [[*whole, END], whole, [*broken_off, END]], ["a", "a", "a"]
        )
        assert full > unfinished and full > short
        assert full == pytest.approx(10)

    def test_words_in_every_image_are_worth_nothing(self) -> None:
        measure = CiderD({"a": [["the", "dog"]], "b": [["the", "cat"]]})
        common, telling = measure.scores([["the", "bird"], ["a", "dog"]], ["a", "a"])
        assert common == 0
        # One matching word, of two that weigh the same in the caption and one in the reference.
        assert telling == pytest.approx(10 / 4 / np.sqrt(2))

    def test_empty_batches_and_captions(self) -> None:
        measure = CiderD(REFERENCE_WORDS)
        assert measure.scores([], []).shape == (0,)
        assert measure.scores([[], []], ["tram", "ice"]).tolist() == [0, 0]
        assert CiderD({"a": [[]], "b": [[]]}).scores([["dog"], []], ["a", "b"]).tolist() == [0, 0]

    def test_refuses_what_cannot_be_scored(self) -> None:
        measure = CiderD(REFERENCE_WORDS)
        with pytest.raises(ValueError, match="1 hypotheses came with 2 images"):
            measure.scores([["dog"]], ["tram", "ice"])
        with pytest.raises(KeyError, match="zoo"):
            measure.scores([["dog"]], ["zoo"])
        with pytest.raises(ValueError, match="none were given"):
            CiderD({})
        with pytest.raises(ValueError, match="'zoo' has an empty list"):
            CiderD({"zoo": []})
