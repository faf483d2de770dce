"""CHAIR: how often captions name objects that are not in the photo.

Source: Rohrbach et al., "Object Hallucination in Image Captioning" (2018). There an object counts
as present when annotators drew or mentioned it; here when any reference caption mentions it, so
that every captioned dataset can be measured. What five people left out therefore counts as
hallucinated though it may be there: compare models, do not read the number as an error rate.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from training.coco_objects import objects_in


@dataclass(frozen=True, slots=True)
class Chair:
    """Shares from 0 to 1; lower is better."""

    per_caption: float
    """CHAIRs: of captions that name at least one hallucinated object."""
    per_object: float
    """CHAIRi: of named objects that are hallucinated; an object counts once in each caption."""


def hallucinated(caption: str, references: Sequence[str]) -> set[str]:
    """Which of COCO's 80 objects `caption` names and none of `references` does."""
    return objects_in(caption) - set().union(*map(objects_in, references))


def chair(captions: Sequence[str], references: Sequence[Sequence[str]]) -> Chair:
    """Measure one caption per photo against all the photo's references.

    Args:
        references: of each photo, in the order of `captions`.

    Raises:
        ValueError: for no captions, or another number of references.
    """
    if not captions:
        raise ValueError("There is nothing to measure: no captions were given.")
    wrong = [
        len(hallucinated(caption, people))
        for caption, people in zip(captions, references, strict=True)
    ]
    named = sum(len(objects_in(caption)) for caption in captions)
    return Chair(
        per_caption=sum(map(bool, wrong)) / len(captions),
        per_object=sum(wrong) / named if named else 0.0,
    )
