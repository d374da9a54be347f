"""What the page is sent of whole sets, every class for each lane: a part of `payloads`."""

from collections.abc import Mapping, Sequence
from typing import Literal, TypedDict

from .study import Grade

__all__ = ["Cell", "Mean", "Means", "Measure", "Whole", "WholeLane"]


class WholeLane(TypedDict):
    """How far a lane is."""

    slot: int
    name: str
    link: Mapping[str, str]  # of its set, by which the tables of accuracies have it
    real: bool  # whether its images are random real ones, of which no set is handed over
    made: Sequence[int]  # labels of the classes that are there
    failed: Mapping[str, str]  # why a class is not, by its label


class Whole(TypedDict):
    """How far the sets of some lanes are. Their images and scores are fetched by its id."""

    id: str
    live: bool
    dataset: str
    classes: Sequence[str]
    n: int  # images of a class
    lanes: Sequence[WholeLane]
    progress: float  # from 0 to 1
    left: int | None  # seconds, about; None when nothing is left
    now: str  # what is made, in words


class Cell(TypedDict):
    """One class of one lane: its first images side by side, its scores and all its places."""

    slot: int
    label: int
    images: int  # on the strip
    strip: str
    points: Mapping[str, Sequence[Sequence[float]]]  # (n, 2) in each view that has all classes
    values: Mapping[str, float | None]  # by the key of the score
    ranks: Mapping[str, float | None]  # the same, turned so that more is better


class Mean(TypedDict):
    """A score of a lane, over the classes."""

    mean: float | None  # None where no class has one
    spread: float | None  # standard deviation between the classes; None of one class
    count: int  # of classes
    real: float | None  # the mean of random real images, of the same number in the same classes
    chance: float | None  # by how much the mean of other random real images differs from that
    grade: Grade  # beside random real images


class Measure(TypedDict):
    """A score, and its mean for each lane."""

    key: str
    space: str  # "latents", "features" or "judge"
    title: str
    about: str
    better: Literal["higher", "lower", "typical"]
    unit: str
    lanes: Mapping[str, Mean]  # by slot


class Means(TypedDict):
    """All scores as means over those classes that every lane has."""

    id: str
    classes: Sequence[int]  # their labels
    measures: Sequence[Measure]
