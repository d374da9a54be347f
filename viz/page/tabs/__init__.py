"""The tabs, one file each. A file that is added here is found; it exports its `TAB`."""

from importlib import import_module
from pkgutil import iter_modules

from ..tab import Tab

__all__ = ["TABS"]


def _load(name: str) -> Tab:
    tab: Tab = import_module(f"{__name__}.{name}").TAB
    return tab


TABS: list[Tab] = sorted((_load(m.name) for m in iter_modules(__path__)), key=lambda t: t.place)
