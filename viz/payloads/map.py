"""What the page is sent of a map, and of what a run is on it: a part of `payloads`."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

__all__ = ["Field", "Film", "Places", "Standing", "View", "Witness"]


class View(TypedDict):
    """The places of all points in one view of the map."""

    xy: str  # base64 of (n, 2) int16
    scale: float  # what to divide them by


class Places(TypedDict):
    """The map: n real images of a data set as points, one class in front."""

    dataset: str
    label: int  # of the class in front
    classes: Sequence[str]
    labels: str  # base64 of (n,) uint16
    images: str  # base64 of (n,) uint32: numbers among the training images
    modes: str | None  # base64 of (n,) uint16, where modes are known
    mode_names: Sequence[str]
    views: Mapping[str, View]
    trust: Mapping[str, str]  # trustworthiness of each view


class Standing(TypedDict):
    """What stands for each of the m real images of the class: covered within reach."""

    nearest: str  # base64 of (m,) uint16: the nearest distilled image
    distance: str  # base64 of (m,) float32
    reach: str  # base64 of (m,) float32


class Field(TypedDict):
    """The witness, smoothed over one view of the map."""

    values: str  # base64 of (rows, columns) int16, in units of a 64th of what chance reaches
    chance: float  # how far from zero the fields of random real sets of this size seldom go
    columns: int
    box: tuple[float, float, float, float]  # left, right, bottom, top


class Witness(TypedDict):
    """The witness of the discrepancy."""

    at: str  # base64 of (m,) float32, at each real image of the class
    fields: Mapping[str, Field]  # by the view


class Film(TypedDict):
    """How each of n images came about: a row of frames each."""

    sheet: str
    frames: int
    places: NotRequired[Mapping[str, View]]  # (frames, n, 2) by view; not of all runs that ship
