"""Paired comparison: whether two sets differ by more than chance, class by class and seed by seed.

Two methods that sampled the same classes from the same seeds give pairs of scores. Under the null
hypothesis that the methods are alike, each difference could as well have had the other sign, which
is the sign-flip permutation test (Fisher, 1935, The Design of Experiments, section 21). It assumes
no distribution. With n pairs no p-value is below 2^(1 - n): five pairs can never reach 0.05.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import Refused

__all__ = ["Paired", "paired"]

Row = Sequence[float] | NDArray[np.float64]

EXACT = 14  # pairs up to which every sign pattern is tried, 2^14 of them
RANDOM = 20_000  # sign patterns tried at random beyond
LEVEL = 0.05


@dataclass(frozen=True)
class Paired:
    """The differences b - a of n pairs."""

    n: int
    mean: float
    low: float  # of the 95 % interval of the mean, by Student's t; NaN of a single pair
    high: float
    p_value: float  # two-sided; 1 of a single pair

    @property
    def told_apart(self) -> bool:
        """Whether the differences are more than chance explains, at the 5 % level."""
        return self.p_value < LEVEL

    def words(self, a: str, b: str, digits: int = 3) -> str:
        """One sentence: what can be said of b beside a."""
        if self.n == 1:
            return f"{a} and {b} cannot be told apart: there is one pair only."
        pairs = f"{self.n} pairs, p = {self.p_value:.2g}"
        if not self.told_apart:
            return f"{a} and {b} are not told apart ({pairs})."
        more = "higher" if self.mean > 0 else "lower"
        by, low, high = (f"{abs(v):.{digits}g}" for v in (self.mean, self.low, self.high))
        ends = (low, high) if self.mean > 0 else (high, low)
        if self.low < 0 < self.high:
            return f"{b} is {more} than {a} by {by} ({pairs})."
        return f"{b} is {more} than {a} by {by}, from {ends[0]} to {ends[1]} ({pairs})."


def paired(
    a: Sequence[float] | NDArray[np.float64], b: Sequence[float] | NDArray[np.float64]
) -> Paired:
    """Compares the scores a (n,) and b (n,) of the same classes and seeds, pair by pair.

    Raises:
        Refused: if the numbers of scores differ, there is none, or one is not finite.
    """
    x, y = np.asarray(a, float), np.asarray(b, float)
    if x.shape != y.shape or x.ndim != 1 or not len(x):
        raise Refused(f"Pairs need two rows of scores of one length; got {x.shape} and {y.shape}.")
    d = y - x
    if not np.isfinite(d).all():
        raise Refused("Pairs need finite scores; leave out the classes that have none.")
    n, mean = len(d), float(d.mean())
    if n == 1:
        return Paired(1, mean, math.nan, math.nan, 1.0)
    from scipy.stats import t

    half = float(t.ppf(1 - LEVEL / 2, n - 1)) * float(d.std(ddof=1)) / math.sqrt(n)
    return Paired(n, mean, mean - half, mean + half, _sign_flip(d))


def _sign_flip(d: NDArray[np.float64]) -> float:
    """The share of sign patterns whose mean is at least as far from zero as that of d (n,)."""
    n = len(d)
    least = abs(d.sum()) * (1 - 1e-12)  # sums of equal terms in another order count as equal
    if n <= EXACT:
        bits = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
        return float((np.abs((1 - 2 * bits) @ d) >= least).mean())
    signs = np.random.default_rng(0).choice([-1.0, 1.0], size=(RANDOM, n))
    return float((1 + (np.abs(signs @ d) >= least).sum()) / (1 + RANDOM))
