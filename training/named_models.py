"""The models that a command was given: bundled ones by name, checkpoint files, folders of runs."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePath

from captioning.catalogue import ENTRIES, REMOTE
from training.run_folder import ModelError, RunFolder


def checkpoint_of(name_or_path: str) -> str | Path:
    """What `load_captioner` should load: of a run's folder its best checkpoint.

    Raises:
        ModelError: when the run has none yet.
    """
    folder = Path(name_or_path)
    return RunFolder(folder).captioning() if folder.is_dir() else name_or_path


def check_there(name_or_path: str) -> None:
    """Make sure that there is such a run, checkpoint or model, before anything else is looked for.

    Raises:
        ModelError: there is not, or the run has no checkpoint yet.
    """
    checkpoint_of(name_or_path)
    if name_or_path not in {*ENTRIES, *REMOTE} and not Path(name_or_path).exists():
        raise ModelError(
            f"there is no run, checkpoint or bundled model {name_or_path}: "
            f"the models are {', '.join(ENTRIES)}"
        )


def distinct(titles: Sequence[str], paths: Sequence[str]) -> list[str]:
    """The titles of models, those that several share told apart by the ends of their paths.

    A bundled model that was called by its title needs no more.
    """
    shared = {title for title, number in Counter(titles).items() if number > 1}
    parts = [PurePath(path.removesuffix(".safetensors")).parts for path in paths]
    told = list(titles)
    # The same path may be given twice: then nothing tells the two apart.
    for length in range(1, max(map(len, parts), default=0) + 1):
        if len(set(told)) == len(told):
            break
        told = [
            f"{title} ({PurePath(*of_path[-length:])})"
            if title in shared and title != path
            else title
            for title, path, of_path in zip(titles, paths, parts, strict=True)
        ]
    return told
