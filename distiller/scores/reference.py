"""References: what must be known of a data set's real images to judge a distilled set.

A reference holds, for every training image, its latent projected on the principal components,
the judge's features, and its place on the maps; of a large data set, for an equal number of each
class, drawn at random. It is made once per data set and prior, and shipped: nothing is encoded,
fitted or compiled when someone clicks, and a machine without the images can still score a set.
"""

import math
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..data.dataset import Dataset
from ..data.models import reference_file
from ..diffusion.prior import Prior
from ..errors import Refused
from ..event import Event
from ..image import to_tensor
from ..machine.arrays import load_arrays
from ..machine.disk import write_whole
from .judge import Judge
from .kernel import distance
from .score import Real

__all__ = ["Reference", "build_reference", "load_reference", "save_reference"]

COMPONENTS = 128
NEIGHBOURS = 15
BYTES = 9_000_000  # at most, of points in half precision, uncompressed
MAPS = 32  # bytes of a point's places and labels
NEEDED = {"mean", "basis", "explained", "z", "features", "labels"}  # in a file


@dataclass(frozen=True, eq=False)
class _Ground:
    """Real points that others are placed among on a map, with what each step of a run needs."""

    z: Tensor  # (n, k)
    squares: Tensor  # (n,) of their lengths
    places: Tensor  # (n, 2)
    radius: float  # of a disc that would hold `NEIGHBOURS` of them, were they spread evenly

    def nearest(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """The distances and numbers of the nearest of them, each (m, NEIGHBOURS) or fewer."""
        apart = z.square().sum(1)[:, None] + self.squares - 2 * z @ self.z.T
        near = apart.topk(min(NEIGHBOURS, len(self.z)), largest=False)
        return near.values.clamp(min=0).sqrt(), near.indices


@dataclass(frozen=True, eq=False)
class Reference:
    """The real training images of a data set, or some of each class, as n points."""

    mean: Tensor  # (D,) of the flattened latents
    basis: Tensor  # (D, k) principal components, orthonormal
    explained: float  # the share of the latents' variance that they hold
    z: Tensor  # (n, k) projected latents
    features: Tensor  # (n, f) the judge's
    labels: NDArray[np.int64]  # (n,)
    modes: NDArray[np.int64] | None  # (n,)
    maps: dict[str, NDArray[np.float32]]
    """Places in the plane, (n, 2), by the map's name. "class" holds one map for each class."""
    rows: NDArray[np.int64]  # (n,) which training images they are
    totals: NDArray[np.int64] | None = None  # (classes,) all training images; None: these are all
    trust: dict[str, float] = field(default_factory=dict)  # a map's trustworthiness, 0 ... 1
    _real: dict[tuple[int, str], Real] = field(default_factory=dict, repr=False)  # made so far
    _grounds: dict[tuple[str, int], _Ground] = field(default_factory=dict, repr=False)

    def project(self, latents: Tensor) -> Tensor:
        """Latents (m, ...) on the principal components, (m, k): distances as in latent space."""
        return (latents.flatten(1).float().cpu() - self.mean) @ self.basis

    def total(self, label: int) -> int:
        """How many training images a class has, of which the reference may keep some."""
        if self.totals is None:
            return int((self.labels == label).sum())
        return int(self.totals[label])

    def latents(self, n: int) -> Tensor:
        """The latents of n points, evenly chosen, as far as the components hold them: (n, D)."""
        rows = torch.linspace(0, len(self.z) - 1, n).long()
        return self.z[rows] @ self.basis.T + self.mean

    def place(self, z: Tensor, view: str, label: int) -> NDArray[np.float32]:
        """Where projected latents z (m, k) of a class fall on a map, (m, 2).

        PCA is exact. On any other map a point lies where most of its 15 nearest real neighbours
        are close together, weighted by exp(-(d - d_1) / (d_15 - d_1)): their mean would fall
        between the groups they belong to, where none of them is. So a map can flatter a point
        that is far from everything; `nearest` cannot. On the map called "class" only neighbours
        of that class count.
        """
        if view == "pca":
            return z[:, :2].numpy()
        ground = self._ground(view, label)
        d, rows = ground.nearest(z)
        weights = torch.exp(-(d - d[:, :1]) / (d[:, -1:] - d[:, :1]).clamp(min=1e-6))
        found: NDArray[np.float32] = _location(ground.places[rows], weights, ground.radius).numpy()
        return found

    def _ground(self, view: str, label: int) -> _Ground:
        key = (view, label if view == "class" else 0)
        if key not in self._grounds:
            members = np.flatnonzero(self.labels == label) if view == "class" else slice(None)
            z, places = self.z[members], torch.from_numpy(self.maps[view][members])
            radius = float(places.std(correction=0)) * (NEIGHBOURS / len(places)) ** 0.5
            self._grounds[key] = _Ground(z, z.square().sum(1), places, max(radius, 1e-9))
        return self._grounds[key]

    def nearest(
        self, z: Tensor, label: int, k: int = 1
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The k nearest points of a class, (m, k), and their distances (m, k)."""
        members = np.flatnonzero(self.labels == label)
        d, order = distance(z, self.z[members]).topk(min(k, len(members)), largest=False)
        return members[order.numpy()], d.numpy()

    def real(self, label: int, space: str) -> Real:
        """A class to compare sets with, in a space: "latents" or "features"."""
        if (label, space) not in self._real:
            points = self.z if space == "latents" else self.features
            self._real[label, space] = Real(points[np.flatnonzero(self.labels == label)])
        return self._real[label, space]


def _location(p: Tensor, w: Tensor, h: float, rounds: int = 5) -> Tensor:
    """Where weighted places p (m, k, 2) with weights w (m, k) gather, (m, 2).

    The Cauchy M-estimate of location: the y with the least sum_j w_j log(1 + |y - p_j|^2 / h^2),
    by reweighted means from the best of the p_j.
    """
    apart = (p[:, :, None] - p[:, None]).square().sum(-1) / h**2
    start = (w[:, None] * apart.log1p()).sum(-1).argmin(1)
    y = p[torch.arange(len(p)), start]
    for _ in range(rounds):
        pull = w / (1 + (p - y[:, None]).square().sum(-1) / h**2)
        y = (pull[:, :, None] * p).sum(1) / pull.sum(1, keepdim=True)
    return y


def build_reference(
    data: Dataset,
    prior: Prior,
    judge: Judge,
    points: int | None = None,
    encoded: Callable[[int], Tensor] | None = None,
) -> Generator[Event, None, Reference]:
    """Encodes and judges the training images of a data set, at most so many.

    Without a number, as many as fit in a file below 10 MB. `encoded` gives, by label, the latents
    (n, *latent_shape) of all training images of a class where they are known already.
    """
    points = points or BYTES // (2 * (COMPONENTS + judge.widths[-1]) + MAPS)
    rows = _spread(data.train.labels, points)
    labels = data.train.labels[rows]
    modes = None if data.train.modes is None else data.train.modes[rows]
    x = yield from _latents(data, prior, rows, encoded)
    mean = x.mean(0)
    k = min(COMPONENTS, len(x) - 1, x.shape[1])
    _, s, basis = torch.linalg.svd(x - mean, full_matrices=False)
    basis = basis[:k].T.contiguous()
    z = (x - mean) @ basis
    features = yield from _features(data, judge, rows)
    explained = float(s[:k].square().sum() / s.square().sum())
    maps = {"pca": z[:, :2].numpy()}
    totals = np.bincount(data.train.labels, minlength=len(data.classes))
    return Reference(mean, basis, explained, z, features, labels, modes, maps, rows, totals)


def _latents(
    data: Dataset,
    prior: Prior,
    rows: NDArray[np.int64],
    encoded: Callable[[int], Tensor] | None,
    batch: int = 100,
) -> Generator[Event, None, Tensor]:
    """The flattened latents (n, D) of some training images."""
    if encoded is not None:
        x = torch.empty(len(rows), math.prod(prior.latent_shape))
        for label in np.unique(data.train.labels[rows]):
            mine = np.flatnonzero(data.train.labels[rows] == label)
            places = np.searchsorted(data.train.of(label), rows[mine])
            x[mine] = encoded(int(label))[places].flatten(1).cpu()
        return x
    latents, n = [], -(-len(rows) // batch)
    for i in range(n):
        chunk = to_tensor(data.train.images[rows[i * batch : (i + 1) * batch]])
        latents.append(prior.encode(chunk).flatten(1).cpu())
        yield Event("reference", i, n)
    return torch.cat(latents)


def _features(
    data: Dataset, judge: Judge, rows: NDArray[np.int64], batch: int = 256
) -> Generator[Event, None, Tensor]:
    """The judge's features of some training images, a batch of which is in memory at a time."""
    parts, n = [], -(-len(rows) // batch)
    for i in range(n):
        some = data.train.images[rows[i * batch : (i + 1) * batch]]
        parts.append(judge.judge(some, batch).features)
        yield Event("features", i, n)
    return torch.cat(parts)


def _spread(labels: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """All rows, or as many of each class as make at most so many, drawn with a fixed seed."""
    if len(labels) <= most:
        return np.arange(len(labels))
    classes = np.unique(labels)
    per_class = max(most // len(classes), 3)
    members = [
        np.random.default_rng([0, k]).permutation(np.flatnonzero(labels == k)) for k in classes
    ]
    return np.sort(np.concatenate([rows[:per_class] for rows in members]))


def save_reference(reference: Reference, path: Path) -> None:
    """Writes a reference as one compressed file of plain arrays, in half precision."""
    arrays: dict[str, Any] = {
        "mean": reference.mean.numpy(),
        "basis": reference.basis.half().numpy(),
        "explained": np.float64(reference.explained),
        "z": reference.z.half().numpy(),
        "features": reference.features.half().numpy(),
        "labels": reference.labels.astype(np.int16),
        "rows": reference.rows.astype(np.int32),
        **{f"map_{name}": places.astype(np.float32) for name, places in reference.maps.items()},
        **{f"trust_{name}": np.float64(value) for name, value in reference.trust.items()},
    }
    if reference.modes is not None:
        arrays["modes"] = reference.modes.astype(np.int16)
    if reference.totals is not None:
        arrays["totals"] = reference.totals.astype(np.int32)
    write_whole(path, lambda file: np.savez_compressed(file, **arrays), sealed=True)


def load_reference(name: str) -> Reference:
    """The reference of a data set, by the data set's name, or of a file.

    Raises:
        Refused: if there is none, or it is damaged.
    """
    path = reference_file(name) or Path(name)
    if not path.is_file():
        raise Refused(
            f"There is no reference for {name!r}; make one with "
            f"`python -m distiller reference --dataset {name}`."
        )
    arrays = load_arrays(path)
    if arrays is None or not set(arrays) >= NEEDED:
        raise Refused(
            f"{path} is damaged, or no reference; make it anew with "
            "`python -m distiller reference`, or copy it anew."
        )
    return Reference(
        mean=torch.from_numpy(arrays["mean"]),
        basis=torch.from_numpy(arrays["basis"]).float(),
        explained=float(arrays["explained"]),
        z=torch.from_numpy(arrays["z"]).float(),
        features=torch.from_numpy(arrays["features"]).float(),
        labels=arrays["labels"].astype(np.int64),
        modes=arrays["modes"].astype(np.int64) if "modes" in arrays else None,
        maps={key[4:]: arrays[key] for key in arrays if key.startswith("map_")},
        rows=arrays["rows"].astype(np.int64) if "rows" in arrays else np.arange(len(arrays["z"])),
        totals=arrays["totals"].astype(np.int64) if "totals" in arrays else None,
        trust={key[6:]: float(arrays[key]) for key in arrays if key.startswith("trust_")},
    )
