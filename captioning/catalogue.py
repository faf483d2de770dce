"""The models this package knows by name, and where their checkpoints lie."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from captioning.errors import CaptioningError

MODELS: Mapping[str, str] = MappingProxyType(
    {
        "resnet34-lstm": "ResNet-34 + LSTM",
        "mobilenet-attention": "MobileNet + attention",
    }
)
"""Name of each bundled model and its title for people, in the order of their answers."""

_WEIGHTS = Path(__file__).parent / "weights"


class UnknownModelError(CaptioningError):
    """Neither the name of a bundled model nor the path of a checkpoint."""


def locate(name_or_path: str | Path) -> Path:
    """The checkpoint file of a bundled model's name, or of a path.

    Raises:
        UnknownModelError: when there is neither.
    """
    if name_or_path in MODELS:
        return _WEIGHTS / f"{name_or_path}.safetensors"
    path = Path(name_or_path)
    if path.is_file():
        return path
    raise UnknownModelError(
        f"{str(name_or_path)!r} is neither a model ({', '.join(MODELS)}) nor a checkpoint file"
    )
