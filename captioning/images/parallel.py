"""Work on several images at once: Pillow releases Python's lock while it decodes and scales."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

_Given = TypeVar("_Given")
_Made = TypeVar("_Made")


def in_parallel(function: Callable[[_Given], _Made], given: Sequence[_Given]) -> list[_Made]:
    """What `function` makes of each, in their order, on all cores; the first error is raised."""
    if len(given) < 2:
        return [function(each) for each in given]
    return list(_threads().map(function, given))


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="images")
