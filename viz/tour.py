"""The guided tour: where it begins, and what it says of whole sets.

Its pages are `assets/page/tour/pages.js`. Every number of theirs is read from the runs that are on
the page, or comes from here, that is from the shipped studies.
"""

from collections import Counter
from functools import cache
from itertools import permutations
from random import SystemRandom
from typing import Any

from distiller.data.registry import DATASETS
from distiller.errors import Refused
from distiller.evaluation.study import Study
from distiller.limits import choice
from distiller.sets.request import Request

from . import payloads
from .catalogue import first_run
from .compare.lanes import shipped_lanes
from .guess.game import ask_shipped
from .guess.question import Pair, methods_of, pair_of, shipped_run, study_of
from .results.study import joined_studies, shown_value
from .settings import FIRST

__all__ = ["facts", "first", "lanes", "question"]

STUDIES = {
    "solids-10": ("solids", 10), "solids-50": ("solids", 50), "digits-10": ("digits", 10),
}  # fmt: skip
"""Data sets and images a class of the studies that the tour speaks of."""
PROTOCOL = "quick"
METHODS = ("random", "dit", "minimax", "dap", "d3hr")
AXES = ("accuracy", "coverage", "vendi")


@cache
def facts(_: Any = None) -> payloads.TourFacts:
    """What the tour says of whole sets.

    Raises:
        Refused: if a study that it speaks of does not ship.
    """
    return {"studies": {name: _told(*place) for name, place in STUDIES.items()}}


def _told(dataset: str, ipc: int) -> payloads.TourStudy:
    study = _study(dataset, ipc)
    rows = {row.method: row for row in study.rows}
    grades = Counter(
        shown_value(study, row, "accuracy")["grade"]
        for method, row in rows.items()
        if method != "random" and "accuracy" in row.figures
    )
    title = DATASETS[dataset].title
    size = f"{ipc} images a class"
    return {
        "title": title,
        "caption": f"{title}, {size}, {study.net}, protocol {study.protocol}",
        "counts": {"better": grades["better"], "like": grades["like"], "worse": grades["worse"]},
        "methods": {
            method: {key: shown_value(study, rows[method], key) for key in AXES}
            for method in METHODS
        },
    }


def _study(dataset: str, ipc: int) -> Study:
    for study in joined_studies(dataset):
        if (study.ipc, study.protocol) == (ipc, PROTOCOL):
            return study
    raise Refused(f"The study of {dataset} with {ipc} images a class does not ship.")


def first(dataset: Any) -> payloads.Run:
    """The run of a data set that ships with the page.

    Raises:
        Refused: if none does.
    """
    name = choice("data set", dataset, DATASETS)
    run = first_run(name)
    if run is None:
        raise Refused(f"No run ships with {DATASETS[name].title}.")
    return run


def lanes(dataset: Any) -> payloads.Lanes:
    """The comparison of a data set that ships with the page.

    Raises:
        Refused: if none does.
    """
    name = choice("data set", dataset, DATASETS)
    found = shipped_lanes(name)
    if found is None:
        raise Refused(f"No comparison ships with {DATASETS[name].title}.")
    return found


def question(_: Any = None) -> payloads.GuessQuestion:
    """A question which of two sets teaches better, whose images ship: it is there at once.

    Raises:
        Refused: if the images of no two methods ship.
    """
    pairs = _pairs()
    if not pairs:
        raise Refused("The images of no two methods ship with the page.")
    return ask_shipped(SystemRandom().choice(pairs))


@cache
def _pairs() -> list[Pair]:
    """All questions about two methods whose images ship."""
    study, shipped = study_of(FIRST), shipped_lanes(FIRST)
    if shipped is None:
        return []
    label = shipped["lineup"]["label"]
    there = [name for name in methods_of(study) if _ships(pair_of(study, (name, name), label))]
    return [pair_of(study, methods, label) for methods in permutations(there, 2)]


def _ships(pair: Pair) -> bool:
    lanes = pair.lineup.lanes.values()
    return all(isinstance(lane, Request) and shipped_run(lane) is not None for lane in lanes)
