import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("openvino")

SCRIPT = """
import socket, sys
def refuse(*arguments, **options):
    raise SystemExit(f"looked up {arguments}")
socket.getaddrinfo = socket.gethostbyname = socket.create_connection = refuse
from captioning.runtime.telemetry import import_openvino
import captioning.runtime.export
core = import_openvino().Core()
assert import_openvino() is import_openvino()
assert not [name for name in sys.modules if name.startswith("openvino_telemetry")]
assert "openvino.tools.ovc" not in sys.modules
"""


def test_openvino_is_imported_without_telling_anybody(tmp_path: Path) -> None:
    finished = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=os.environ | {"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert finished.returncode == 0, finished.stderr
    assert list(tmp_path.iterdir()) == []


def test_it_is_the_only_way_to_openvino() -> None:
    package = Path(__file__).parents[3] / "captioning"
    importing = {
        path.name
        for path in package.rglob("*.py")
        if "import openvino\n" in path.read_text() or 'import_module("openvino' in path.read_text()
    }
    assert importing == {"telemetry.py"}
