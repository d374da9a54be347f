"""Independent references: real images in a feature space of photographs that nobody here trained.

For some training images of each class, their features by EfficientNet-Lite0, projected on principal
components. It is made once per data set of photographs and shipped, so that a set can be scored in
this space at once, also on a machine without the images. It measures, and nothing else.
"""

from collections.abc import Generator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..data.dataset import Dataset
from ..data.models import independent_file
from ..errors import Refused
from ..event import Event
from ..machine.arrays import load_arrays
from ..machine.disk import write_whole
from .efficientnet import efficientnet_features
from .score import Real

__all__ = ["Independent", "build_independent", "load_independent", "save_independent"]

PER_CLASS, COMPONENTS = 300, 128


@dataclass(frozen=True, eq=False)
class Independent:
    """Some real training images of each class, as n points."""

    mean: Tensor  # (1280,)
    basis: Tensor  # (1280, k) principal components, orthonormal
    explained: float  # the share of the features' variance that they hold
    z: Tensor  # (n, k) projected features
    labels: NDArray[np.int64]  # (n,)
    _real: dict[int, Real] = field(default_factory=dict, repr=False)  # made so far

    def project(self, images: NDArray[np.uint8]) -> Tensor:
        """Images (m, h, w, 3) of any size as points (m, k)."""
        return (efficientnet_features(images) - self.mean) @ self.basis

    def real(self, label: int) -> Real:
        """A class to compare sets with."""
        if label not in self._real:
            self._real[label] = Real(self.z[np.flatnonzero(self.labels == label)])
        return self._real[label]


def build_independent(
    data: Dataset, per_class: int = PER_CLASS
) -> Generator[Event, None, Independent]:
    """Takes at most so many training images of each class, drawn with a fixed seed."""
    parts, labels, n = [], [], len(data.classes)
    for label in range(n):
        rows = np.random.default_rng([0, label]).permutation(data.train.of(label))[:per_class]
        images = np.ascontiguousarray(data.train.images[np.sort(rows)])
        parts.append(efficientnet_features(images))
        labels += [label] * len(images)
        yield Event("features", label, n, label)
    features = torch.cat(parts)
    mean = features.mean(0)
    _, s, basis = torch.linalg.svd(features - mean, full_matrices=False)
    k = min(COMPONENTS, len(features) - 1)
    explained = float(s[:k].square().sum() / s.square().sum())
    basis = basis[:k].T.contiguous()
    return Independent(mean, basis, explained, (features - mean) @ basis, np.array(labels))


def save_independent(made: Independent, path: Path) -> None:
    """Writes it as one compressed file of plain arrays, in half precision."""
    arrays: dict[str, Any] = {
        "mean": made.mean.numpy(), "basis": made.basis.half().numpy(), "z": made.z.half().numpy(),
        "explained": np.float64(made.explained), "labels": made.labels.astype(np.int16),
    }  # fmt: skip
    write_whole(path, lambda file: np.savez_compressed(file, **arrays), sealed=True)


@cache
def load_independent(name: str) -> Independent | None:
    """That of a data set, by its name, read once; None where there is none.

    Raises:
        Refused: if it is damaged.
    """
    path = independent_file(name)
    if path is None:
        return None
    arrays = load_arrays(path)
    if arrays is None or not {"mean", "basis", "z", "explained", "labels"} <= set(arrays):
        raise Refused(f"{path} is damaged; copy it anew.")
    mean, basis, z = (torch.from_numpy(arrays[key]).float() for key in ("mean", "basis", "z"))
    return Independent(mean, basis, float(arrays["explained"]), z, arrays["labels"].astype(int))
