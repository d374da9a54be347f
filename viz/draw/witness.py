"""The witness of the discrepancy over a map: where a set misses real images, or has too many.

The witness is a function on latent space. It is evaluated there, exactly, at every real image of a
class; only then are those values smoothed over the plane, so that they can be seen as a field. The
field is what a map can show of it, no more: two images that a map puts side by side may differ.
"""

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from distiller.scores.kernel import Kernel, rbf, witness
from distiller.scores.reference import Reference
from distiller.scores.score import Real

__all__ = ["Field", "Plane", "Witness", "plane_of", "witness_of"]

BANDWIDTH = 0.5
"""Of the kernel, in units of the class's median distance.

At the median itself every real image is much like every other, and the witness says little of
where: at half of it, it tells the images that no distilled one covers from the others better, in
each of ten runs (two data sets, five methods; area under the curve 0.72 ... 0.93, at the median
0.69 ... 0.86), and is nearly as smooth over the maps. At a quarter it mostly repeats the distance
to the nearest distilled image, which the map has already.
"""
CELLS = 56  # along the longer side of a field
NEIGHBOURS = 15  # a typical real image has so many others within two bandwidths of the plane
MARGIN = 4  # bandwidths around the real images, in which a field fades
PULL = 2.0  # real images' worth of zero in every mean: a field fades where there are none
DRAWS = 100  # random real sets that say how far chance goes
CHANCE = 0.95  # the share of their field that lies within `Field.chance`


@dataclass(frozen=True, eq=False)
class Field:
    """A smoothed witness on a grid of the plane."""

    values: NDArray[np.float32]  # (rows, columns), rows from low to high y
    box: tuple[float, float, float, float]  # left, right, bottom, top: the outer edges
    chance: float  # what the fields of random real sets of this size seldom exceed


@dataclass(frozen=True, eq=False)
class Witness:
    """The witness of a set at the real images of a class, and its fields by the map's name."""

    at: Tensor  # (n,) exact, in latent space
    fields: dict[str, Field]


@dataclass(frozen=True, eq=False)
class Plane:
    """A grid over the places of n real images, and how near they lie to its columns and rows.

    A Gaussian kernel of the plane is the product of one along x and one along y.
    """

    along_x: Tensor  # (columns, n)
    along_y: Tensor  # (rows, n)
    box: tuple[float, float, float, float]

    @cached_property
    def mass(self) -> Tensor:
        """How many real images a point of the grid is among, (rows, columns)."""
        return self.along_y @ self.along_x.T

    def smooth(self, values: Tensor) -> Tensor:
        """Values at the real images, (..., n), as means around the grid's points.

        Nadaraya and Watson's estimate, with zero as one more observation of weight `PULL`:
        sum_i K_i w_i / (PULL + sum_i K_i), (..., rows, columns).
        """
        return (self.along_y * values[..., None, :]) @ self.along_x.T / (PULL + self.mass)


def plane_of(places: NDArray[np.float32]) -> Plane:
    """The grid of real images' places (n, 2), a little wider than they lie."""
    p = torch.from_numpy(places)
    k = min(NEIGHBOURS, len(p) - 1)
    near = torch.cdist(p, p).topk(k + 1, largest=False).values  # the first is the image itself
    low, high = p.min(0).values, p.max(0).values
    # A field is no finer than its grid, or single images would fall between its points.
    bandwidth = max(float(near[:, -1].median()) / 2, float((high - low).max()) / CELLS)
    low, high = low - MARGIN * bandwidth, high + MARGIN * bandwidth
    cell = float((high - low).max()) / CELLS
    along, box = [], []
    for axis in (0, 1):
        count = math.ceil(float(high[axis] - low[axis]) / cell - 1e-3)
        centres = low[axis] + cell * (torch.arange(count) + 0.5)
        along.append(rbf(bandwidth)(centres[:, None], p[:, axis, None]))
        box += [float(low[axis]), float(low[axis]) + count * cell]
    return Plane(along[0], along[1], (box[0], box[1], box[2], box[3]))


def witness_of(reference: Reference, label: int, z: Tensor) -> Witness:
    """The witness of a set z (m, k) of projected latents against a class."""
    real = reference.real(label, "latents")
    at = witness(_kernel(real), real.features, real.features, z.float())
    chance = _chance(reference, label, len(z))
    return Witness(
        at,
        {
            name: Field(plane.smooth(at).numpy(), plane.box, chance[name])
            for name, plane in _planes(reference, label).items()
        },
    )


def _kernel(real: Real) -> Kernel:
    return rbf(BANDWIDTH * real.bandwidth)


def _planes(reference: Reference, label: int) -> dict[str, Plane]:
    members = np.flatnonzero(reference.labels == label)
    return {name: plane_of(places[members]) for name, places in reference.maps.items()}


@lru_cache(maxsize=64)
def _chance(reference: Reference, label: int, m: int) -> dict[str, float]:
    """How far from zero the fields of random real sets of m images go, by the map's name."""
    real, rng = reference.real(label, "latents"), np.random.default_rng(0)
    shares = torch.full((DRAWS, real.n), 1 / real.n)
    for row in shares:
        row[torch.from_numpy(rng.permutation(real.n)[:m])] -= 1 / m
    at = shares @ _kernel(real)(real.features, real.features)
    found = {}
    for name, plane in _planes(reference, label).items():
        inhabited = plane.smooth(at)[:, plane.mass >= PULL]
        found[name] = float(np.quantile(inhabited.abs().numpy(), CHANCE))
    return found
