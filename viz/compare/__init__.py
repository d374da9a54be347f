"""Compare: lanes of methods side by side, over one class and over whole sets."""

from .lanes import compared, handed, names_of, shipped_lanes, told
from .lineup import LANES, Lineup, begins_of, comparing, linked, menu, possible, usual
from .whole import cell, handed_over, means, sentences, whole_sets, whole_sets_again
from .whole_scores import Scored, better_of, key_of, means_of, rank_of, shared_by, told_apart
from .whole_set import PIXELS, Lane, Part, Whole

__all__ = [
    "LANES",
    "PIXELS",
    "Lane",
    "Lineup",
    "Part",
    "Scored",
    "Whole",
    "begins_of",
    "better_of",
    "cell",
    "compared",
    "comparing",
    "handed",
    "handed_over",
    "key_of",
    "linked",
    "means",
    "means_of",
    "menu",
    "names_of",
    "possible",
    "rank_of",
    "sentences",
    "shared_by",
    "shipped_lanes",
    "told",
    "told_apart",
    "usual",
    "whole_sets",
    "whole_sets_again",
]
