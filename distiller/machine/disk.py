"""The disk: a folder for what can be made again, and files that are written whole or not at all."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

__all__ = ["cache_folder", "keep"]


def cache_folder() -> Path:
    """DISTILLER_CACHE, else the user's cache folder; it need not exist yet."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("DISTILLER_CACHE") or Path(home) / "distiller")


def keep(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Writes a file whole or not at all; a cache that cannot be written is done without."""
    partial = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:
            write(file)
        partial.replace(path)
    except OSError:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
