"""The one place that imports torchvision, and heals one broken pairing on the way.

A CPU build of torch together with torchvision's CUDA wheel is a common accident: torchvision's
compiled operators do not load, and its import then fails on the shapes it registers for the
undeclared ``torchvision::nms`` and ``torchvision::qnms``. Nothing in this project calls either, so
declaring their schemas is enough to make the rest of torchvision (plain Python) usable. A healthy
pair is imported as it is.
"""

import importlib
import sys
from types import ModuleType

import torch

_SCHEMAS = {
    "nms": "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms": "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}
# A library object withdraws its operators when it is collected, so it must live as long as we do.
_declared: list[torch.library.Library] = []


def import_torchvision() -> ModuleType:
    """Import torchvision, declaring its two box operators when their absence stops the import.

    Raises:
        ImportError, RuntimeError: whatever torchvision's import raises for any other reason.
    """
    try:
        return importlib.import_module("torchvision")
    except RuntimeError as error:
        if "operator torchvision::" not in str(error) or "does not exist" not in str(error):
            raise
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name, schema in _SCHEMAS.items():
        if not hasattr(torch.ops.torchvision, name):
            library.define(schema)
    _declared.append(library)
    for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
        del sys.modules[name]
    return importlib.import_module("torchvision")


torchvision = import_torchvision()
