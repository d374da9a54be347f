"""Sweep: one or two dials of a method on a grid."""

from .cells import cell_of, handed_cell, shipped_sweep, swept
from .grid import COUNT, PARTS, SHARED, SIDES, Axis, Sweep, dials_of, usual
from .link import linked, possible

__all__ = [
    "COUNT",
    "PARTS",
    "SHARED",
    "SIDES",
    "Axis",
    "Sweep",
    "cell_of",
    "dials_of",
    "handed_cell",
    "linked",
    "possible",
    "shipped_sweep",
    "swept",
    "usual",
]
