"""Folders that one run at a time works in.

The lock is the system's own, on the folder itself: nothing is written for it, and it ends with the
process that holds it, however that ends.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import Refused

__all__ = ["alone", "is_held"]

NOT_HERE = {errno.ENOTSUP, errno.ENOLCK, errno.EINVAL, errno.ENOSYS, errno.EBADF}


@contextmanager
def alone(folder: Path) -> Iterator[bool]:
    """Holds a folder until the block ends, and says whether it can be held.

    Not every system and not every network disk has locks: there the block runs without. The folder
    is made where there is none, and removed again if nothing came into it. The block may hold it
    across a `yield`: it is of the whole process, and two runs of one process exclude each other.

    Raises:
        Refused: if another run holds it.
        OSError: if it cannot be made.
    """
    made = not folder.is_dir()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        try:
            handle = _locked(folder)
        except BlockingIOError as error:
            raise Refused(
                f"Another run works in {folder}. Wait until it is done: the same command then goes "
                "on from what it made. Or choose another folder."
            ) from error
        try:
            yield handle is not None
        finally:
            if handle is not None:
                os.close(handle)
    finally:
        if made:
            with suppress(OSError):  # it is not empty, or gone
                folder.rmdir()


def is_held(path: Path) -> bool:
    """Whether another holds a file or folder; one that is not there is not held."""
    try:
        handle = _locked(path)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    if handle is not None:
        os.close(handle)
    return False


def _locked(path: Path) -> int | None:
    """An open handle that holds a file or folder; None where there are no locks.

    Raises:
        BlockingIOError: if another holds it.
    """
    try:
        from fcntl import LOCK_EX, LOCK_NB, flock
    except ImportError:  # Windows
        return None
    handle = os.open(path, os.O_RDONLY)
    try:
        flock(handle, LOCK_EX | LOCK_NB)
    except OSError as error:
        os.close(handle)
        if error.errno in NOT_HERE:
            return None
        raise
    return handle
