"""D3HR: inversion to the class's Gaussian, and groups with its moments."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from distiller.data.dataset import Dataset, Split
from distiller.errors import Refused
from distiller.event import finish
from distiller.methods.d3hr import D3HR, group_loss, with_moments
from distiller.recipes.loop import Settings, distill, real_latents
from tests.priors import gaussian_prior

MEANS = torch.tensor([[0.4, -0.3, 0.2], [-0.4, 0.1, -0.2]]).reshape(2, 3, 1, 1)
SCALE = 0.15
PRIOR = gaussian_prior(MEANS, scale=SCALE)


def make_data() -> Dataset:
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 120)
    values = MEANS.flatten(1).numpy()[labels] + rng.normal(0, SCALE, (240, 3))
    pixels = np.clip(np.rint((values + 1) * 127.5), 0, 255).astype(np.uint8)[:, None, None]
    return Dataset("dots", ("0", "1"), Split(pixels, labels), Split(pixels, labels))


DATA = make_data()


def moments_of(method: D3HR, label: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    return finish(method.moments(PRIOR, DATA, label))


def test_inversion_finds_the_gaussian_of_the_noise_domain() -> None:
    """The class N(mu, s^2) becomes N(alpha mu, alpha^2 s^2 + sigma^2) at t*, dimension-wise."""
    mean, std = moments_of(D3HR(time=600, inversion_steps=300, images=120))
    real = real_latents(PRIOR, DATA, 0, 120)
    alpha, sigma = PRIOR.schedule(600, like=real)
    width = (alpha**2 * SCALE**2 + sigma**2).sqrt()
    mu, s = MEANS[0], real.std(0)
    expected = alpha * mu + width * (real.mean(0) - mu) / SCALE
    torch.testing.assert_close(mean, expected, atol=0.02, rtol=0.02)
    torch.testing.assert_close(std, width * s / SCALE, atol=0.02, rtol=0.02)


def test_streamed_moments_are_those_of_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    method = D3HR(inversion_steps=8, images=120)
    monkeypatch.setattr("distiller.methods.d3hr.BATCH", 7)
    streamed = moments_of(method)
    monkeypatch.setattr("distiller.methods.d3hr.BATCH", 1000)
    torch.testing.assert_close(streamed, moments_of(method), atol=1e-5, rtol=1e-5)


def test_asking_at_the_target_is_the_released_update() -> None:
    """z_t = sqrt(ab_t / ab_s) (z_s - sqrt(1 - ab_s) e) + sqrt(1 - ab_t) e,  e = eps(z_s, t)."""
    method = D3HR(time=300, inversion_steps=5, images=3, query="target")
    z = real_latents(PRIOR, DATA, 0, 3)
    times = PRIOR.schedule.times(5, 300)[-2::-1]
    denoiser = PRIOR.denoiser(0)
    for s, t in pairwise(times):
        (a_s, n_s), (a_t, n_t) = (PRIOR.schedule(u, like=z) for u in (s, t))
        eps = (z - a_t * denoiser(z, t).x0) / n_t
        z = a_t / a_s * (z - n_s * eps) + n_t * eps
    mean, std = moments_of(method)
    torch.testing.assert_close(mean, z.mean(0), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(std, z.std(0), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("n", [2, 3, 5, 10, 50])
def test_a_corrected_group_has_the_moments(n: int) -> None:
    z = torch.randn(n, 4, 8, 8, generator=torch.Generator().manual_seed(n))
    x = with_moments(z)
    assert x.mean(0).abs().max() < 1e-6
    assert (x.std(0) - 1).abs().max() < 1e-5
    if n > 2:
        skew = x.pow(3).mean(0).abs()
        assert skew.median() < 1e-4
        assert skew.mean() < 0.05 * z.pow(3).mean(0).abs().mean() + 0.02
    assert torch.corrcoef(torch.stack([x.flatten(), z.flatten()]))[0, 1] > 0.5  # still that draw


def test_correcting_beats_the_best_of_many() -> None:
    std = torch.ones(4, 8, 8)
    one = torch.Generator().manual_seed(0)
    z = torch.randn(2000, 10, 4, 8, 8, generator=one)
    best = group_loss(z, std, 0.5, "dimension").min()
    corrected = group_loss(with_moments(z[0])[None], std, 0.5, "dimension")[0]
    assert corrected < best / 20


def test_the_loss_is_that_of_the_formula() -> None:
    z = torch.randn(3, 6, 5, generator=torch.Generator().manual_seed(1))
    sigma = torch.tensor([1.0, 2.0, 0.5, 1.5, 1.0])
    for k in range(3):
        s = (sigma * z[k]).double().numpy()
        standard = (s - s.mean(0)) / s.std(0, ddof=1)
        expected = (
            np.linalg.norm(s.mean(0))
            + np.linalg.norm(s.std(0, ddof=1) - sigma.numpy())
            + 0.5 * np.linalg.norm((standard**3).mean(0))
        )
        assert group_loss(z, sigma, 0.5, "dimension")[k] == pytest.approx(expected, rel=1e-4)
    odd = (standard**3).sum(1) * 5 / (4 * 3)  # over the dimensions of a sample
    whole = expected - 0.5 * np.linalg.norm((standard**3).mean(0)) + 0.1 * np.linalg.norm(odd)
    assert group_loss(z, sigma, 0.1, "sample")[2] == pytest.approx(whole, rel=1e-4)


def test_a_decoded_group_has_the_moments_of_the_class() -> None:
    method = D3HR(time=600, inversion_steps=100, images=120)
    settings = Settings(ipc=20, steps=200, cfg_scale=1.0)
    distilled = finish(distill({"d3hr": method}, PRIOR, DATA, settings, [0]))
    real = real_latents(PRIOR, DATA, 0, 120)
    torch.testing.assert_close(distilled.latents.mean(0), real.mean(0), atol=0.02, rtol=0)
    torch.testing.assert_close(distilled.latents.std(0), real.std(0), atol=0.02, rtol=0)


def test_more_candidates_never_score_worse() -> None:
    method = D3HR(selection="best", candidates=50)
    std = torch.ones(3, 1, 1)
    few, many = (
        replace(method, candidates=m).draw_group((3, 1, 1), std, 6, seed=3, label=0)
        for m in (50, 1000)
    )
    scores = [group_loss(z[None], std, 0.5, "dimension")[0] for z in (few, many)]
    assert scores[1] <= scores[0]


def test_groups_that_the_device_draws_are_those_of_a_processor_where_it_is_one() -> None:
    drawn = [
        finish(
            D3HR(selection="best", candidates=500, inversion_steps=5, images=20, drawn=where).fit(
                PRIOR, DATA, [0]
            )
        )
        for where in ("processor", "device")
    ]
    first, second = (recipe.init(0, 4, 7)[0] for recipe in drawn if recipe.init is not None)
    torch.testing.assert_close(first, second, rtol=0, atol=0)


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """A prior with weights on disk, so that what was found is kept."""
    monkeypatch.setenv("DISTILLER_CACHE", str(tmp_path / "cache"))
    return replace(PRIOR, folder=tmp_path, weights="1")


def test_what_was_found_is_kept_by_content(kept: Any) -> None:
    method = D3HR(inversion_steps=5, images=20)
    first = list(method.moments(kept, DATA, 0))
    assert first
    assert not list(method.moments(kept, DATA, 0))  # read, not computed
    torch.testing.assert_close(finish(method.moments(kept, DATA, 0)), moments_of(method))
    assert list(replace(method, time=500).moments(kept, DATA, 0))
    assert list(method.moments(kept, DATA, 1))
    assert list(method.moments(replace(kept, dtype=torch.bfloat16), DATA, 0))
    assert list(method.moments(replace(kept, weights="2"), DATA, 0))


def test_times_that_are_not_there_are_refused() -> None:
    with pytest.raises(Refused, match="fewer inversion steps"):
        next(D3HR(time=20, inversion_steps=30).fit(PRIOR, DATA, [0]))
