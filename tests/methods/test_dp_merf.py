"""DP-MERF: what bounds the privacy loss, and what is left of the guidance."""

import math

import numpy as np
import pytest
import torch

from distiller.data.dataset import Dataset, Split
from distiller.event import finish
from distiller.methods import make_methods
from distiller.methods.dp_merf import DPMERF, fourier_features
from distiller.recipes.gaussian_mechanism import gaussian_mechanism_sigma
from distiller.recipes.loop import Settings, distill, real_latents
from distiller.scores.kernel import rbf
from tests.priors import gaussian_prior

PRIOR = gaussian_prior(torch.zeros(1, 3, 1, 1), scale=0.5)


def dataset(seed: int = 0, n: int = 400) -> Dataset:
    rng = np.random.default_rng(seed)
    values = np.array([0.3, -0.3, 0.1]) + rng.normal(0, 0.1, (n, 3))
    split = Split(np.rint((values + 1) * 127.5).astype(np.uint8)[:, None, None], np.zeros(n, int))
    return Dataset("cloud", ("0",), split, split)


def test_features_have_unit_length_and_approximate_the_kernel() -> None:
    x = torch.randn(20, 6, generator=torch.Generator().manual_seed(0))
    phi = fourier_features(6, 20_000, 0.5)(x)
    torch.testing.assert_close(phi.norm(dim=1), torch.ones(20), rtol=0, atol=1e-4)
    expected = rbf(0.5 * math.sqrt(12))(x, x)
    torch.testing.assert_close(phi @ phi.T, expected, rtol=0, atol=0.03)


def test_replacing_an_image_moves_the_mean_by_no_more_than_the_sensitivity() -> None:
    phi = fourier_features(3, 64, 0.5)
    y = torch.randn(50, 3, generator=torch.Generator().manual_seed(0))
    worst = 0.0
    for k in range(20):
        other = y.clone()
        other[k] = 1000 * torch.randn(3, generator=torch.Generator().manual_seed(k))
        worst = max(worst, float((phi(y).mean(0) - phi(other).mean(0)).norm()))
    assert 0 < worst <= 2 / 50


def test_the_noise_is_that_of_the_analytic_gaussian_mechanism() -> None:
    method = DPMERF(epsilon=0.7, delta=1e-6, features=5000)
    phi = torch.zeros(100, 10_000)
    noise = method._release(phi, label=0)
    assert float(noise.std()) == pytest.approx(gaussian_mechanism_sigma(0.7, 1e-6, 0.02), rel=0.03)
    assert (method._release(phi, label=1) != noise).all()
    secret = DPMERF(epsilon=0.7, delta=1e-6, features=5000, secret=7)
    assert (secret._release(phi, label=0) != noise).all()


def test_a_large_epsilon_guides_and_a_small_one_costs_accuracy() -> None:
    data = dataset()
    mean = real_latents(PRIOR, data, 0, 400).mean(0).flatten()

    def off(method: str, **options: float) -> float:
        events = distill(
            make_methods(method, options), PRIOR, data, Settings(ipc=20, steps=20), [0]
        )
        return float((finish(events).latents.flatten(1).mean(0) - mean).norm())

    loose, strict = off("dp-merf", epsilon=50, strength=5), off("dp-merf", epsilon=0.02, strength=5)
    assert loose < 0.5 * off("dit")
    assert loose < strict


def test_releases_share_no_noise() -> None:
    phi = torch.zeros(500, 16)
    one = DPMERF(epsilon=1.0, secret=5)._release(phi, label=0)
    other = DPMERF(epsilon=2.0, secret=5)._release(phi, label=0)
    again = DPMERF(epsilon=1.0, secret=5)._release(phi, label=0)
    assert (one / other).std() > 0.1  # not a multiple of it
    assert torch.equal(one, again)
    data = DPMERF(epsilon=1.0, secret=5)._release(phi + 1, label=0) - 1
    assert (data - one).abs().max() > 0.01


def test_the_guarantee_is_stated() -> None:
    assert DPMERF(epsilon=2.0).guarantee().keys() == {"none"}
    stated = DPMERF(epsilon=2.0, secret=5).guarantee()
    assert stated["epsilon"] == 2.0
    assert stated["delta"] == 1e-5
    assert "prior" in stated["excludes"]
