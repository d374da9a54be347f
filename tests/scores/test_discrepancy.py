"""Every discrepancy against an independent implementation or a closed form; and its three roles."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from distiller.errors import Refused
from distiller.scores.discrepancy import DISCREPANCIES, greedy
from distiller.scores.kernel import linear, median_distance, polynomial, rbf
from distiller.scores.measures import _nets as random_nets
from distiller.scores.measures import divergence, mmd2, sinkhorn

GENERATOR = torch.Generator().manual_seed(0)
X = torch.randn(9, 5, generator=GENERATOR) * 1.3 + 0.5
Y = torch.randn(40, 5, generator=GENERATOR)


def value(name: str, x: Tensor = X, y: Tensor = Y) -> float:
    return float(DISCREPANCIES[name].to(y)(x))


# ------------------------------------------------------------------------------ all of them


@pytest.fixture(params=sorted(DISCREPANCIES))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_tells_a_set_of_the_class_from_one_far_away(name: str) -> None:
    d = DISCREPANCIES[name]
    near, far = value(name, Y[::4]), value(name, Y[::4] + 6)
    if name == "moments":  # the skewness of ten points is large wherever they lie
        far -= 5
    assert near < far if d.better == "lower" else near > far


def test_is_documented_and_does_not_depend_on_the_order_of_points(name: str) -> None:
    d = DISCREPANCIES[name]
    assert d.title
    assert d.about
    assert d.source
    assert value(name, X.flip(0), Y.flip(0)) == pytest.approx(value(name), rel=1e-3, abs=1e-4)


def test_has_the_gradient_of_its_value(name: str) -> None:
    """Along a direction, the gradient is the difference quotient of the value itself."""
    if not DISCREPANCIES[name].smooth:
        assert not DISCREPANCIES[name].to(Y)(X.clone().requires_grad_()).requires_grad
        return
    x, y = X.double().requires_grad_(), Y.double()
    measure = DISCREPANCIES[name].to(y)
    gradient = torch.autograd.grad(measure(x), x)[0]
    direction = torch.randn(X.shape, generator=torch.Generator().manual_seed(1)).double()
    h = 1e-4
    with torch.no_grad():
        slope = (measure(x + h * direction) - measure(x - h * direction)) / (2 * h)
    assert float((gradient * direction).sum()) == pytest.approx(float(slope), rel=2e-2, abs=1e-5)


def test_takes_sets_down_to_the_least_it_needs(name: str) -> None:
    d = DISCREPANCIES[name]
    assert math.isfinite(value(name, X[: max(d.least, 1)]))


# ------------------------------------------------------------------------------- kernel means


def test_mmd_is_the_mean_over_pairs() -> None:
    k = rbf(1.7)
    xx = np.mean([[float(k(a[None], b[None])) for b in X] for a in X])
    yy = np.mean([[float(k(a[None], b[None])) for b in Y] for a in Y])
    xy = np.mean([[float(k(a[None], b[None])) for b in Y] for a in X])
    assert float(mmd2(k, X, Y)) == pytest.approx(xx + yy - 2 * xy, abs=1e-5)
    n, m = len(X), len(Y)
    unbiased = (xx * n - 1) / (n - 1) + (yy * m - 1) / (m - 1) - 2 * xy
    assert float(mmd2(k, X, Y, unbiased=True)) == pytest.approx(unbiased, abs=1e-5)
    assert value("mmd") == pytest.approx(float(mmd2(rbf(median_distance(Y)), X, Y)), abs=1e-6)


def test_unbiased_mmd_is_zero_on_average_for_one_distribution() -> None:
    values = []
    for seed in range(300):
        both = torch.randn(30, 3, generator=torch.Generator().manual_seed(seed))
        values.append(float(mmd2(rbf(1.5), both[:10], both[10:], unbiased=True)))
    assert abs(np.mean(values)) < 3 * np.std(values) / math.sqrt(len(values))


def test_linear_mmd_is_the_distance_of_the_means_and_polynomial_that_of_monomials() -> None:
    assert value("mmd-linear") == pytest.approx(float((X.mean(0) - Y.mean(0)).square().sum()))
    x, y, s = X[:, :1], Y[:, :1], 2.0
    # (1 + x y / s)^3 is the inner product of sqrt(C(3, k) / s^k) x^k.
    apart = [
        math.comb(3, k) / s**k * float(x.pow(k).mean() - y.pow(k).mean()) ** 2 for k in range(4)
    ]
    assert float(mmd2(polynomial(s), x, y)) == pytest.approx(sum(apart), rel=1e-4)
    assert float(mmd2(linear, x, x)) == pytest.approx(0, abs=1e-6)


def test_energy_distance_is_scipys_on_a_line() -> None:
    from scipy.stats import energy_distance

    x, y = X[:, :1], Y[:, :1]
    expected = energy_distance(x.flatten().numpy(), y.flatten().numpy()) ** 2
    assert value("energy", x, y) == pytest.approx(expected, rel=1e-3)


# ---------------------------------------------------------------------------- optimal transport


def test_sliced_wasserstein_is_that_of_pot() -> None:
    import ot

    lines = torch.randn(5, 256, generator=torch.Generator().manual_seed(0))
    lines = (lines / lines.norm(dim=0)).numpy()
    expected = ot.sliced_wasserstein_distance(X.numpy(), Y.numpy(), projections=lines)
    assert value("sliced") == pytest.approx(float(expected), rel=1e-4)


def test_sinkhorn_divergence_is_that_of_geomloss() -> None:
    from geomloss import SamplesLoss

    blur = 0.6
    loss = SamplesLoss("sinkhorn", p=2, blur=blur, debias=True, scaling=0.998, backend="tensorized")
    x, y = X.double(), Y.double()
    found = sinkhorn(y, blur, rounds=300)
    assert float(found(x)) == pytest.approx(float(loss(x, y)), rel=1e-3)
    mine, theirs = x.clone().requires_grad_(), x.clone().requires_grad_()
    ours = torch.autograd.grad(found(mine), mine)[0]
    expected = torch.autograd.grad(loss(theirs, y), theirs)[0]
    torch.testing.assert_close(ours, expected, rtol=0, atol=3e-3)  # its annealing is not exact


def test_sinkhorn_divergence_comes_near_the_exact_transport() -> None:
    import ot

    cost = torch.cdist(X.double(), Y.double()).square().numpy() / 2
    weights = np.full(9, 1 / 9), np.full(40, 1 / 40)
    exact = float(ot.emd2(*weights, cost))
    assert float(sinkhorn(Y.double(), 0.1, 2000)(X.double())) == pytest.approx(exact, rel=0.05)
    assert value("sinkhorn", Y, Y) == pytest.approx(0, abs=1e-4)


# ------------------------------------------------------------------------------ nearest points


def test_hausdorff_distances_are_scipys() -> None:
    from scipy.spatial.distance import directed_hausdorff

    x, y = X.numpy(), Y.numpy()
    covering, outlying = directed_hausdorff(y, x)[0], directed_hausdorff(x, y)[0]
    assert value("covering") == pytest.approx(covering, rel=1e-4)
    assert value("outlying") == pytest.approx(outlying, rel=1e-4)
    assert value("hausdorff") == pytest.approx(max(covering, outlying), rel=1e-4)


def test_average_hausdorff_and_quantisation_are_sklearns_nearest_neighbours() -> None:
    from sklearn.neighbors import NearestNeighbors

    def nearest(a: Tensor, b: Tensor) -> np.ndarray:  # type: ignore[type-arg]
        found = NearestNeighbors(n_neighbors=1).fit(b.numpy()).kneighbors(a.numpy())[0]
        return np.asarray(found)

    both = nearest(Y, X).mean() + nearest(X, Y).mean()
    assert value("average-hausdorff") == pytest.approx(both / 2, rel=1e-4)
    assert value("quantisation") == pytest.approx((nearest(Y, X) ** 2).mean(), rel=1e-4)


def test_precision_recall_density_coverage_are_those_of_their_authors() -> None:
    from prdc import compute_prdc

    expected = compute_prdc(Y.numpy(), X.numpy(), nearest_k=5)
    for name in ("precision", "recall", "coverage"):
        assert value(name) == pytest.approx(100 * expected[name], abs=1e-3), name
    assert value("density") == pytest.approx(expected["density"], abs=1e-5)


def test_divergence_comes_near_that_of_two_gaussians() -> None:
    generator = torch.Generator().manual_seed(3)
    x = torch.randn(4000, 2, generator=generator)
    y = torch.randn(4000, 2, generator=generator) * 2 + 1
    closed = math.log(4) - 1 + 2 * (1 + 1) / 8  # KL of N(0, I) from N(1, 4 I) in two dimensions
    assert float(divergence(x, y)) == pytest.approx(closed, abs=0.08)
    assert value("kl", x[:500], y) == pytest.approx(closed, abs=0.25)
    assert value("kl-class", y, x) == pytest.approx(closed, abs=0.08)


# ------------------------------------------------------------------------------- learning on them


def modules(d: int) -> list[nn.Sequential]:
    """The random nets of `gradient` and `parameter`, as torch's own modules."""
    nets = random_nets(d, torch.zeros(1, dtype=torch.float64))
    made = []
    for k in range(len(nets.w1)):
        net = nn.Sequential(nn.Linear(d, 64), nn.Tanh(), nn.Linear(64, 10)).double()
        with torch.no_grad():
            for layer, w, b in ((net[0], nets.w1, nets.b1), (net[2], nets.w2, nets.b2)):
                layer.weight.copy_(w[k].T)  # type: ignore[operator]
                layer.bias.copy_(b[k])  # type: ignore[operator]
        made.append(net)
    return made


def standardised(x: Tensor) -> Tensor:
    scale = Y.double().var(0).mean().sqrt()
    return (x.double() - Y.double().mean(0)) / scale


def class_loss(net: nn.Module, x: Tensor) -> Tensor:
    return nn.functional.cross_entropy(net(x), torch.zeros(len(x), dtype=torch.long))


def test_gradient_matching_is_that_of_autograd() -> None:
    gaps = []
    for net in modules(5):
        sides = []
        for points in (standardised(X), standardised(Y)):
            net.zero_grad()
            class_loss(net, points).backward()  # type: ignore[no-untyped-call]
            sides.append([p.grad.clone() for p in net.parameters()])  # type: ignore[union-attr]
        for layer in (0, 2):
            ours, theirs = (torch.cat([g[layer], g[layer + 1][:, None]], 1) for g in sides)
            gaps.append(float((1 - nn.functional.cosine_similarity(ours, theirs, dim=1)).mean()))
    assert value("gradient", X.double(), Y.double()) == pytest.approx(np.mean(gaps), rel=1e-6)
    assert value("gradient", Y, Y) == pytest.approx(0, abs=1e-5)


def test_parameter_matching_is_that_of_torchs_own_training() -> None:
    shares = []
    for start, one, other in zip(modules(5), modules(5), modules(5), strict=True):
        for net, points in ((one, standardised(X)), (other, standardised(Y))):
            optimizer = torch.optim.SGD(net.parameters(), lr=0.5)
            for _ in range(10):
                optimizer.zero_grad()
                class_loss(net, points).backward()  # type: ignore[no-untyped-call]
                optimizer.step()
        flat = [nn.utils.parameters_to_vector(net.parameters()) for net in (start, one, other)]
        away, length = (flat[1] - flat[2]).square().sum(), (flat[0] - flat[2]).square().sum()
        shares.append((away / length).item())
    found = value("parameter", X.double(), Y.double())
    assert found == pytest.approx(np.mean(shares), rel=1e-6)


def test_the_regression_gap_is_sklearns_error_over_random_functions() -> None:
    from sklearn.kernel_ridge import KernelRidge

    x, y = X.double(), Y.double()
    kernel = rbf(median_distance(y))
    points = torch.cat([x, y])
    covariance = kernel(points, points) + 1e-10 * torch.eye(len(points), dtype=torch.float64)
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(len(points), 4000, dtype=torch.float64, generator=generator)
    functions = (torch.linalg.cholesky(covariance) @ noise).numpy()
    ridge = KernelRidge(alpha=1e-3, kernel="precomputed")
    ridge.fit(kernel(x, x).numpy(), functions[:9])
    errors = (ridge.predict(kernel(y, x).numpy()) - functions[9:]) ** 2
    assert value("regression", x, y) == pytest.approx(errors.mean(), rel=0.03)


# ----------------------------------------------------------------------------------- moments


def test_frechet_distance_is_that_of_scipys_matrix_root() -> None:
    from scipy.linalg import sqrtm

    for x in (X, X[:3]):  # more and fewer points than dimensions
        cx, cy = np.cov(x.numpy().T), np.cov(Y.numpy().T)
        root = np.trace(sqrtm(cx @ cy + 1e-12 * np.eye(5)).real)
        apart = float((x.mean(0) - Y.mean(0)).square().sum())
        expected = apart + np.trace(cx) + np.trace(cy) - 2 * root
        assert value("frechet", x.double(), Y.double()) == pytest.approx(expected, rel=1e-3)


def test_moments_are_those_of_scipy() -> None:
    from scipy.stats import skew

    x, y = X.numpy(), Y.numpy()
    mean = np.linalg.norm(x.mean(0) - y.mean(0))
    std = np.linalg.norm(x.std(0, ddof=1) - y.std(0, ddof=1))
    # scipy divides by the biased deviation, the loss by the unbiased one.
    third = np.linalg.norm(skew(x, axis=0) * (8 / 9) ** 1.5)
    assert value("moments") == pytest.approx(mean + std + third / 2, rel=1e-4)


# ------------------------------------------------------------------------------------- selection


def test_greedy_selection_takes_the_best_next_point() -> None:
    measure = DISCREPANCIES["sinkhorn"].to(Y)
    picked = greedy(measure, Y, 3)
    kept: list[int] = []
    for k in range(3):
        losses = [float(measure(Y[[*kept, i]])) if i not in kept else math.inf for i in range(40)]
        assert picked[k] == int(np.argmin(losses))
        kept.append(picked[k])


@pytest.mark.parametrize(
    "name", ["mmd", "sliced", "frechet", "quantisation", "coverage", "moments"]
)
def test_greedy_selection_beats_random_subsets(name: str) -> None:
    d = DISCREPANCIES[name]
    loss = d.loss(Y)
    picked = greedy(loss, Y, 6, d.least)
    assert len(set(picked)) == 6
    mine = float(loss(Y[picked]))
    draws: Callable[[int], Tensor] = lambda seed: torch.randperm(  # noqa: E731
        40, generator=torch.Generator().manual_seed(seed)
    )
    others = [float(loss(Y[draws(seed)[:6]])) for seed in range(40)]
    assert mine <= np.quantile(others, 0.05)


def test_greedy_coverage_is_within_63_percent_of_the_best() -> None:
    from itertools import combinations

    points = Y[:12]
    loss = DISCREPANCIES["quantisation"].loss(points)
    alone = min(float(loss(points[[i]])) for i in range(12))
    best = min(float(loss(points[list(rows)])) for rows in combinations(range(12), 3))
    found = float(loss(points[greedy(loss, points, 3)]))
    assert alone - found >= (1 - 1 / math.e) * (alone - best)


def test_more_than_the_pool_is_refused() -> None:
    with pytest.raises(Refused, match="41 of a pool of 40"):
        greedy(DISCREPANCIES["mmd"].to(Y), Y, 41)
