"""K-center: every real image has one of the set within a small radius.

Farthest first (Gonzalez, 1985; as core-set selection Sener & Savarese, 2018, arXiv:1708.00489):
after the candidate nearest to the class's mean, each pick serves the real image that is farthest
from the set. Picking from the real images themselves, the covering radius, one side of the
Hausdorff distance, is at most twice the smallest possible. It is the robust objective of the
frame: a net's risk under perturbations of radius r is bounded with r plus the covering radius.
Being about the worst case, it picks outliers; a pool of typical samples tempers that.
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
from ..scores.kernel import distance

__all__ = ["KCenter"]


@dataclass(frozen=True)
class KCenter(Method):
    """Picks, one by one, what serves the real image that is served worst."""

    title: ClassVar[str] = "K-center"
    group: ClassVar[Group] = "selections"
    place: ClassVar[Place | None] = "select"

    pool: int = pool_knob()
    references: int = knob(1000, "real images of the class to cover", low=2, high=100_000)

    @property
    def begins(self) -> Begin:
        """Of a pool, or of real images, the k-th best."""
        return begins_from(self.pool)

    def fit(
        self, prior: Prior, data: Dataset, labels: Sequence[int]
    ) -> Generator[Event, None, Recipe]:
        """Encodes the references of each class."""
        return (
            yield from selecting(farthest_first, self.pool, self.references, prior, data, labels)
        )


def farthest_first(x: Tensor, y: Tensor, n: int) -> list[int]:
    """Rows of the candidates x (m, d) that cover y (k, d), the most central first."""
    apart = distance(x, y)
    picked = [int(distance(x, y.mean(0, keepdim=True))[:, 0].argmin())]
    served = apart[picked[0]].clone()
    free = apart.clone()
    while len(picked) < n:
        free[picked[-1]] = float("inf")
        picked.append(int(free[:, served.argmax()].argmin()))
        served = served.minimum(apart[picked[-1]])
    return picked
