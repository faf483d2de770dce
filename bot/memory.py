"""Keeps glibc from holding on to memory that the program has given back.

It has an arena for every thread, which only grows, and takes ever larger blocks from them. With
threads that decode photos and compute, that is tens of megabytes. Elsewhere nothing is done.
"""

import ctypes
import sys

# Of <malloc.h>.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_ARENAS = 2
_LARGE_BYTES = 1 << 20


def spare() -> bool:
    """From now on, have few arenas, and give large blocks back at once; false where it cannot."""
    libc = _glibc()
    if libc is None:
        return False
    libc.mallopt(_M_ARENA_MAX, _ARENAS)
    libc.mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
    libc.mallopt(_M_TRIM_THRESHOLD, _LARGE_BYTES)
    return True


def give_back() -> bool:
    """Give back what is free between blocks in use; false where it cannot be."""
    libc = _glibc()
    if libc is None:
        return False
    libc.malloc_trim(0)
    return True


def _glibc() -> ctypes.CDLL | None:
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    return libc if hasattr(libc, "mallopt") and hasattr(libc, "malloc_trim") else None
