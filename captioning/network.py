"""What a captioner needs of a loaded network, whatever computes."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from PIL import Image

from captioning.search import Floats, Hypothesis, SearchOptions

State = TypeVar("State")


class Network(Protocol[State]):
    """An encoder and a decoder with their weights; thread-safe."""

    engine: str
    """Its name, see `captioning.engine`."""

    def read(self, images: Sequence[Image.Image]) -> State:
        """What is known of photos, RGB, before the first word."""

    def pooled(self, state: State) -> Floats:
        """The encoder's mean over the grid (B, C) of each photo that was read."""

    def search(
        self,
        state: State,
        options: SearchOptions,
        *,
        brevity: float = 0.0,
        photos: Sequence[int] | None = None,
    ) -> list[list[Hypothesis]]:
        """Decode captions of what was read, see `captioning.search.search`.

        Args:
            brevity: added to the end token's logit before every word.
            photos: only these, in this order.
        """
