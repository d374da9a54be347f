"""Scores: how well a handful of images stands for a class, beside random real images.

Scores compare synthetic features x (m, d) with the real ones y (n, d) of one class, through
their squared distances alone. A number by itself says little at ten images, so `compare` sets
each beside the same score of many random real subsets of the same size.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..errors import Refused
from .discrepancy import DISCREPANCIES
from .kernel import median_distance, squared_distance
from .measures import Measure

__all__ = [
    "SCORES", "Against", "Comparison", "Real", "Score", "against", "compare", "discrepancies",
    "join", "reach", "within_reach",
]  # fmt: skip

DRAWS = 200
DISCREPANCY_DRAWS = 50  # some of them cost milliseconds
BANDWIDTHS = {"half": 0.5, "median": 1.0, "double": 2.0}


class Real:
    """The real images of a class as a reference: features y (n, d) and what follows from them."""

    def __init__(self, features: Tensor) -> None:
        if len(features) < 3:
            raise Refused(f"Scores need at least 3 real images of a class; got {len(features)}.")
        self.features = features.float()
        self.n = len(features)
        self.bandwidth = median_distance(self.features)
        self._draws: dict[int, dict[str, NDArray[np.float64]]] = {}
        self._discrepancies: dict[int, dict[str, NDArray[np.float64]]] = {}

    @cached_property
    def yy(self) -> Tensor:
        """Squared distances (n, n)."""
        return squared_distance(self.features, self.features).fill_diagonal_(0)

    @cached_property
    def ordered(self) -> Tensor:
        """Row i: the distances from y_i to the other real images, nearest first (n, n - 1)."""
        return self.yy.clone().fill_diagonal_(-1).sort(1).values[:, 1:].sqrt()

    def draws(self, m: int) -> dict[str, NDArray[np.float64]]:
        """Every score, (DRAWS,), of random real subsets of m images, drawn with a fixed seed."""
        if m not in self._draws:
            rng = np.random.default_rng(0)
            subsets = [_subset(self, rng.permutation(self.n)[:m]) for _ in range(DRAWS)]
            self._draws[m] = {
                name: np.array([score.measure(subset) for subset in subsets])
                for name, score in SCORES.items()
            }
        return self._draws[m]

    @cached_property
    def halves(self) -> tuple[Tensor, Tensor]:
        """Two random halves of the class, about (n / 2, d) each, drawn with a fixed seed."""
        rows = np.random.default_rng(1).permutation(self.n)
        return self.features[rows[: self.n // 2]], self.features[rows[self.n // 2 :]]

    @cached_property
    def measures(self) -> dict[str, Measure]:
        """Every discrepancy from the first half."""
        return {name: d.to(self.halves[0]) for name, d in DISCREPANCIES.items()}

    def discrepancies(self, m: int) -> dict[str, NDArray[np.float64]]:
        """Every discrepancy between the first half and random subsets of m of the second.

        NaN where the second half has no more than m, or a discrepancy needs more than m.
        """
        if m not in self._discrepancies:
            rng, pool = np.random.default_rng(0), self.halves[1]
            enough = m < len(pool)
            draws = [pool[rng.permutation(len(pool))[:m]] for _ in range(DISCREPANCY_DRAWS)]
            self._discrepancies[m] = {
                name: np.array([_measured(name, measure, x) if enough else math.nan for x in draws])
                for name, measure in self.measures.items()
            }
        return self._discrepancies[m]

    @cached_property
    def self_similarity(self) -> dict[str, float]:
        """The mean of k(y_i, y_j) over i != j, for each bandwidth."""
        off = self.n * (self.n - 1)
        return {
            name: float((_rbf(self.yy, factor * self.bandwidth).sum() - self.n) / off)
            for name, factor in BANDWIDTHS.items()
        }


@dataclass(frozen=True)
class Against:
    """A set x of m images against a class: squared distances within, and to real images."""

    real: Real
    xx: Tensor  # (m, m)
    xy: Tensor  # (m, k) to the real images that are not themselves in the set
    others: Tensor | slice  # which those are


def _rbf(squared: Tensor, bandwidth: float) -> Tensor:
    return torch.exp(squared / (-2 * bandwidth**2))


def similarity(a: Against) -> float:
    """Mean kernel similarity, E k(x, y), with the RBF kernel of the median bandwidth, 0 ... 1."""
    return float(_rbf(a.xy, a.real.bandwidth).mean())


def mmd2(a: Against, factor: str = "median") -> float:
    """Squared maximum mean discrepancy, unbiased (Gretton et al., 2012, Eq. 3).

    An unbiased estimate of zero is negative half of the time.
    """
    m, h = len(a.xx), BANDWIDTHS[factor] * a.real.bandwidth
    if m < 2:
        return math.nan
    within = float((_rbf(a.xx, h).sum() - m) / (m * (m - 1)))
    return within + a.real.self_similarity[factor] - 2 * float(_rbf(a.xy, h).mean())


def nearest(a: Against) -> float:
    """Mean distance to the nearest real image, over the same for real images (1: as they lie).

    Far below 1 the set copies real images, far above it lies outside of the class.
    """
    return float(a.xy.min(1).values.sqrt().mean() / a.real.ordered[:, 0].mean())


def coverage(a: Against) -> float:
    """The share of real images that have an image of the set within reach, in percent.

    The reach of a real image is the distance to its k-th nearest real neighbour (Naeem et al.,
    2020, arXiv:2002.09797, Eq. 4) with k = n / m - 1: reaching so far, each of m images could have
    a fair share of the class, itself included.
    """
    return 100 * float(within_reach(a).any(0).double().mean())


def within_reach(a: Against) -> Tensor:
    """Which real images (columns) each image of the set (rows) covers: (m, k), boolean."""
    return a.xy.sqrt() <= reach(a)


def reach(a: Against) -> Tensor:
    """How near an image of the set must lie to cover a real image, for each of those: (k,)."""
    k = max(round(a.real.n / len(a.xx)) - 1, 1)
    return a.real.ordered[a.others, k - 1]


def vendi(a: Against) -> float:
    """The Vendi score, the effective number of different images, 1 ... m.

    exp of the entropy of the eigenvalues of K / m (Friedman & Dieng, 2023, arXiv:2210.02410,
    Eq. 1), with the RBF kernel at half the median bandwidth.
    """
    eigenvalues = torch.linalg.eigvalsh(_rbf(a.xx, 0.5 * a.real.bandwidth).double() / len(a.xx))
    return float(torch.special.entr(eigenvalues.clamp(min=0)).sum().exp())


@dataclass(frozen=True)
class Score:
    """A score and how to read it."""

    title: str
    about: str
    better: str  # "higher", "lower", or "typical": as random real images have it
    measure: Callable[[Against], float]


SCORES: dict[str, Score] = {
    "similarity": Score(
        "Kernel similarity", "mean RBF similarity to the real class", "higher", similarity
    ),
    "mmd2": Score(
        "MMD²", "squared discrepancy from the real class, unbiased", "lower", mmd2
    ),
    "mmd2_half": Score(
        "MMD², half bandwidth", "the same, at half the median distance", "lower",
        lambda a: mmd2(a, "half"),
    ),
    "mmd2_double": Score(
        "MMD², double bandwidth", "the same, at twice the median distance", "lower",
        lambda a: mmd2(a, "double"),
    ),
    "nearest": Score(
        "Nearest real", "distance to the nearest real image, 1 as real images among themselves",
        "typical", nearest,
    ),
    "coverage": Score(
        "Coverage", "percent of real images with one of the set within reach", "higher", coverage
    ),
    "vendi": Score("Diversity (Vendi)", "effective number of different images", "higher", vendi),
}  # fmt: skip


@dataclass(frozen=True)
class Comparison:
    """A score of a set beside the same score of random real subsets of its size."""

    value: float
    draws: NDArray[np.float64]  # (b,)
    better: str

    @property
    def mean(self) -> float:
        """The mean over random real subsets."""
        return float(self.draws.mean())

    @property
    def spread(self) -> float:
        """Their standard deviation."""
        return float(self.draws.std(ddof=1))

    @property
    def beats(self) -> float:
        """The share of random real subsets that the set is better than; ties count half.

        Where typical is better: the share of subsets that lie farther from their mean.
        """
        value, draws = self.value, self.draws
        if self.better == "typical":
            value, draws = abs(value - self.mean), np.abs(draws - self.mean)
        ahead = draws < value if self.better == "higher" else draws > value
        return float(ahead.mean() + (draws == value).mean() / 2)

    @property
    def grade(self) -> Literal["better", "like", "worse"]:
        """ "better", "like" or "worse" than random real images, at 2.5 % on either side."""
        if math.isnan(self.value):
            return "like"
        if self.better == "typical":
            return "worse" if self.beats <= 0.05 else "like"
        return "better" if self.beats >= 0.975 else "worse" if self.beats <= 0.025 else "like"

    @property
    def apart(self) -> float:
        """How many standard deviations of random real subsets the set lies from their mean."""
        return (self.value - self.mean) / max(self.spread, 1e-12)

    def verdict(self) -> str:
        """The comparison in words."""
        if math.isnan(self.value):
            return "needs at least two images"
        share = max(self.beats, 1 - self.beats)
        match self.grade:
            case "like":
                return "like random real images"
            case grade if self.better == "typical":
                side = "above" if self.apart > 0 else "below"
                return f"{grade}: {side} {100 * share:.0f} % of random real draws"
            case grade:
                return f"{grade} than {100 * share:.0f} % of random real draws"


def against(real: Real, x: Tensor) -> Against:
    """A set of features x (m, d) against a class.

    Raises:
        Refused: if the features do not match, or the set is as large as the class.
    """
    m = len(x)
    if x.ndim != 2 or x.shape[1] != real.features.shape[1]:
        raise Refused(
            f"The set's features have shape {tuple(x.shape)}; the class's have "
            f"{real.features.shape[1]} columns."
        )
    if not 1 <= m < real.n:
        raise Refused(f"A set of {m} images cannot be compared with a class of {real.n}.")
    x = x.float()
    xx, xy = squared_distance(x, x).fill_diagonal_(0), squared_distance(x, real.features)
    return Against(real, xx, xy, slice(None))


def compare(real: Real, x: Tensor) -> dict[str, Comparison]:
    """Every score of the features x (m, d), beside random real subsets of m images.

    Raises:
        Refused: if the features do not match, or the set is as large as the class.
    """
    mine, draws = against(real, x), real.draws(len(x))
    return {
        name: Comparison(score.measure(mine), draws[name], score.better)
        for name, score in SCORES.items()
    }


def discrepancies(real: Real, x: Tensor) -> dict[str, Comparison]:
    """Every discrepancy of the frame between the features x (m, d) and the class.

    The class is split in halves at random: the set and, beside it, random subsets of m images of
    the second half are held against the first, so that no draw meets itself.
    """
    x, draws = x.float(), real.discrepancies(len(x))
    return {
        name: Comparison(_measured(name, measure, x), draws[name], DISCREPANCIES[name].better)
        for name, measure in real.measures.items()
    }


@torch.no_grad()
def _measured(name: str, measure: Measure, x: Tensor) -> float:
    return float(measure(x)) if len(x) >= DISCREPANCIES[name].least else math.nan


def _subset(real: Real, rows: NDArray[np.int64]) -> Against:
    """Real images against the class's other real images."""
    chosen = torch.from_numpy(rows)
    keep = torch.ones(real.n, dtype=torch.bool)
    keep[chosen] = False
    return Against(real, real.yy[chosen][:, chosen], real.yy[chosen][:, keep], keep)


def join(classes: Mapping[int, Mapping[str, Comparison]]) -> dict[str, Comparison]:
    """The mean of every score over classes, draw by draw."""
    tables = list(classes.values())
    return {
        name: Comparison(
            float(np.mean([table[name].value for table in tables])),
            np.mean([table[name].draws for table in tables], axis=0),
            first.better,
        )
        for name, first in tables[0].items()
    }
