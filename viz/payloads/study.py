"""What the page is sent of the shipped studies, and of any verdict: a part of `payloads`."""

from collections.abc import Mapping, Sequence
from typing import Literal, TypedDict

from .papers import PapersTable

__all__ = ["Grade", "Studies", "Study", "StudyAxis", "StudyLine", "StudyValue"]

Grade = Literal["better", "like", "worse"]
"""A verdict beside random real images, as a word for its colour."""


class StudyAxis(TypedDict):
    """A number that every set of a study has, and what it means."""

    name: str
    title: str
    about: str
    better: Literal["higher", "lower", ""]  # "": neither is
    digits: int  # after the point
    log: bool  # whether it is drawn on a logarithmic axis


class StudyValue(TypedDict):
    """A number of one method, beside that of random real images."""

    mean: float
    spread: float | None
    low: float | None  # the 95 % interval of the mean over sets; None of one set
    high: float | None
    sets: str  # what mean and spread are of, in words
    difference: float | None  # to random real images
    difference_low: float | None
    difference_high: float | None
    grade: Grade | None  # None where the spread of random real images is not known
    verdict: str


class StudyLine(TypedDict):
    """One method of a study."""

    name: str
    kind: Literal["random", "real", "made"]  # random real, chosen real, or distilled images
    link: Mapping[str, str] | None  # that makes its images of one class
    compared: Mapping[str, str] | None  # of a comparison that it is a lane of, beside real images
    values: Mapping[str, StudyValue]  # by axis


class Study(TypedDict):
    """Sets of one size by many methods, whose nets were all trained alike."""

    name: str
    choice: str  # what sets it apart from the other studies of its data set
    caption: str
    labels: str  # "hard" or "soft"
    conditions: Sequence[str]
    commands: Sequence[str]
    axes: Sequence[StudyAxis]
    rows: Sequence[StudyLine]


class Studies(TypedDict):
    """What was measured of a data set before any visit."""

    dataset: str
    title: str
    studies: Sequence[Study]
    papers: Sequence[PapersTable]  # of the same classes; none was measured here
