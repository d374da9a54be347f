"""Greedy selection by any discrepancy of the frame (`distiller.scores.discrepancy`).

Images are picked one by one, each the one that makes the discrepancy of the set so far from the
class smallest. For MMD this is herding without its bias toward the first picks; for the
quantisation error and coverage, which are submodular, it gains at least 63 % of what the best set
gains (Nemhauser et al., 1978); for the others nothing is known, and the scores tell.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from ..data.dataset import Dataset
from ..diffusion.prior import Prior
from ..event import Event
from ..recipes.recipe import Begin, Group, Method, Place, Recipe, knob
from ..recipes.selection import begins_from, pool_knob, selecting
from ..scores.discrepancy import DISCREPANCIES, greedy

__all__ = ["Greedy"]


@dataclass(frozen=True)
class Greedy(Method):
    """Picks, one by one, what makes a chosen discrepancy from the class smallest."""

    title: ClassVar[str] = "Greedy"
    group: ClassVar[Group] = "selections"
    place: ClassVar[Place | None] = "select"

    by: str = knob("quantisation", "the discrepancy", choices=tuple(DISCREPANCIES))
    pool: int = pool_knob()
    references: int = knob(200, "real images of the class to match", low=6, high=100_000)

    @property
    def begins(self) -> Begin:
        """Of a pool, or of real images, the k-th best."""
        return begins_from(self.pool)

    def fit(
        self, prior: Prior, data: Dataset, labels: Sequence[int]
    ) -> Generator[Event, None, Recipe]:
        """Encodes the references of each class."""
        chosen = DISCREPANCIES[self.by]

        def rule(x: Tensor, y: Tensor, n: int) -> list[int]:
            return greedy(chosen.loss(y.cpu()), x.cpu(), n, chosen.least)

        return (yield from selecting(rule, self.pool, self.references, prior, data, labels))
