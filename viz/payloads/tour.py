"""What the page is sent of its guided tour: a part of `payloads`."""

from collections.abc import Mapping
from typing import TypedDict

from .study import StudyValue

__all__ = ["Tour", "TourCounts", "TourFacts", "TourStudy"]


class Tour(TypedDict):
    """Where the tour begins."""

    page: str  # the page that a link asks for; "" if none does


class TourCounts(TypedDict):
    """How many methods of a study stand where, beside random real images, by accuracy."""

    better: int
    like: int
    worse: int


class TourStudy(TypedDict):
    """What a study says of the methods that the tour speaks of."""

    title: str  # of the data set
    caption: str
    counts: TourCounts
    methods: Mapping[str, Mapping[str, StudyValue]]  # by method, then by axis


class TourFacts(TypedDict):
    """What the tour says of whole sets, by the name of the study, such as "solids-10"."""

    studies: Mapping[str, TourStudy]
