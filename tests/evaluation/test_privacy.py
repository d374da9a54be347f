"""Privacy: p-values that are uniform where nothing is copied, and answers known in closed form."""

import numpy as np
import pytest
import torch
from scipy.stats import kstest, norm
from torch import Tensor, nn

from distiller.data.dataset import Split
from distiller.errors import Refused
from distiller.evaluation.privacy import (
    area_under_curve,
    attack,
    membership_inference,
    memorisation,
)

# -------------------------------------------------------------------------------- memorisation


def cloud(n: int, rng: np.random.Generator) -> tuple[Tensor, np.ndarray]:
    """Two classes of Gaussian features in four dimensions."""
    labels = np.arange(n) % 2
    return torch.from_numpy(rng.normal(size=(n, 4)) + 3 * labels[:, None]), labels


def test_p_values_are_uniform_where_the_set_is_independent() -> None:
    """Also where images of the set share neighbours: half of them are copies of the others."""
    p_values = []
    for k in range(200):
        rng = np.random.default_rng(k)
        x, labels = cloud(10, rng)
        x, labels = torch.cat([x, x + 0.01]), np.tile(labels, 2)
        test = memorisation(x, labels, *cloud(60, rng), *cloud(20, rng), permutations=99, seed=k)
        p_values.append(test.p_value)
    assert kstest(p_values, "uniform").pvalue > 0.01
    assert 0.01 <= np.mean(np.array(p_values) <= 0.05) <= 0.1


def test_copies_are_found_and_so_are_near_copies() -> None:
    rng = np.random.default_rng(0)
    train, labels = cloud(60, rng)
    held = cloud(60, rng)
    for noise in (0, 0.05):
        x = train[:20] + noise * torch.randn(20, 4, generator=torch.Generator().manual_seed(0))
        test = memorisation(x, labels[:20], train, labels, *held)
        assert test.p_value == 0.001
        assert test.log_ratio < -0.5
    turned = memorisation(held[0][:20], held[1][:20], train, labels, *held)
    assert turned.p_value > 0.99
    assert turned.log_ratio > 0.5


def test_all_training_images_are_looked_at() -> None:
    """m copies in a large training set: the chance that n random images hold them all."""
    rng = np.random.default_rng(1)
    train, held = cloud(1000, rng), cloud(200, rng)
    for m in (6, 20):
        test = memorisation(train[0][-m:], train[1][-m:], *train, *held)
        assert test.p_value <= (1000 / 1200) ** m + 0.03


def test_a_class_without_real_images_is_refused() -> None:
    x, labels = cloud(10, np.random.default_rng(0))
    with pytest.raises(Refused, match="class 6 has 0 and 0"):
        memorisation(x, labels + 6, x, labels, x, labels)


# -------------------------------------------------------------------------- membership inference


def test_the_advantage_of_shifted_losses_is_known() -> None:
    """N(0, 1) against N(1, 1): the best threshold is 1/2, the advantage 2 Phi(1/2) - 1."""
    rng = np.random.default_rng(0)
    m = attack(rng.normal(0, 1, 20_000), rng.normal(1, 1, 20_000))
    assert m.advantage == pytest.approx(2 * norm.cdf(0.5) - 1, abs=0.02)
    assert m.interval[0] < 2 * norm.cdf(0.5) - 1 < m.interval[1]
    assert m.auc == pytest.approx(norm.cdf(1 / 2**0.5), abs=0.01)
    assert m.interval[1] - m.interval[0] == pytest.approx(
        4 * (0.2133 / 10_000) ** 0.5 * 2**0.5, rel=0.15
    )


def test_where_nothing_leaks_the_interval_holds_zero_nineteen_times_of_twenty() -> None:
    hits = 0
    for k in range(100):
        rng = np.random.default_rng(k)
        low, high = attack(
            rng.normal(size=200), rng.normal(size=300), seed=k, resamples=200
        ).interval
        hits += low <= 0 <= high
    assert 87 <= hits <= 100


def test_ties_count_half_and_order_does_not_matter() -> None:
    assert area_under_curve(np.ones(5), np.ones(7)) == 0.5
    assert area_under_curve(np.zeros(5), np.ones(7)) == 1
    assert area_under_curve(np.array([1.0, 3]), np.array([2.0, 4])) == 0.75


class Remembers(nn.Module):
    """Knows the class of images whose first pixel is bright, and nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, x: Tensor) -> Tensor:
        known = (x[:, 0, 0, 0] > 0).float() * 5 * self.scale
        return torch.stack([known, torch.zeros_like(known)], 1)


def test_a_net_that_remembers_is_caught() -> None:
    bright, dark = (np.full((50, 4, 4, 3), v, np.uint8) for v in (250, 5))
    labels = np.zeros(50, np.int64)
    caught = membership_inference(Remembers(), Split(bright, labels), Split(dark, labels))
    assert caught.advantage == caught.auc == 1
    assert caught.interval == (1, 1)
    with pytest.raises(Refused, match="at least four"):
        membership_inference(Remembers(), Split(bright[:3], labels[:3]), Split(dark, labels))
