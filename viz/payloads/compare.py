"""What the page is sent of a comparison: a part of `payloads`."""

from collections.abc import Mapping, Sequence
from typing import Literal, NotRequired, TypedDict

__all__ = [
    "Apart",
    "Begin",
    "Done",
    "Ingredient",
    "Knob",
    "Lane",
    "Lineup",
    "Menu",
    "Offered",
    "Told",
    "Waiting",
]

Begin = Literal["noise", "group", "pool", "real"]
"""What the k-th image of a lane begins from, as `distiller.recipes.recipe.Begin`."""


class Knob(TypedDict):
    """A hyperparameter of a method."""

    key: str  # its full name, "dap.gamma"
    title: str
    about: str
    kind: Literal["number", "whole", "choice", "flag"]
    usual: float | str | bool
    low: float | None  # of a number
    high: float | None
    choices: Sequence[str]


class Ingredient(TypedDict):
    """A method that a lane may hold."""

    name: str
    title: str
    about: str
    alone: bool  # whether it goes with no other method
    fewest_steps: int  # that it needs
    knobs: Sequence[Knob]


class Offered(TypedDict):
    """A data set whose methods can be compared."""

    name: str
    title: str
    classes: Sequence[str]
    cfg_scale: float  # of its prior, where a lane says nothing


class Menu(TypedDict):
    """What a comparison can be made of."""

    datasets: Sequence[Offered]
    methods: Sequence[Ingredient]
    bounds: Mapping[str, Sequence[int]]  # the least and the most of each number, by its name


class Lane(TypedDict):
    """A lane of a comparison: methods with their settings."""

    slot: int  # its place among the marks and the parts of the page, as long as it is there
    method: str
    cfg_scale: float | None  # None is the prior's own
    options: Mapping[str, float | str | bool]  # those that are not as usual, by full name


class Lineup(TypedDict):
    """What is compared."""

    dataset: str
    label: int
    ipc: int
    steps: int
    seed: int
    sampler: NotRequired[str]  # where it is not "ddim"
    cfg_between: NotRequired[str]  # times such as "100-800", where they are not all
    lanes: Sequence[Lane]
    run: NotRequired[bool]  # whether it is to be made at once, since a link asks for it
    linked: NotRequired[bool]  # whether it is what can be had of a link that cannot be followed


class Waiting(TypedDict):
    """A lane that waits for its turn, or failed: in words."""

    live: Literal[True]
    failed: bool
    words: str


class Done(TypedDict):
    """A lane that is done: its run is fetched."""

    live: Literal[False]
    token: str


class Apart(TypedDict):
    """Two lanes and a score that tells them apart."""

    space: str
    score: str
    a: int  # the slots
    b: int


class Told(TypedDict):
    """What tells the lanes of a comparison apart, so far."""

    begins: Mapping[str, Begin]  # by slot: what a lane's images begin from
    apart: Sequence[Apart]
    words: Mapping[str, Sequence[str]]  # sentences, by the space of their scores
