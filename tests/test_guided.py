"""MGD3, MMD guidance and herding: closed forms, and what each promises."""

import numpy as np
import pytest
import torch

from distiller.data import Dataset, Split
from distiller.distill import Settings, distill, real_latents
from distiller.errors import Refused
from distiller.event import finish
from distiller.kernel import median_distance, rbf
from distiller.methods import make_methods
from distiller.methods.herding import herd
from distiller.methods.mgd3 import modes
from distiller.score import Real, against, mmd2

from .priors import gaussian_prior

CENTRES = np.array([[0.5, 0.5, 0.0], [-0.5, 0.5, 0.0], [0.0, -0.6, 0.4]])


def make_data() -> Dataset:
    """One class of three clusters, of 60, 30 and 10 images."""
    rng = np.random.default_rng(0)
    which = np.repeat([0, 1, 2], [60, 30, 10])
    values = CENTRES[which] + rng.normal(0, 0.05, (100, 3))
    pixels = np.rint((values + 1) * 127.5).astype(np.uint8)[:, None, None]
    split = Split(pixels, np.zeros(100, int))
    return Dataset("clusters", ("0",), split, split)


DATA = make_data()
PRIOR = gaussian_prior(torch.zeros(1, 3, 1, 1), scale=0.5)
REAL = real_latents(PRIOR, DATA, 0, 100)


def sample(method: str, n: int = 9, **options: float) -> torch.Tensor:
    settings = Settings(ipc=n, steps=30)
    return finish(distill(make_methods(method, options), PRIOR, DATA, settings, [0])).latents


def test_modes_are_the_clusters_the_largest_first() -> None:
    found = modes(REAL, 3).flatten(1)
    torch.testing.assert_close(found, torch.tensor(CENTRES, dtype=torch.float32), atol=0.05, rtol=0)
    with pytest.raises(Refused, match="101 modes need"):
        modes(REAL, 101)


def test_each_image_comes_near_a_mode_of_its_own() -> None:
    plain, pulled = sample("dit", 3).flatten(1), sample("mgd3", 3, strength=5, stop=0).flatten(1)
    target = modes(REAL, 3).flatten(1)
    before, after = ((x - target).norm(dim=1) for x in (plain, pulled))
    assert after.mean() < 0.5 * before.mean()
    assert torch.cdist(pulled, target).argmin(1).tolist() == [0, 1, 2]


def test_below_the_stop_time_the_modes_let_go() -> None:
    (recipe,) = [finish(make_methods("mgd3", {"stop": 500})["mgd3"].fit(PRIOR, DATA, [0]))]
    guidance = recipe.guidance[0](0)
    assert guidance.strength(501) == 1
    assert guidance.strength(500) == 0
    x0 = torch.zeros(3, 3, 1, 1)
    alpha, _ = PRIOR.schedule(700, like=x0)
    torch.testing.assert_close(guidance.field(x0, 700, x0), alpha * modes(REAL, 3))


def test_mmd_guidance_follows_the_witness_function() -> None:
    recipe = finish(
        make_methods("mmd", {"references": 100, "strength": 1})["mmd"].fit(PRIOR, DATA, [0])
    )
    x = torch.randn(4, 3, 1, 1, generator=torch.Generator().manual_seed(0))
    field = recipe.guidance[0](0).field(x, 300, x).flatten(1)
    flat, y = x.flatten(1), REAL.flatten(1)
    h = median_distance(y)
    k = rbf(h)
    away = (k(flat, flat)[..., None] * (flat[:, None] - flat[None])).mean(1)
    toward = (k(flat, y)[..., None] * (flat[:, None] - y[None])).mean(1)
    alpha, _ = PRIOR.schedule(300, like=x)
    torch.testing.assert_close(field, alpha * 3 * (away - toward) / h**2, atol=1e-5, rtol=1e-4)


def test_mmd_guidance_lowers_the_mmd() -> None:
    real = Real(REAL.flatten(1))
    plain, moved = (
        mmd2(against(real, sample(name, 30, **options).flatten(1)))
        for name, options in (("dit", {}), ("mmd", {"strength": 5.0}))
    )
    assert moved < plain


def test_herding_is_the_greedy_descent_of_the_mmd() -> None:
    y = REAL.flatten(1)
    kernel = rbf(median_distance(y))
    picked: list[int] = []
    for _ in range(4):
        scores = []
        for i in range(len(y)):
            if i in picked:
                scores.append(-np.inf)
                continue
            crowd = sum(float(kernel(y[i : i + 1], y[j : j + 1])) for j in picked)
            scores.append(float(kernel(y[i : i + 1], y).mean()) - crowd / (len(picked) + 1))
        picked.append(int(np.argmax(scores)))
    assert herd(y, y, 4) == picked


def test_herding_of_real_images_beats_random_draws() -> None:
    real = Real(REAL.flatten(1))
    chosen = finish(
        distill(make_methods("herding", {"pool": 1}), PRIOR, DATA, Settings(ipc=10), [0])
    )
    assert len(set(chosen.sources.tolist())) == 10
    score = mmd2(against(real, chosen.latents.flatten(1)))
    assert score < np.quantile(real.draws(10)["mmd2"], 0.1)
    with pytest.raises(Refused, match="100 training images; 101"):
        finish(distill(make_methods("herding", {"pool": 1}), PRIOR, DATA, Settings(ipc=101), [0]))


def test_herding_of_a_pool_beats_its_first_images() -> None:
    real = Real(REAL.flatten(1))
    first, chosen = sample("dit", 10), sample("herding", 10, pool=10)
    assert mmd2(against(real, chosen.flatten(1))) < mmd2(against(real, first.flatten(1)))
