"""Arrays in the cache: sealed, and made anew where they are missing or damaged."""

import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .disk import keep
from .seal import check_seal

__all__ = ["keep_array", "keep_arrays", "load_array", "load_arrays"]


def keep_array(path: Path, array: NDArray[Any]) -> None:
    """Keeps an array; a cache that cannot be written is done without."""
    keep(path, lambda file: np.save(file, array), sealed=True)


def keep_arrays(path: Path, **arrays: NDArray[Any]) -> None:
    """Keeps arrays by name; a cache that cannot be written is done without."""
    keep(path, lambda file: np.savez(file, **arrays), sealed=True)  # type: ignore[arg-type]


def load_array(path: Path, *, mapped: bool = False) -> NDArray[Any] | None:
    """The array in a file, mapped into memory if asked; None if it is missing or damaged."""
    try:
        check_seal(path)
        array: NDArray[Any] = np.load(path, mmap_mode="r" if mapped else None, allow_pickle=False)
    except (OSError, ValueError, EOFError, MemoryError):
        return None
    return array if isinstance(array, np.ndarray) else None  # not an archive


def load_arrays(path: Path) -> dict[str, NDArray[Any]] | None:
    """The arrays in a file by name; None if it is missing or damaged."""
    try:
        check_seal(path)
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (
        OSError, ValueError, EOFError, MemoryError, TypeError, AttributeError, KeyError,
        NotImplementedError, zipfile.BadZipFile, zlib.error,
    ):  # fmt: skip
        return None
