"""Memory that a step gives back is kept for the next one.

The C library hands large blocks back to the system when they are freed, and the system clears each page
before it gives it out again: on a processor that cost a step of a small convolution network 3,000 to 5,000
page faults and a third of its time (docs/decisions/0161).
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""the parameters' numbers in glibc's malloc.h"""
_NEVER = 2**31 - 1
_MMAP_USUAL, _TRIM_USUAL = 32 * 2**20, 64 * 2**20
"""what glibc's thresholds grow to by themselves in a program that uses large blocks"""


@contextmanager
def keeping_memory() -> Iterator[None]:
    """Inside the block, freed memory stays with this process; after it, what is free goes back.

    Does nothing where the C library is not glibc: others have no such thresholds.
    """
    library = _glibc()
    if library is None:
        yield
        return
    library.mallopt(_MMAP_THRESHOLD, _NEVER)
    library.mallopt(_TRIM_THRESHOLD, _NEVER)
    try:
        yield
    finally:
        library.mallopt(_MMAP_THRESHOLD, _MMAP_USUAL)
        library.mallopt(_TRIM_THRESHOLD, _TRIM_USUAL)
        library.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    if not sys.platform.startswith("linux"):
        return None
    try:
        library = ctypes.CDLL("libc.so.6")
    except OSError:
        return None
    return library if hasattr(library, "gnu_get_libc_version") else None
