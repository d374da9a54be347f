"""The cache: a folder for what can be made again."""

import os
from pathlib import Path

__all__ = ["cache_folder"]


def cache_folder() -> Path:
    """DISTILLER_CACHE, else the user's cache folder; it need not exist yet."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("DISTILLER_CACHE") or Path(home) / "distiller")
