"""Evaluate: distilled sets beside random real images, and the nets that are trained on them."""

from .accuracy import evaluate_sets, waiting
from .board import Board, Contest, Entry, mean_of_full
from .candidate import Candidate, Shelf, complete, shipped_set

__all__ = [
    "Board",
    "Candidate",
    "Contest",
    "Entry",
    "Shelf",
    "complete",
    "evaluate_sets",
    "mean_of_full",
    "shipped_set",
    "waiting",
]
