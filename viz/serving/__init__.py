"""Serving: the waiting line before the device, the desk that asks, and what is kept of runs."""

from .beforehand import pass_cost
from .desk import VISITOR, Desk, Made, open_desk
from .held import Held
from .job import OVER, Busy, Job, Place, State, Steps, places_of, words_of
from .kept import Kept, key_of
from .key import run_key
from .line import Line
from .rates import Rates
from .run_group import RunGroup
from .ticket import Begun, Several, Ticket
from .zero_gpu import Spent, computed, lends, place_networks, sample, seconds_for

__all__ = [
    "OVER",
    "VISITOR",
    "Begun",
    "Busy",
    "Desk",
    "Held",
    "Job",
    "Kept",
    "Line",
    "Made",
    "Place",
    "Rates",
    "RunGroup",
    "Several",
    "Spent",
    "State",
    "Steps",
    "Ticket",
    "computed",
    "key_of",
    "lends",
    "open_desk",
    "pass_cost",
    "place_networks",
    "places_of",
    "run_key",
    "sample",
    "seconds_for",
    "words_of",
]
