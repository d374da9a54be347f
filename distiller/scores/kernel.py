"""Mercer kernels: similarities that are inner products of some feature map.

A kernel maps (n, d) and (m, d) to the (n, m) Gram matrix. It induces the metric

    D_K(x, y)^2 = K(x, x) + K(y, y) - 2 K(x, y),

which for the linear kernel is the Euclidean distance.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import normalize

from ..errors import Refused, unknown

__all__ = [
    "FEATURE_MAPS", "KERNELS", "FeatureMap", "Kernel", "cosine", "kernel_distance", "laplace",
    "linear", "make_kernel", "median_distance", "polynomial", "rbf", "witness",
]  # fmt: skip

Kernel = Callable[[Tensor, Tensor], Tensor]
"""Maps (n, d) and (m, d) to the (n, m) Gram matrix."""

FeatureMap = Callable[[Tensor], Tensor]
"""Maps (n, d) to the features (n, k) whose inner products a kernel is."""


def linear(x: Tensor, y: Tensor) -> Tensor:
    """x^T y for all rows of (n, d) and (m, d): (n, m)."""
    return x @ y.T


def cosine(x: Tensor, y: Tensor) -> Tensor:
    """x^T y / (|x| |y|) for all rows of (n, d) and (m, d): (n, m)."""
    return normalize(x) @ normalize(y).T


def rbf(bandwidth: float) -> Kernel:
    """exp(-|x - y|^2 / (2 h^2))."""
    return lambda x, y: torch.exp(-squared_distance(x, y) / (2 * bandwidth**2))


def laplace(bandwidth: float) -> Kernel:
    """exp(-|x - y| / h), with the Euclidean norm."""
    return lambda x, y: torch.exp(-distance(x, y) / bandwidth)


def polynomial(scale: float, degree: int = 3) -> Kernel:
    """(1 + x^T y / s)^3."""
    return lambda x, y: (1 + x @ y.T / scale) ** degree


def squared_distance(x: Tensor, y: Tensor) -> Tensor:
    """|x_i - y_j|^2 by one matrix product, (n, m)."""
    squares = x.square().sum(1)[:, None] + y.square().sum(1)[None]
    return (squares - 2 * x @ y.T).clamp(min=0)


def distance(x: Tensor, y: Tensor) -> Tensor:
    """|x_i - y_j|, (n, m), with a gradient of zero where the points meet."""
    return (squared_distance(x, y) + 1e-12).sqrt()


def median_distance(x: Tensor) -> float:
    """The median of the distances between different rows of x (n, d), at most 1,000 of them.

    It is the median heuristic's bandwidth (Gretton et al., 2012).

    Raises:
        Refused: if there are fewer than two rows.
    """
    if len(x) < 2:
        raise Refused(f"The median heuristic needs at least 2 points; got {len(x)}.")
    x = x[torch.linspace(0, len(x) - 1, min(len(x), 1000)).long()]
    apart = torch.ones(len(x), len(x), dtype=torch.bool, device=x.device).triu(1)
    return max(float(distance(x, x)[apart].median()), 1e-12)


def kernel_distance(kernel: Kernel, x: Tensor, y: Tensor) -> Tensor:
    """D_K(x_i, y_j), (n, m)."""
    return (
        (_self(kernel, x)[:, None] + _self(kernel, y)[None] - 2 * kernel(x, y) + 1e-12)
        .clamp(min=1e-12)
        .sqrt()
    )


def witness(kernel: Kernel, p: Tensor, y: Tensor, x: Tensor) -> Tensor:
    """The witness of the discrepancy between y (n, d) and x (m, d), at points p (k, d): (k,).

        w(p) = mean_j k(p, y_j) - mean_i k(p, x_i)

    (Gretton et al., 2012, section 2.3, without its norm): positive where y has more mass than x,
    as far as the kernel can tell. Its mean over y less that over x is their squared MMD, biased.
    """
    return kernel(p, y).mean(1) - kernel(p, x).mean(1)


def _self(kernel: Kernel, x: Tensor) -> Tensor:
    """K(x_i, x_i), (n,)."""
    return torch.cat([kernel(row, row)[0] for row in x.split(1)])


KERNELS: dict[str, Callable[[Tensor], Kernel]] = {
    "linear": lambda reference: linear,
    "rbf": lambda reference: rbf(median_distance(reference)),
    "polynomial": lambda reference: polynomial(float(reference.square().sum(1).mean())),
    "cosine": lambda reference: cosine,
    "laplace": lambda reference: laplace(median_distance(reference)),
}
"""Kernels by name, with scales taken from reference points (n, d)."""


FEATURE_MAPS: dict[str, FeatureMap] = {"linear": lambda x: x, "cosine": normalize}
"""The feature maps of those kernels that have one of a moderate size."""


def make_kernel(name: str, reference: Tensor) -> Kernel:
    """A kernel by name, scaled to reference points (n, d).

    Raises:
        Refused: if there is no kernel of that name.
    """
    if name not in KERNELS:
        raise Refused(unknown("kernel", name, KERNELS))
    return KERNELS[name](reference)
