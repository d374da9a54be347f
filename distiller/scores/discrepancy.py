"""Discrepancies between a set and a class, each in three roles through one interface.

Chen & Selvan (2025, arXiv:2509.10367) see dataset condensation as finding a small set at a small
discrepancy from the data. Here a discrepancy is prepared for a class y (n, d) once and then
measures sets x (m, d), in any space:

    measure = DISCREPANCIES["sinkhorn"].to(y)
    float(measure(x))                      a score
    greedy(measure, pool, 10)              a selection, from a pool or from y itself
    torch.autograd.grad(measure(x), x)     a field that guides sampling, where `smooth`

The formulas stand in `measures`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import Refused
from .kernel import distance
from .measures import (
    Measure,
    average_hausdorff,
    coverage,
    covering_radius,
    density,
    divergence,
    divergence_to,
    frechet,
    gradient_matching,
    hausdorff,
    mmd_by,
    moments,
    outlying,
    parameter_matching,
    precision,
    quantisation,
    recall,
    regression_gap,
    sinkhorn,
    sliced,
)

__all__ = ["DISCREPANCIES", "Discrepancy", "greedy"]


@dataclass(frozen=True)
class Discrepancy:
    """A discrepancy, and how to read it."""

    title: str
    about: str  # what it measures, in which units
    source: str
    to: Callable[[Tensor], Measure]
    smooth: bool = True  # it has a gradient that guides
    better: str = "lower"  # or "higher"
    greedily: str = ""  # what is known of greedy selection by it
    least: int = 1  # images that it needs

    def loss(self, y: Tensor) -> Measure:
        """The measure from y (n, d) to be made small: itself, or minus it if higher is better."""
        measure = self.to(y)
        return measure if self.better == "lower" else lambda x: -measure(x)


_HERDING = "herding; the error falls like 1/m where features are finite (Chen et al., 2010)"
_GRETTON = "Gretton et al., 2012"
_COVER = "k-center; farthest-first is within twice the best radius (Gonzalez, 1985)"
_SUBMODULAR = "within 63 % of the best gain: submodular (Nemhauser et al., 1978)"

DISCREPANCIES: dict[str, Discrepancy] = {
    "mmd-linear": Discrepancy(
        "MMD², linear", "squared distance of the means", _GRETTON, mmd_by("linear")
    ),
    "mmd-polynomial": Discrepancy(
        "MMD², polynomial", "of the moments up to the third", _GRETTON, mmd_by("polynomial")
    ),
    "mmd": Discrepancy(
        "MMD², RBF", "of the kernel means, median bandwidth; 0 to 2", _GRETTON, mmd_by("rbf"),
        greedily=_HERDING,
    ),
    "mmd-laplace": Discrepancy(
        "MMD², Laplace", "the same with exp(-|x - y| / h)", _GRETTON, mmd_by("laplace")
    ),
    "energy": Discrepancy(
        "Energy distance", "in units of distance", "Sejdinovic et al., 2013", mmd_by("energy")
    ),
    "sliced": Discrepancy(
        "Sliced Wasserstein", "2-Wasserstein along lines, in units of distance",
        "Bonneel et al., 2015", sliced,
    ),
    "sinkhorn": Discrepancy(
        "Sinkhorn divergence", "debiased, half squared distance", "Feydy et al., 2019", sinkhorn
    ),
    "covering": Discrepancy(
        "Covering radius", "from the worst served real image, in units of distance",
        "Sener & Savarese, 2018", covering_radius, greedily=_COVER,
    ),
    "outlying": Discrepancy(
        "Outlying", "of the image farthest from the class, in units of distance",
        "Chen et al., 2024", outlying,
    ),
    "hausdorff": Discrepancy(
        "Hausdorff distance", "the larger of covering and outlying", "Chen et al., 2024", hausdorff
    ),
    "average-hausdorff": Discrepancy(
        "Average Hausdorff", "mean distance to the nearest of the other side",
        "Chen et al., 2024", average_hausdorff,
    ),
    "quantisation": Discrepancy(
        "Quantisation error", "mean squared distance to the nearest of the set",
        "Lloyd, 1982", quantisation, greedily=_SUBMODULAR,
    ),
    "gradient": Discrepancy(
        "Gradient matching", "1 - cosine on random nets, 0 to 2", "Zhao et al., 2021",
        gradient_matching,
    ),
    "parameter": Discrepancy(
        "Parameter matching", "squared distance of trained nets, 1 as untrained",
        "Cazenavette et al., 2022", parameter_matching,
    ),
    "regression": Discrepancy(
        "Regression gap", "error of kernel ridge from the set, 0 to 1", "Nguyen et al., 2021",
        regression_gap,
    ),
    "frechet": Discrepancy(
        "Fréchet distance", "of Gaussians, squared distance", "Heusel et al., 2017", frechet,
        least=2,
    ),
    "moments": Discrepancy(
        "D³HR moments", "of mean, deviation and skewness", "Zhao et al., 2025", moments, least=2
    ),
    "kl": Discrepancy(
        "KL(set, class)", "nearest-neighbour estimate, nats", "Wang et al., 2009",
        lambda y: lambda x: divergence(x, y), least=2,
    ),
    "kl-class": Discrepancy(
        "KL(class, set)", "nearest-neighbour estimate, nats", "Wang et al., 2009",
        divergence_to,
    ),
    "precision": Discrepancy(
        "Precision", "percent of the set among the class", "Kynkäänniemi et al., 2019", precision,
        smooth=False, better="higher",
    ),
    "recall": Discrepancy(
        "Recall", "percent of the class among the set", "Kynkäänniemi et al., 2019", recall,
        smooth=False, better="higher", least=2,
    ),
    "density": Discrepancy(
        "Density", "real neighbourhoods an image lies in, over 5", "Naeem et al., 2020", density,
        smooth=False, better="higher",
    ),
    "coverage": Discrepancy(
        "Coverage, 5 neighbours", "percent of the class with an image among its 5 nearest",
        "Naeem et al., 2020", coverage, smooth=False, better="higher", greedily=_SUBMODULAR,
    ),
}  # fmt: skip
"""The discrepancies by name."""


def greedy(loss: Measure, pool: Tensor, n: int, least: int = 1) -> list[int]:
    """Rows of the pool (m, d), one by one, each the one that makes the loss smallest.

    A measure that needs `least` points begins with those nearest to the pool's mean.

    Raises:
        Refused: if the pool has fewer than n rows.
    """
    if n > len(pool):
        raise Refused(f"{n} of a pool of {len(pool)} cannot be selected; ask for fewer.")
    start = distance(pool, pool.mean(0, keepdim=True))[:, 0].argsort()[: least - 1]
    picked: list[int] = start.tolist()[:n]
    while len(picked) < n:
        kept = pool[picked]
        losses = torch.stack([loss(torch.cat([kept, row])) for row in pool.split(1)])
        losses[picked] = torch.inf
        picked.append(int(losses.nan_to_num(nan=torch.inf).argmin()))
    return picked
