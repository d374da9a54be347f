"""One visitor of the page: what is asked for, held, shown again, and said by a link."""

from .coming_back import NOUNS, Resumed, followed, resume, standing
from .link import TOUR, Opening, opening, tour_page
from .look import HIDDEN, parted
from .session import Session, holder, replaced
from .turn import Turn
from .visit import (
    evaluation,
    evaluation_again,
    measured,
    received,
    run,
    run_again,
    sets_of,
    training,
    training_again,
)

__all__ = [
    "HIDDEN",
    "NOUNS",
    "TOUR",
    "Opening",
    "Resumed",
    "Session",
    "Turn",
    "evaluation",
    "evaluation_again",
    "followed",
    "holder",
    "measured",
    "opening",
    "parted",
    "received",
    "replaced",
    "resume",
    "run",
    "run_again",
    "sets_of",
    "standing",
    "tour_page",
    "training",
    "training_again",
]
