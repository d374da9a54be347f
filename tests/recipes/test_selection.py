"""Selection rules against brute force, and what each promises."""

from itertools import combinations

import numpy as np
import pytest
import torch

from distiller.methods.cao2 import by_confidence
from distiller.methods.k_center import farthest_first
from distiller.methods.kernel_thinning import halve, swap, thin
from distiller.scores.discrepancy import DISCREPANCIES
from distiller.scores.kernel import median_distance, rbf

Y = torch.randn(120, 4, generator=torch.Generator().manual_seed(0))


def radius(rows: list[int], points: torch.Tensor = Y) -> float:
    return float(torch.cdist(points, points[rows]).min(1).values.max())


def test_farthest_first_is_within_twice_the_best_radius() -> None:
    points = Y[:14]
    best = min(radius(list(rows), points) for rows in combinations(range(14), 3))
    assert radius(farthest_first(points, points, 3), points) <= 2 * best
    picked = farthest_first(Y, Y, 12)
    assert len(set(picked)) == 12
    others = [
        radius(torch.randperm(120, generator=torch.Generator().manual_seed(s))[:12].tolist())
        for s in range(40)
    ]
    assert radius(picked) < min(others)


def test_each_pick_of_a_pool_serves_the_real_point_that_is_served_worst() -> None:
    pool = torch.randn(30, 4, generator=torch.Generator().manual_seed(1))
    picked = farthest_first(pool, Y, 5)
    apart = torch.cdist(pool, Y)
    for k in range(1, 5):
        worst = int(apart[picked[:k]].min(0).values.argmax())
        free = [i for i in range(30) if i not in picked[:k]]
        assert picked[k] == min(free, key=lambda i: float(apart[i, worst]))


def test_kernel_halves_are_nearer_to_the_whole_than_random_halves() -> None:
    k = rbf(median_distance(Y))(Y, Y).double()
    like = k.mean(1)

    def away(rows: list[int]) -> float:
        return float(k[rows][:, rows].mean() - 2 * like[rows].mean() + k.mean())

    balanced, random = [], []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        half, other = halve(k, rng.permutation(120).tolist(), rng)
        assert sorted(half + other) == list(range(120))
        balanced.append(away(half))
        random.append(away(rng.permutation(120)[:60].tolist()))
    assert np.mean(balanced) < 0.7 * np.mean(random)


def test_a_swap_never_loses_and_takes_the_best_candidate() -> None:
    k = rbf(median_distance(Y))(Y, Y).double()
    like = k.mean(1)

    def away(rows: list[int]) -> float:
        return float(k[rows][:, rows].mean() - 2 * like[rows].mean())

    before = list(range(8))
    after = swap(k, like, before)
    assert len(set(after)) == 8
    assert away(after) < away(before)
    first = [away([i, *before[1:]]) for i in range(120) if i not in before[1:]]
    assert away([after[0], *before[1:]]) == pytest.approx(min(first))


@pytest.mark.parametrize("pool", [10, 25, 120])
def test_thinning_beats_random_subsets(pool: int) -> None:
    measure = DISCREPANCIES["mmd"].to(Y)
    picked = thin(Y[:pool], Y, 10)
    assert len(set(picked)) == 10
    generators = [torch.Generator().manual_seed(s) for s in range(40)]
    random = [float(measure(Y[torch.randperm(pool, generator=g)[:10]])) for g in generators]
    assert float(measure(Y[picked])) <= min(random) + 1e-6


def test_confidence_ranks_what_is_recognised_first() -> None:
    says = torch.tensor([[0.9, 0.1], [0.4, 0.6], [0.6, 0.4], [0.1, 0.9], [0.7, 0.3]]).log()
    assert by_confidence(says, 0, 4, "most") == [0, 4, 2, 1]
    assert by_confidence(says, 0, 4, "least") == [2, 4, 0, 1]
    assert by_confidence(says, 1, 5, "most") == [3, 1, 2, 4, 0]
