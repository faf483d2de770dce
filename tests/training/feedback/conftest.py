"""A photograph, and what people say about some pictures, as an export."""

from pathlib import Path

import pytest


@pytest.fixture
def photo_bytes() -> bytes:
    """A photograph that no model was trained on: the astronaut Eileen Collins (NASA, 1993)."""
    return (Path(__file__).parents[2] / "data" / "astronaut.jpg").read_bytes()
