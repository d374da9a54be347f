"""Herding: greedy selection that matches the class's kernel mean (Welling, 2009).

Each pick maximises the mean similarity to the class minus that to what is picked already,

    argmax_x  mean_y k(x, y) - 1/(t + 1) sum_{s <= t} k(x, x_s),

which is greedy descent of the MMD (Chen et al., 2010, arXiv:1203.3472): where features are finite
its error falls like 1/t, that of random draws like 1/sqrt(t). The kernel is RBF on latents with
the class's median distance. It selects from a pool of samples, after any method, or, with pool 1,
from the real images themselves.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from ..data.dataset import Dataset
from ..diffusion.prior import Prior
from ..event import Event
from ..recipes.recipe import Begin, Group, Method, Place, Recipe, knob
from ..recipes.selection import begins_from, pool_knob, selecting
from ..scores.kernel import median_distance, rbf

__all__ = ["Herding"]


@dataclass(frozen=True)
class Herding(Method):
    """Picks, one by one, what brings the set's kernel mean nearest to the class's."""

    title: ClassVar[str] = "Herding"
    group: ClassVar[Group] = "selections"
    place: ClassVar[Place | None] = "select"

    pool: int = pool_knob()
    references: int = knob(1000, "real images of the class to match", low=2, high=100_000)

    @property
    def begins(self) -> Begin:
        """Of a pool, or of real images, the k-th best."""
        return begins_from(self.pool)

    def fit(
        self, prior: Prior, data: Dataset, labels: Sequence[int]
    ) -> Generator[Event, None, Recipe]:
        """Encodes the references of each class."""
        return (yield from selecting(herd, self.pool, self.references, prior, data, labels))


def herd(x: Tensor, y: Tensor, n: int) -> list[int]:
    """Rows of the candidates x (m, d) whose kernel mean is near that of y (k, d), best first."""
    kernel = rbf(median_distance(y))
    like = kernel(x, y).mean(1)
    among = kernel(x, x)
    crowded = torch.zeros_like(like)
    picked: list[int] = []
    for t in range(n):
        gain = like - crowded / (t + 1)
        gain[picked] = -torch.inf
        picked.append(int(gain.argmax()))
        crowded += among[picked[-1]]
    return picked
