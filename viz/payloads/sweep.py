"""What the page is sent of a sweep: a part of `payloads`."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

from .compare import Done, Waiting
from .study import Grade

__all__ = ["Sweep", "SweepAxis", "Swept", "SweptAxis", "SweptCell", "SweptExample", "SweptScore"]


class SweepAxis(TypedDict):
    """A dial that is swept, from one end to the other."""

    key: str  # "cfg_scale", "steps", "ipc", or the full name of a hyperparameter
    low: float
    high: float
    count: int  # of values


class Sweep(TypedDict):
    """What is swept: one or two dials of a method, on one class and from one seed."""

    dataset: str
    label: int
    method: str
    ipc: int
    steps: int
    cfg_scale: float
    seed: int
    axes: Sequence[SweepAxis]  # columns, then rows
    run: NotRequired[bool]  # whether it is to be made at once, since a link asks for it


class SweptAxis(TypedDict):
    """An axis of the grid."""

    title: str
    values: Sequence[float]


class Swept(TypedDict):
    """How the cells of a sweep stand."""

    id: str
    words: str  # what is swept
    axes: Sequence[SweptAxis]  # columns, then rows
    cells: Mapping[str, Waiting | Done]  # by "row column"; none of those that have not begun


class SweptScore(TypedDict):
    """A score of a cell beside random real sets of the same size."""

    space: str  # "latents", "features" or "judge"
    name: str
    title: str
    about: str
    value: float | None  # None where it is not defined
    mean: float | None  # of the random real sets; None where they are not known
    spread: float | None
    grade: Grade
    verdict: str
    unit: str  # behind the value, or ""


class SweptCell(TypedDict):
    """A finished cell: its first images, and how its whole set scores."""

    query: Mapping[str, str]  # of the link that opens its run
    sheet: str
    scores: Sequence[SweptScore]


class SweptExample(TypedDict):
    """A sweep that ships with the page."""

    sweep: Sweep
    swept: Swept  # without cells
    cells: Mapping[str, SweptCell]  # by "row column"
