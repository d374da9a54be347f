"""Kernel thinning (Dwivedi & Mackey, 2021, arXiv:2105.05842).

Candidates are halved again and again by kernel halving: they come in pairs, and a self-balancing
walk sends one of each pair to either half, so that the halves' kernel means stay close to that of
the whole. Of the 2^g sets that g halvings leave, the one nearest to the class by MMD is kept, and
each of its points is exchanged for the candidate that brings it nearest (Algorithm 1, KT-split and
KT-swap, with the target kernel in both parts as in Dwivedi & Mackey, 2022, arXiv:2110.01593). For
smooth kernels its error falls like 1/m, up to logarithms, where that of random draws falls like
1/sqrt(m). The kernel is RBF on latents with the class's median distance.
"""

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from ..data.dataset import Dataset
from ..diffusion.prior import Prior
from ..event import Event
from ..recipes.recipe import Begin, Group, Method, Place, Recipe, knob
from ..recipes.selection import begins_from, pool_knob, selecting
from ..scores.kernel import median_distance, rbf

__all__ = ["KernelThinning"]


@dataclass(frozen=True)
class KernelThinning(Method):
    """Halves a pool by a self-balancing walk, then exchanges points, to match the kernel mean."""

    title: ClassVar[str] = "Kernel thinning"
    group: ClassVar[Group] = "selections"
    place: ClassVar[Place | None] = "select"

    pool: int = pool_knob(4)
    references: int = knob(1000, "real images of the class to match", low=2, high=100_000)

    @property
    def begins(self) -> Begin:
        """Of a pool, or of real images, the k-th best."""
        return begins_from(self.pool)

    def fit(
        self, prior: Prior, data: Dataset, labels: Sequence[int]
    ) -> Generator[Event, None, Recipe]:
        """Encodes the references of each class."""
        return (yield from selecting(thin, self.pool, self.references, prior, data, labels))


def thin(x: Tensor, y: Tensor, n: int) -> list[int]:
    """n rows of the candidates x (m, d) whose kernel mean is near that of y (k, d)."""
    kernel = rbf(median_distance(y))
    among, like = kernel(x, x).double(), kernel(x, y).mean(1).double()
    rng = np.random.default_rng(0)
    halvings = int(math.log2(len(x) / n))
    sets = [rng.permutation(len(x))[: n << halvings].tolist()]
    for _ in range(halvings):
        sets = [half for rows in sets for half in halve(among, rows, rng)]
    best = min(sets, key=lambda rows: _discrepancy(among, like, rows))
    return swap(among, like, best)


def halve(among: Tensor, rows: Sequence[int], rng: np.random.Generator) -> tuple[list[int], ...]:
    """Two halves of an even number of rows with nearly equal kernel means.

    The difference of their sums is a walk w in the kernel's space; the next pair adds
    +-(k(x) - k(x')), plus with probability (1 - <w, k(x) - k(x')> / a) / 2, so w stays short.
    """
    kept: list[int] = []
    others: list[int] = []
    deviation = 0.0
    for x, other in zip(rows[::2], rows[1::2], strict=True):
        b2 = float(among[x, x] + among[other, other] - 2 * among[x, other])
        inner = sum(
            float((among[kept, at] - among[others, at]).sum()) * sign
            for at, sign in ((x, 1), (other, -1))
        )
        a = max(math.sqrt(b2) * deviation * math.sqrt(2 * math.log(4 * len(rows))), b2, 1e-12)
        deviation = math.sqrt(
            max(deviation**2 + b2 * (1 + (b2 - 2 * a) * deviation**2 / a**2), deviation**2)
        )
        first = rng.random() < (1 - inner / a) / 2
        kept.append(x if first else other)
        others.append(other if first else x)
    return kept, others


def swap(among: Tensor, like: Tensor, rows: Sequence[int]) -> list[int]:
    """Exchanges each row for the candidate with which the set is nearest to the class.

    `among` (m, m) are the kernel's values between candidates, `like` (m,) their means to the class.
    """
    chosen, n = list(rows), len(rows)
    for k in range(n):
        rest = chosen[:k] + chosen[k + 1 :]
        # MMD^2 of rest and x, up to what does not depend on x.
        cost = (among.diagonal() + 2 * among[:, rest].sum(1)) / n**2 - 2 / n * like
        cost[rest] = torch.inf
        chosen[k] = int(cost.argmin())
    return chosen


def _discrepancy(among: Tensor, like: Tensor, rows: Sequence[int]) -> float:
    chosen = list(rows)
    return float(among[chosen][:, chosen].mean() - 2 * like[chosen].mean())
