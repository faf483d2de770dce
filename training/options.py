"""Options that several commands share."""

from pathlib import Path
from typing import Any

import typer


def _new_file(path: Path | None) -> Path | None:
    """Refuse at once what could otherwise be refused only after the work."""
    if path is not None and not path.absolute().parent.is_dir():
        raise typer.BadParameter(f"there is no folder {path.absolute().parent}")
    return path


def new_file_option(text: str) -> Any:
    return typer.Option(help=text, dir_okay=False, callback=_new_file)
