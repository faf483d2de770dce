"""Which words of captions tell what is to be seen."""

from training.pairing.content_words import ContentWords

CAPTIONS = [
    "A dog by two buses.",
    "The dogs.",
    "A bus.",
    "Dog dog dog, puppies!",
    "A puppy on grass.",
]


def test_frequent_words_that_tell_something_come_by_their_frequency() -> None:
    words = ContentWords(CAPTIONS, min_count=2)
    assert words.words == ["dog"]  # said in two captions, and "a", which tells nothing, in three
    # Plurals go with a singular that is said often enough, in three captions as in one.
    assert ContentWords(CAPTIONS, min_count=1).words == ["dog", "bus", "puppy", "grass"]


def test_a_captions_words_are_each_told_once() -> None:
    words = ContentWords(CAPTIONS, min_count=1)
    assert words.of("Dogs, a dog and the bus on glass.") == [0, 1]
    assert words.of("Buses and puppies") == [1, 2]
    assert words.of("It is on the top.") == []


def test_a_plural_whose_singular_nobody_says_stays() -> None:
    words = ContentWords(["Two giraffes on grass"], min_count=1)
    assert words.words == ["giraffes", "grass"]
