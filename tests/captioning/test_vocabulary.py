import math

import pytest

from captioning.vocabulary import (
    BOS,
    EMPTY,
    EOS,
    PAD,
    SPECIAL_TOKENS,
    UNK,
    Vocabulary,
    sentence,
    tokenise,
)


@pytest.mark.parametrize(
    ("caption", "words"),
    [
        ("A dog , running .", ["a", "dog", "running"]),
        ("A man's T-shirt", ["a", "man's", "t-shirt"]),
        ("the boy’s hat", ["the", "boy's", "hat"]),
        ('"Two" (2) dogs!', ["two", "2", "dogs"]),
        (" - ' . ", []),
    ],
)
def test_tokenise(caption: str, words: list[str]) -> None:
    assert tokenise(caption) == words


def test_sentences_read_as_people_write_them() -> None:
    assert sentence(["a", "dog", "runs"]) == "A dog runs."
    assert sentence(["a", "", "dog"], finished=False) == "A dog…"
    assert sentence([]) == ""


def test_unknown_words_become_unk() -> None:
    vocabulary = Vocabulary(["a", "dog"])
    assert vocabulary.words == (*SPECIAL_TOKENS, "a", "dog")
    assert vocabulary.encode("A cat!") == [4, UNK]


def test_counts_are_of_the_captions_and_rarity_is_in_e_folds_below_common() -> None:
    captions = ["A dog.", "a dog", *["a"] * 994]
    vocabulary = Vocabulary(["a", "dog", "cat"]).counted(captions)
    assert vocabulary.counts == (996, 2, 0)
    # 998 words: three in a thousand would be 2.994 of them.
    expected = [0, 0, 0, 0, 0, math.log(2.994 / 2), math.log(2.994)]
    assert vocabulary.rarity() == pytest.approx(expected)


def test_words_that_were_not_counted_are_not_rare() -> None:
    assert Vocabulary(["a", "dog"]).rarity() == [0.0] * 6


def test_counts_of_other_words_are_refused() -> None:
    with pytest.raises(ValueError, match="counts other words"):
        Vocabulary(["a", "dog"], [3])


def test_decode_stops_at_the_end_and_leaves_special_tokens_out() -> None:
    vocabulary = Vocabulary(["a", "dog"])
    assert vocabulary.decode([BOS, 4, UNK, 5, PAD, EOS, 4]) == ["a", "dog"]


@pytest.mark.parametrize("words", [["a", "a"], [""], ["<eos>"]])
def test_a_broken_vocabulary_is_refused(words: list[str]) -> None:
    with pytest.raises(ValueError, match="vocabulary lists"):
        Vocabulary(words)


def test_an_imported_empty_word_is_said_but_not_written() -> None:
    words = Vocabulary(["a", EMPTY, "dog"]).decode([4, 5, 6, EOS])
    assert words == ["a", "", "dog"]
    assert sentence(words) == "A dog."
