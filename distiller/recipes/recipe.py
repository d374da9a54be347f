"""Recipes: what a method changes in sampling, and how methods add up.

Every published method changes at most five places: the prior, the initial latent, the guidance,
the selection from a pool, and the pool's size; a baseline of real images replaces sampling
altogether. Methods that fill different places compose.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import Field, dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ..data.dataset import Dataset
from ..diffusion.guidance import Dial, Guidance
from ..diffusion.prior import Prior
from ..errors import Refused
from ..event import Event
from ..limits import choice, flag, number, whole

__all__ = [
    "Begin", "Group", "Init", "Method", "Place", "Prepare", "Recipe", "Refine", "Select", "Subset",
    "check", "combine", "convert", "knob", "live_knobs", "recorded", "with_dials",
]  # fmt: skip

Init = Callable[[int, int, int], tuple[Tensor, int]]
"""Maps (label, n, seed) to n latents and their time."""

Select = Callable[[int, Tensor, int], Sequence[int]]
"""Maps (label, latents of the pool, n) to the rows to keep, best first."""

Refine = Callable[[Prior, int, Tensor], Generator[Event, None, Tensor]]
"""Maps (prior, label, latents that were selected) to those latents, moved, yielding events."""

Prepare = Callable[[int, int], Generator[Event, None, None]]
"""Maps (label, n) to events, while what guidance needs of n latents of a class is made."""

Subset = Callable[[int, int, int], NDArray[np.int64]]
"""Maps (label, n, seed) to indices of real training images, in place of sampling."""

Group = Literal["baselines", "the four works", "peers", "guidance by a discrepancy", "selections"]
"""What a method belongs to, in the order in which methods are offered. The four works are those
that the project began with: DAP, D3HR, Minimax and the discrepancies of Chen & Selvan (2025)."""

Place = Literal["prior", "init", "select", "subset"]
"""A place of a recipe that has room for one method."""


Begin = Literal["noise", "group", "pool", "real"]
"""What the k-th image of a set begins from: the k-th noise of its seed and class, noise that its
method chose, any of a larger pool, or a real image."""


@dataclass(frozen=True)
class Recipe:
    """What a method changes in sampling; each place is empty where it changes nothing.

    Labels are those of the data set.
    """

    prior: Prior | None = None
    init: Init | None = None
    guidance: tuple[Callable[[int], Guidance], ...] = ()
    select: Select | None = None
    subset: Subset | None = None
    pool: int = 1  # latents drawn per latent kept
    refine: Refine | None = None  # a part of the selection: what becomes of those that are kept
    prepare: tuple[Prepare, ...] = ()  # a part of the guidance: what comes before n are sampled


@dataclass(frozen=True)
class Method(ABC):
    """A frozen dataclass of hyperparameters, all with defaults, that can be fitted to data.

    A method must have a title, a group and `fit`; the rest of what it may say of itself has a
    default here.
    """

    title: ClassVar[str]
    group: ClassVar[Group]
    place: ClassVar[Place | None] = None
    """The place that it fills with its defaults and that has room for one; None: it fills none."""
    paper: ClassVar[Mapping[str, Any]] = MappingProxyType({})
    """Its paper's values, for DiT-XL/2, of the hyperparameters whose defaults are others."""
    fewest_steps: ClassVar[int] = 1
    """The fewest steps in which its images were found to stay in their class; fewer are allowed."""

    @abstractmethod
    def fit(
        self, prior: Prior, data: Dataset, labels: Sequence[int]
    ) -> Generator[Event, None, Recipe]:
        """Fits to the classes in `labels`, yielding events, and returns what to change.

        Raises:
            Refused: if the prior, the data or the hyperparameters do not allow it.
        """

    @property
    def pool(self) -> int:
        """How many latents are drawn for each that is kept: 1, or a hyperparameter's value."""
        return 1

    @property
    def begins(self) -> Begin:
        """What its k-th image begins from. Methods that say "noise" begin from the same: that of
        the seed, the class and k."""
        return "noise" if self.pool == 1 else "pool"

    def guarantee(self) -> dict[str, Any] | None:
        """What it promises of a set, as plain values for the set's manifest; None is nothing."""
        return None


PLACES = {
    "prior": "change the prior",
    "init": "choose the initial latents",
    "select": "select from the pool",
    "subset": "take real images",
}


def combine(recipes: Mapping[str, Recipe]) -> Recipe:
    """All recipes at once, by the names of their methods.

    Raises:
        Refused: if two fill a place that holds one, or real images meet a change of sampling.
    """
    filled: dict[str, tuple[str, Any]] = {}
    for name, recipe in recipes.items():
        for place, does in PLACES.items():
            value = getattr(recipe, place)
            if value is not None:
                if place in filled:
                    raise Refused(
                        f"{filled[place][0]} and {name} both {does}; a recipe has room for one."
                    )
                filled[place] = name, value
    if "subset" in filled and len(recipes) > 1:
        others = ", ".join(name for name in recipes if name != filled["subset"][0])
        raise Refused(
            f"{filled['subset'][0]} takes real images and samples nothing, so {others} cannot "
            "be combined with it."
        )
    return Recipe(
        **{place: value for place, (_, value) in filled.items()},
        guidance=tuple(make for recipe in recipes.values() for make in recipe.guidance),
        pool=max((recipe.pool for recipe in recipes.values()), default=1),
        prepare=tuple(prepare for recipe in recipes.values() for prepare in recipe.prepare),
        refine=next((r.refine for r in recipes.values() if r.select and r.refine), None),
    )


# ------------------------------------------------------------------------------ hyperparameters


def knob(
    default: Any,
    about: str,
    *,
    low: float = -math.inf,
    high: float = math.inf,
    choices: Sequence[str] = (),
    live: bool = False,
    private: bool = False,
    later: bool = False,
) -> Any:
    """A hyperparameter of a method, with its range or choices.

    From it follow the command line's `--set`, the page's control, and validation. A `live` one
    may be a dial: a function that is read at every step. A `private` one is written into no file
    and no link. A `later` one came when there were sets already, so records leave it out where it
    has its default (`recorded`): those of before are then of the same set as those of today.
    """
    about_it = {"about": about, "low": low, "high": high, "choices": tuple(choices)}
    return field(
        default=default, metadata={**about_it, "live": live, "private": private, "later": later}
    )


def recorded(method: Method) -> dict[str, Any]:
    """The hyperparameters as records hold them: without `later` ones that have their defaults."""
    return {
        f.name: value
        for f in fields(method)
        if (value := getattr(method, f.name)) != f.default or not f.metadata["later"]
    }


def live_knobs(
    methods: Mapping[str, Method] | Mapping[str, type[Method]],
) -> "dict[str, Field[Any]]":
    """The hyperparameters that may be dials, by their full names such as "dap.gamma"."""
    return {
        f"{name}.{f.name}": f
        for name, method in methods.items()
        for f in fields(method)
        if f.metadata["live"]
    }


def with_dials(methods: Mapping[str, Method], dials: Mapping[str, float]) -> dict[str, Method]:
    """The methods with every live hyperparameter read from `dials`, by full name, at each step.

    One that `dials` does not hold keeps its value.
    """

    def dial(key: str, usual: float) -> Dial:
        return lambda: dials.get(key, usual)

    made = dict(methods)
    for key, f in live_knobs(methods).items():
        name = key.partition(".")[0]
        made[name] = replace(made[name], **{f.name: dial(key, getattr(methods[name], f.name))})
    return made


def check(name: str, method: Method) -> None:
    """Checks every hyperparameter of a method against its range or choices.

    Raises:
        Refused: naming the hyperparameter, its range and the value that came.
    """
    for f in fields(method):
        value = getattr(method, f.name)
        convert(f"{name}.{f.name}", f, value() if callable(value) else value)


def convert(name: str, knob: "Field[Any]", value: Any) -> Any:
    """A value, or its text, as the hyperparameter's type, inside its range.

    Raises:
        Refused: naming the hyperparameter, its range and the value that came.
    """
    low, high, choices = (knob.metadata[key] for key in ("low", "high", "choices"))
    kind: Any = type(knob.default)
    if kind is str:
        return choice(name, value, choices)
    if kind is bool:
        return flag(name, value)
    return whole(name, value, low, high) if kind is int else number(name, value, low, high)
