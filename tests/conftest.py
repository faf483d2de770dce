"""What all tests share."""

from collections.abc import Iterator

import pytest

from captioning import catalogue

TWO_MODELS = ("resnet34-lstm", "mobilenet-attention")


@pytest.fixture(scope="session", autouse=True)
def _two_models() -> Iterator[None]:
    """Leave the catalogue the two models that tests speak of, so that a third breaks none of them.

    What holds for every bundled model is tested of `catalogue.BUNDLED`.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name in set(catalogue.ENTRIES) - set(TWO_MODELS):
            patch.delitem(catalogue._entries, name)
        yield
