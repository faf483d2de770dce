"""The command lines say their version, and write names in any script to any console."""

import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

import captioning.__main__
import training.__main__


def test_a_console_that_lacks_letters_gets_their_numbers() -> None:
    script = "from captioning.console import accept_every_name as f; f(); print('Кот.jpg')"
    finished = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONIOENCODING": "cp1252"},
        capture_output=True,
        text=True,
    )
    assert (finished.stdout.strip(), finished.returncode) == (r"\u041a\u043e\u0442.jpg", 0)


@pytest.mark.parametrize("program", [captioning.__main__, training.__main__])
def test_the_version_is_told(program: object) -> None:
    result = CliRunner().invoke(program.app, ["--version"])  # type: ignore[attr-defined]
    assert (result.exit_code, result.output.startswith("captionbot ")) == (0, True)
