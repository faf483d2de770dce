"""What a detector found in photos, from a file."""

import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.datasets import DatasetError
from training.datasets.records import read_lines


def read_objects(path: Path, names: Sequence[str]) -> NDArray[np.float32]:
    """What was found in each of the photos `names`.

    Each line of the file is ``{"file": …, "objects": [[name, score, …], …]}``, scores from 0 to 1;
    what follows a score, such as a box, is not read. A file is known by the photo's name in the
    prepared folder, or by what follows the last ``/`` in it.

    Returns:
        (N, 2K + 1): of each of K kinds of objects, in alphabetical order, the highest score and
        log(1 + the sum of scores), and at last whether the file tells of the photo.

    Raises:
        DatasetError: naming file and line of what is wrong, also of a photo that is there twice or
            may be any of several; or when it tells of no photo.
    """
    rows = defaultdict(list)
    for row, name in enumerate(names):
        for known_as in {name, name.rpartition("/")[2]}:
            rows[known_as].append(row)
    found: dict[int, list[tuple[str, float]]] = {}
    for where, line in read_lines(path):
        file, objects = _parsed(line, where)
        photos = rows.get(file, [])
        if len(photos) > 1:
            several = " and ".join(names[row] for row in photos[:2])
            raise DatasetError(f"{where}: {file} may be {several}: tell which")
        if photos and photos[0] in found:
            raise DatasetError(f"{where}: {file} is listed twice")
        found.update(dict.fromkeys(photos, objects))
    if not found:
        raise DatasetError(f"{path} tells of no photo that is prepared")
    kinds = sorted({kind for objects in found.values() for kind, _ in objects})
    columns = {kind: column for column, kind in enumerate(kinds)}
    table = np.zeros((len(names), 2, len(kinds)), np.float32)
    for row, objects in found.items():
        for kind, score in objects:
            column = columns[kind]
            table[row, 0, column] = max(table[row, 0, column], score)
            table[row, 1, column] += score
    table[:, 1] = np.log1p(table[:, 1])
    is_there = np.zeros((len(names), 1), np.float32)
    is_there[list(found)] = 1
    return np.concatenate([table[:, 0], table[:, 1], is_there], 1)


def _parsed(line: str, where: str) -> tuple[str, list[tuple[str, float]]]:
    try:
        entry: Any = json.loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        raise DatasetError(f"{where}: not JSON") from error
    try:
        file, objects = entry["file"], [(one[0], float(one[1])) for one in entry["objects"]]
        if not isinstance(file, str) or not all(isinstance(kind, str) for kind, _ in objects):
            raise TypeError
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise DatasetError(
            f'{where}: expected {{"file": …, "objects": [[name, score, …], …]}}'
        ) from error
    if any(not 0 <= score <= 1 for _, score in objects):
        raise DatasetError(f"{where}: a score does not lie in [0, 1]")
    return file, objects
