"""The one place that imports OpenVINO, without its telemetry.

The package imports its conversion tools, and these look up an analytics host and leave an
identifier in the user's home folder, when they are imported already. Neither is used here, and
OpenVINO does without the tools where they are missing; so they are, while it is imported.
"""

import sys
from importlib import import_module
from typing import Any

_TOOLS = "openvino.tools.ovc"


def import_openvino() -> Any:
    """The package `openvino`.

    Raises:
        ImportError: when it is not installed.
    """
    if "openvino" in sys.modules or _TOOLS in sys.modules:
        return import_module("openvino")
    # An entry of None makes an import fail as if there were no such module.
    sys.modules[_TOOLS] = None  # type: ignore[assignment]
    try:
        return import_module("openvino")
    finally:
        del sys.modules[_TOOLS]
