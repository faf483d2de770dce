"""What a captioner says."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Caption:
    """One caption of one photo."""

    text: str
    """A sentence for people; one that was cut at the length limit ends in an ellipsis."""
    words: tuple[str, ...]
    """Lower-case words as the model said them."""
    word_probabilities: tuple[float, ...]
    """Of each word, given the photo and the words before it."""
    log_probability: float
    """Of the whole caption, its end included: the sum of natural logarithms."""
    attention: NDArray[np.float32] | None = field(compare=False)
    """(T, h, w): where the model looked for each word, rows sum to 1; None without attention."""
    model: str
    version: str
    finished: bool = True
    """Whether the model ended it; otherwise it was cut at the length limit."""
    alternatives: tuple[str, ...] = ()
    """The next-best sentences, the best first, where they were asked for. They differ from this one
    and from each other in more than articles."""
    confidence: float | None = None
    """How likely it fits the photo, from 0 to 1; None where the model was not calibrated."""
