import pytest

from training.chair import Chair, chair, hallucinated
from training.coco_objects import OBJECTS, objects_in


def test_counts_captions_and_objects() -> None:
    captions = ["A dog chases a cat on a bench.", "A man rides a bike.", "It is green."]
    references = [["A puppy runs.", "A dog by a bench."], ["Someone on a bicycle."], ["Grass."]]
    # Five objects are named (dog, cat, bench, person, bicycle), and only the cat is not there.
    assert chair(captions, references) == Chair(per_caption=1 / 3, per_object=1 / 5)


def test_an_object_said_twice_counts_once() -> None:
    assert chair(["A cat looks at a cat by a car."], [["A car."]]) == Chair(1.0, 0.5)


def test_captions_that_name_nothing_hallucinate_nothing() -> None:
    assert chair(["It is green.", ""], [["A dog."], ["A cat."]]) == Chair(0.0, 0.0)


def test_one_reference_that_mentions_it_is_enough() -> None:
    assert hallucinated("A dog with a frisbee.", ["A dog.", "Someone threw a frisbee."]) == set()
    assert hallucinated("A dog with a frisbee.", ["A dog.", "A puppy."]) == {"frisbee"}


def test_refuses_what_it_cannot_measure() -> None:
    with pytest.raises(ValueError, match="no captions"):
        chair([], [])
    with pytest.raises(ValueError):
        chair(["A dog."], [])


@pytest.mark.parametrize("name", OBJECTS)
def test_an_object_is_known_by_its_own_name(name: str) -> None:
    # Alone, an orange is mostly a colour.
    assert objects_in("oranges" if name == "orange" else name) == {name}


def test_knows_all_objects_of_coco() -> None:
    assert len(OBJECTS) == len(set(OBJECTS)) == 80


@pytest.mark.parametrize(
    ("caption", "named"),
    [
        ("Two women eat hot dogs at desks.", {"person", "hot dog", "dining table"}),
        ("A teddy bear sits on a sofa.", {"teddy bear", "couch"}),
        ("A baby elephant beside adult elephants", {"elephant"}),
        ("A baby deer", set()),
        ("A couple of train tracks", set()),
        ("A couple on a train", {"person", "train"}),
        ("The orange shirt", set()),
        ("Knives, sandwiches and puppies!", {"knife", "sandwich", "dog"}),
        ("A dirt bike and a bike", {"motorcycle", "bicycle"}),
        ("Glasses of wine near a double-decker.", {"wine glass", "bus"}),
        ("A pair of skis on the ski slope", {"skis"}),
    ],
)
def test_names(caption: str, named: set[str]) -> None:
    assert objects_in(caption) == named
