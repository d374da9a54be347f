"""Greedy selection by any discrepancy of the frame (`distiller.discrepancy`).

Images are picked one by one, each the one that makes the discrepancy of the set so far from the
class smallest. For MMD this is herding without its bias toward the first picks; for the
quantisation error and coverage, which are submodular, it gains at least 63 % of what the best set
gains (Nemhauser et al., 1978); for the others nothing is known, and the scores tell. Real images
are chosen from a random thousand at most.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

from torch import Tensor

from ..data import Dataset
from ..discrepancy import DISCREPANCIES, Measure, greedy
from ..distill import encode_classes
from ..event import Event
from ..prior import Prior
from ..recipe import Recipe, knob
from ..selection import pool_knob, selecting

__all__ = ["Greedy"]


@dataclass(frozen=True)
class Greedy:
    """Picks, one by one, what makes a chosen discrepancy from the class smallest."""

    title: ClassVar[str] = "Greedy"

    by: str = knob("quantisation", "the discrepancy", choices=tuple(DISCREPANCIES))
    pool: int = pool_knob()
    references: int = knob(200, "real images of the class to match", low=6, high=100_000)

    def fit(
        self, prior: Prior, data: Dataset, labels: Sequence[int]
    ) -> Generator[Event, None, Recipe]:
        """Encodes the references of each class."""
        real = yield from encode_classes(prior, data, labels, self.references)
        chosen = DISCREPANCIES[self.by]

        @cache
        def loss(label: int) -> Measure:
            return chosen.loss(real[label].flatten(1).cpu())

        def rule(x: Tensor, y: Tensor, n: int, label: int) -> list[int]:
            return greedy(loss(label), x.cpu(), n, chosen.least)

        return selecting(rule, self.pool, prior, data, real)
