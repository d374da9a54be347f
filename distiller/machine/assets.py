"""Where what ships lies: inside the installed package, else in the checkout beside it."""

from pathlib import Path

__all__ = ["ASSETS"]

_PACKAGE = Path(__file__).parent.parent
_INSTALLED = _PACKAGE / "assets"

ASSETS = _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent / "assets"
"""The folder with priors, judges, references and the page's files; it is only read."""
