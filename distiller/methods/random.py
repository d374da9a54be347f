"""The baseline of every table: real images, drawn at random without replacement."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ..data.dataset import Dataset
from ..diffusion.prior import Prior
from ..event import Event
from ..recipes.recipe import Begin, Group, Method, Place, Recipe

__all__ = ["Random"]


@dataclass(frozen=True)
class Random(Method):
    """Real images of the class, drawn at random without replacement: what any method must beat."""

    title: ClassVar[str] = "Random real"
    group: ClassVar[Group] = "baselines"
    place: ClassVar[Place | None] = "subset"

    @property
    def begins(self) -> Begin:
        """Real images, which the seed draws."""
        return "real"

    def fit(
        self, prior: Prior, data: Dataset, labels: Sequence[int]
    ) -> Generator[Event, None, Recipe]:
        """Nothing to fit; the subset is drawn per class."""
        yield from ()

        def subset(label: int, n: int, seed: int) -> NDArray[np.int64]:
            members = data.choose_from(label, n)
            return np.random.default_rng([seed, label]).permutation(members)[:n]

        return Recipe(subset=subset)
