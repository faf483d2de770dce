"""Which engine computes.

On a processor OpenVINO runs a network several times faster than torch, and without importing it;
torch is the reference, the fallback and what uses GPUs.
"""

import importlib.util
import sys
from pathlib import Path
from typing import Literal, get_args

from captioning.errors import CaptioningError

EngineName = Literal["torch", "openvino"]
AUTO = "auto"
NAMES = (AUTO, *get_args(EngineName))
# Drivers of GPUs that torch knows; where there is none, it need not be imported to say so.
_DRIVERS = ("/dev/nvidiactl", "/dev/dxg", "/dev/kfd")


class EngineError(CaptioningError):
    """The named engine does not exist or is not installed."""


def choose(name: str) -> EngineName:
    """The engine to use.

    Args:
        name: ``torch`` (a GPU where there is one), ``openvino`` (processors), or ``auto``: torch on
            a GPU, else OpenVINO where it is installed, else torch.

    Raises:
        EngineError: for an unknown engine or one that is not installed.
    """
    if name not in NAMES:
        raise EngineError(f"engine must be one of {', '.join(NAMES)}: {name!r}")
    installed = importlib.util.find_spec("openvino") is not None
    if name == "openvino" and not installed:
        raise EngineError("the engine openvino needs the package openvino: pip install openvino")
    if name == "openvino" or (name == AUTO and installed and not _has_gpu()):
        return "openvino"
    return "torch"


def _has_gpu() -> bool:
    may_have = sys.platform != "linux" or any(Path(driver).exists() for driver in _DRIVERS)
    if "torch" not in sys.modules and not may_have:
        return False
    import torch

    return torch.cuda.is_available()
