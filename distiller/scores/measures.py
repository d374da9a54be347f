"""Measures: how far a set lies from a class, each a function prepared for the class once.

A maker takes the class y (n, d) and returns a `Measure` of sets x (m, d), in any space. What has
random parts (projections, nets) draws them with a fixed seed, so a value depends on x and y alone.
Points weigh the same; no distribution is fitted but where the formula says so. Names, units and
sources stand in `discrepancy.DISCREPANCIES`.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity

from .kernel import Kernel, distance, make_kernel, median_distance, rbf, squared_distance

__all__ = [
    "Measure", "average_hausdorff", "coverage", "covering_radius", "density", "divergence",
    "divergence_to", "frechet", "gradient_matching", "hausdorff", "mmd2", "mmd_by", "moments",
    "outlying", "parameter_matching", "precision", "quantisation", "recall", "regression_gap",
    "sinkhorn", "sliced",
]  # fmt: skip

Measure = Callable[[Tensor], Tensor]
"""Maps a set (m, d) to its discrepancy from the class, a scalar."""


# ------------------------------------------------------------------------------ kernel means


def mmd2(kernel: Kernel, x: Tensor, y: Tensor, *, unbiased: bool = False) -> Tensor:
    """MMD^2 of x (m, d) and y (n, d) (Gretton et al., 2012, Eq. 3, or biased Eq. 5)."""
    return _within(kernel, x, unbiased) + _within(kernel, y, unbiased) - 2 * kernel(x, y).mean()


def _within(kernel: Kernel, x: Tensor, unbiased: bool) -> Tensor:
    k, n = kernel(x, x), len(x)
    return (k.sum() - k.diagonal().sum()) / (n * (n - 1)) if unbiased else k.mean()


def mmd_by(name: str) -> Callable[[Tensor], Measure]:
    """The maker of the biased MMD^2 by a kernel of that name; "energy" is the energy distance."""

    def to(y: Tensor) -> Measure:
        kernel = energy if name == "energy" else make_kernel(name, y)
        within = kernel(y, y).mean()
        return lambda x: kernel(x, x).mean() + within - 2 * kernel(x, y).mean()

    return to


def energy(x: Tensor, y: Tensor) -> Tensor:
    """-|x - y|, (n, m), whose MMD^2 is the energy distance (Sejdinovic et al., 2013)."""
    return -distance(x, y)


# --------------------------------------------------------------------------- optimal transport


def sliced(y: Tensor, directions: int = 256) -> Measure:
    """The 2-Wasserstein distance from y (n, d) on random lines, root mean square over them.

    Between sorted points on a line the optimal plan is the monotone one, exact for any m and n
    (Bonneel et al., 2015).
    """
    lines = _normal(0, y.shape[1], directions).to(y)
    lines = lines / lines.norm(dim=0)
    sorted_y = (y @ lines).sort(0).values

    def measure(x: Tensor) -> Tensor:
        m, n = len(x), len(y)
        ends = torch.cat([torch.arange(1, m + 1).double() / m, torch.arange(1, n + 1).double() / n])
        ends = ends.sort().values
        width = ends.diff(prepend=torch.zeros(1, dtype=torch.float64))
        middle = ends - width / 2
        i, j = ((middle * k).long().clamp(max=k - 1) for k in (m, n))
        gap = (x @ lines).sort(0).values[i] - sorted_y[j]
        squares: Tensor = (width.to(x)[:, None] * gap.square()).sum(0)
        return squares.mean().clamp(min=1e-20).sqrt()

    return measure


def sinkhorn(y: Tensor, blur: float | None = None, rounds: int = 60) -> Measure:
    """The debiased Sinkhorn divergence with cost |x - y|^2 / 2 (Feydy et al., 2019, Eq. 3).

    The blur, the square root of the entropic strength, is a quarter of the median distance. Only
    the last update is differentiated, which by the envelope theorem is the whole gradient.
    """
    eps = (median_distance(y) / 4 if blur is None else blur) ** 2
    within_y = _transport(y, y, eps, rounds).detach()
    return lambda x: _transport(x, y, eps, rounds) - (_transport(x, x, eps, rounds) + within_y) / 2


def _transport(x: Tensor, y: Tensor, eps: float, rounds: int) -> Tensor:
    """The entropic cost of moving x (m, d) to y (n, d), up to what debiasing takes away."""
    with torch.no_grad():
        cost = squared_distance(x, y) / 2
        f, g = torch.zeros_like(cost[:, 0]), torch.zeros_like(cost[0])
        for _ in range(rounds):
            # Averaged updates, which converge for x = y too, where alternating ones swing.
            new_f, new_g = _soft_minimum(cost, g, eps), _soft_minimum(cost.T, f, eps)
            f, g = (f + new_f) / 2, (g + new_g) / 2
    if y is x:
        return 2 * _soft_minimum(squared_distance(x, x.detach()) / 2, g, eps).mean()
    return _soft_minimum(squared_distance(x, y) / 2, g, eps).mean() + g.mean()


def _soft_minimum(cost: Tensor, g: Tensor, eps: float) -> Tensor:
    return -eps * (((g - cost) / eps).logsumexp(1) - math.log(cost.shape[1]))


# ------------------------------------------------------------------------------ nearest points


def covering_radius(y: Tensor) -> Measure:
    """max_y min_x |x - y|: how far the worst served real image of y (n, d) is from the set."""
    return lambda x: distance(x, y).amin(0).max()


def outlying(y: Tensor) -> Measure:
    """max_x min_y |x - y|: how far the worst image of the set is from the class y (n, d)."""
    return lambda x: distance(x, y).amin(1).max()


def hausdorff(y: Tensor) -> Measure:
    """The larger of `covering_radius` and `outlying`, for y (n, d)."""
    return lambda x: torch.maximum(covering_radius(y)(x), outlying(y)(x))


def average_hausdorff(y: Tensor) -> Measure:
    """The mean distance to the nearest of the other side, both sides averaged, for y (n, d)."""

    def measure(x: Tensor) -> Tensor:
        d = distance(x, y)
        return (d.amin(0).mean() + d.amin(1).mean()) / 2

    return measure


def quantisation(y: Tensor) -> Measure:
    """mean_y min_x |x - y|^2 for y (n, d): the objective of k-means, and selecting of k-medoids."""
    return lambda x: squared_distance(x, y).amin(0).mean()


def _neighbour(points: Tensor, k: int) -> Tensor:
    """The distance of each point to its k-th nearest other one, (n,)."""
    return distance(points, points).kthvalue(min(k, len(points) - 1) + 1, dim=1).values


def precision(y: Tensor, k: int = 5) -> Measure:
    """The share of the set within the k-th-neighbour ball of a real image, in percent."""
    reach = _neighbour(y, k)
    return lambda x: 100 * (distance(x, y) <= reach).any(1).float().mean()


def recall(y: Tensor, k: int = 5) -> Measure:
    """The share of the class within the k-th-neighbour ball of an image of the set, in percent."""
    return lambda x: 100 * (distance(x, y) <= _neighbour(x, k)[:, None]).any(0).float().mean()


def density(y: Tensor, k: int = 5) -> Measure:
    """How many real k-th-neighbour balls an image of the set lies in, over k."""
    reach = _neighbour(y, k)
    return lambda x: (distance(x, y) <= reach).float().sum(1).mean() / k


def coverage(y: Tensor, k: int = 5) -> Measure:
    """The share of real images with an image of the set in their k-th-neighbour ball, percent."""
    reach = _neighbour(y, k)
    return lambda x: 100 * (distance(x, y) <= reach).any(0).float().mean()


def divergence(x: Tensor, y: Tensor) -> Tensor:
    """A nearest-neighbour estimate of KL(p || q) from x ~ p (m, d) and y ~ q (n, d), in nats.

    (d / m) sum_i log(nu_i / rho_i) + log(n / (m - 1)), with the distance nu_i to the nearest of y
    and rho_i to the nearest other of x (Wang, Kulkarni & Verdu, 2009).
    """
    return _divergence(x, _neighbour(x, 1), y)


def _divergence(x: Tensor, rho: Tensor, y: Tensor) -> Tensor:
    ratio = (distance(x, y).amin(1) / rho).clamp(min=1e-12)
    return x.shape[1] * ratio.log().mean() + math.log(len(y) / max(len(x) - 1, 1))


def divergence_to(y: Tensor) -> Measure:
    """KL(class || set) in nats for y (n, d): high where the set misses what the class has."""
    rho = _neighbour(y, 1)
    return lambda x: _divergence(y, rho, x)


# ------------------------------------------------------------------------------ learning on them


class _Nets(NamedTuple):
    """K nets of one hidden layer: tanh, then logits; weights (K, in, out), biases (K, out)."""

    w1: Tensor
    b1: Tensor
    w2: Tensor
    b2: Tensor


def _nets(d: int, like: Tensor, count: int = 8, width: int = 64, classes: int = 10) -> _Nets:
    w1 = _normal(1, count, d, width) / math.sqrt(d)
    w2 = _normal(2, count, width, classes) / math.sqrt(width)
    zeros = torch.zeros(count, width), torch.zeros(count, classes)
    return _Nets(*(w.to(like) for w in (w1, zeros[0], w2, zeros[1])))


def _gradient(nets: _Nets, x: Tensor) -> _Nets:
    """The gradient of the mean cross-entropy of every net, with all x (m, d) in class 0."""
    h = (x @ nets.w1 + nets.b1[:, None]).tanh()  # (K, m, width)
    wrong = (h @ nets.w2 + nets.b2[:, None]).softmax(2)
    wrong = torch.cat([wrong[..., :1] - 1, wrong[..., 1:]], 2) / len(x)
    back = wrong @ nets.w2.transpose(1, 2) * (1 - h.square())
    return _Nets(x.T @ back, back.sum(1), h.transpose(1, 2) @ wrong, wrong.sum(1))


def _standardiser(y: Tensor) -> Callable[[Tensor], Tensor]:
    mean, scale = y.mean(0), y.std(0).square().mean().sqrt().clamp(min=1e-12)
    return lambda x: (x - mean) / scale


def gradient_matching(y: Tensor) -> Measure:
    """How the class's gradient on random nets differs in direction from the set's.

    1 - cos for every output of every layer, averaged (Zhao et al., 2021), over 8 nets.
    """
    put, nets = _standardiser(y), _nets(y.shape[1], y)
    target = _gradient(nets, put(y))

    def measure(x: Tensor) -> Tensor:
        mine = _gradient(nets, put(x))
        layers = (
            (mine.w1, mine.b1, target.w1, target.b1),
            (mine.w2, mine.b2, target.w2, target.b2),
        )
        gaps = []
        for w, b, w_y, b_y in layers:
            ours, theirs = (torch.cat([u, v[:, None]], 1) for u, v in ((w, b), (w_y, b_y)))
            gaps.append(1 - cosine_similarity(ours, theirs, dim=1).mean())
        return torch.stack(gaps).mean()

    return measure


def parameter_matching(y: Tensor, steps: int = 10, lr: float = 0.5) -> Measure:
    """Where training on the set ends, beside where training on the class does.

    |theta_x - theta_y|^2 / |theta_0 - theta_y|^2 after some steps of gradient descent from the
    same random nets (Cazenavette et al., 2022), averaged over 8 nets.
    """
    put, start = _standardiser(y), _nets(y.shape[1], y)

    def train(x: Tensor) -> Tensor:
        nets = start
        for _ in range(steps):
            moves = _gradient(nets, x)
            nets = _Nets(*(w - lr * g for w, g in zip(nets, moves, strict=True)))
        return torch.cat([w.flatten(1) for w in nets], 1)

    origin, target = torch.cat([w.flatten(1) for w in start], 1), train(put(y))
    length = (origin - target).square().sum(1)
    return lambda x: ((train(put(x)) - target).square().sum(1) / length).mean()


def regression_gap(y: Tensor, ridge: float = 1e-3) -> Measure:
    """The error on the class of kernel ridge regression from the set, for a random function.

    KIP's objective (Nguyen et al., 2021) averaged over labels drawn from a Gaussian process
    with the same kernel, RBF of the median distance, in closed form:

        mean_y [k(y, y) - 2 k_yx A k_xy + k_yx A K_xx A k_xy],    A = (K_xx + ridge I)^-1,

    from 0, every function is known on the class, to 1, none is.
    """
    kernel = rbf(median_distance(y))

    def measure(x: Tensor) -> Tensor:
        inside, across = kernel(x, x), kernel(x, y)
        solved = torch.linalg.solve(inside + ridge * torch.eye(len(x)).to(x), across)
        gap: Tensor = 1 + (solved * (inside @ solved - 2 * across)).sum(0).mean()
        return gap

    return measure


# ----------------------------------------------------------------------------------- moments


def frechet(y: Tensor) -> Measure:
    """The squared Frechet distance of Gaussians (Heusel et al., 2017, Eq. 6), also for m < d.

    |mu_x - mu_y|^2 + tr(C_x) + tr(C_y) - 2 tr((C_x C_y)^1/2), where the last trace is the sum of
    the singular values of Y X^T, of the centred points over root (n - 1) and (m - 1).
    """
    mean = y.mean(0)
    centred = (y - mean) / math.sqrt(len(y) - 1)
    trace = centred.square().sum()

    def measure(x: Tensor) -> Tensor:
        away = (x - x.mean(0)) / math.sqrt(max(len(x) - 1, 1))
        both = torch.linalg.svdvals(centred @ away.T).sum()
        apart = (x.mean(0) - mean).square().sum()
        total: Tensor = apart + away.square().sum() + trace - 2 * both
        return total

    return measure


def moments(y: Tensor, skew_weight: float = 0.5) -> Measure:
    """D3HR's loss: |mean - mu| + |std - sigma| + |skewness| / 2, norms over dimensions.

    (Zhao et al., 2025.) The target's skewness is 0, a Gaussian's.
    """
    mu, sigma = y.mean(0), y.std(0)

    def measure(x: Tensor) -> Tensor:
        mean = x.mean(0)
        away = (x - mean).square().sum(0) / (len(x) - 1)
        std = away.clamp(min=1e-20).sqrt()
        skew = ((x - mean) / std).pow(3).mean(0)
        loss: Tensor = (mean - mu).norm() + (std - sigma).norm() + skew_weight * skew.norm()
        return loss

    return measure


def _normal(seed: int, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))
