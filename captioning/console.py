"""What the command lines of all packages share."""

import sys
from importlib.metadata import version
from io import TextIOWrapper
from typing import Annotated

import typer


def accept_every_name() -> None:
    """Let what the console's encoding lacks be written as `\\u0444` rather than end the program.

    Names of files, and texts, may be in any script.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _show(wanted: bool) -> None:
    if wanted:
        typer.echo(f"captionbot {version('captionbot')}")
        raise typer.Exit


VersionOption = Annotated[
    bool, typer.Option("--version", callback=_show, is_eager=True, help="Show the version.")
]
