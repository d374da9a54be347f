"""Memory: what training frees and takes again, step after step, stays with the process.

By default the C library gives a large tensor's memory back to the system when it is freed; the
next step's has to be mapped and zeroed anew, page by page, which was measured to take a quarter
of the time of training a small net on a processor (bench/results.md). In a thread that is not the
main one that holds for tensors of up to about 48 MB: a heap of such a thread ends at 64.
"""

import ctypes
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import RLock

__all__ = ["memory_kept"]

TRIM_THRESHOLD, TOP_PAD, MMAP_THRESHOLD, MMAP_MAX = -1, -2, -3, -4  # of malloc.h
KEEPING = {MMAP_MAX: 0, TRIM_THRESHOLD: 2**31 - 1, TOP_PAD: 2**26}
# What the C library arrives at by itself in a process that frees large tensors.
USUAL = {MMAP_MAX: 2**16, MMAP_THRESHOLD: 2**25, TRIM_THRESHOLD: 2**26, TOP_PAD: 2**17}

_lock = RLock()  # a generator that is collected may let go inside
_holders = 0


@contextmanager
def memory_kept() -> Iterator[None]:
    """Keeps freed memory in the process until the last who asked for it is done.

    It may be held across a `yield`: it is of the whole process, and nobody's results depend on it.
    Does nothing where the C library is not glibc.
    """
    global _holders
    libc = _glibc()
    if libc is None:
        yield
        return
    with _lock:
        _holders += 1
        if _holders == 1:
            _set(libc, KEEPING)
    try:
        yield
    finally:
        with _lock:
            _holders -= 1
            if _holders == 0:
                _set(libc, USUAL)
                libc.malloc_trim(0)


@cache
def _glibc() -> ctypes.CDLL | None:
    return ctypes.CDLL(None) if platform.libc_ver()[0] == "glibc" else None


def _set(libc: ctypes.CDLL, options: dict[int, int]) -> None:
    for name, value in options.items():
        libc.mallopt(name, value)
