"""Samplers against closed forms; parity with diffusers is in test_prior.py."""

import pytest
import torch
from torch import Tensor

from distiller.diffusion.sampler import Estimate, Sampler, ddim, ddpm, dpmpp
from distiller.diffusion.schedule import Schedule
from distiller.errors import Refused
from tests.priors import gaussian_prior

SCHEDULE = Schedule.linear()
MEANS = torch.tensor([[[[2.0]], [[-1.0]]], [[[0.5]], [[3.0]]]], dtype=torch.float64)


def test_schedule_keeps_variance_and_starts_clean() -> None:
    assert SCHEDULE.alpha[0] == 1
    assert SCHEDULE.sigma[0] == 0
    torch.testing.assert_close(SCHEDULE.alpha**2 + SCHEDULE.sigma**2, torch.ones(1001).double())
    assert (SCHEDULE.alpha.diff() < 0).all()


def test_times_run_from_start_to_clean() -> None:
    assert SCHEDULE.times(4) == [1000, 667, 334, 1, 0]
    assert SCHEDULE.times(2, start=640) == [640, 1, 0]
    for steps in (0, 1001):
        with pytest.raises(Refused, match="between 1 and 1000"):
            SCHEDULE.times(steps)


def test_ddim_follows_the_probability_flow_of_a_gaussian() -> None:
    """With N(mu, s^2), DDIM's exact solution scales x - alpha mu by the marginal's deviation."""
    prior = gaussian_prior(MEANS, scale=0.5)
    x = torch.randn(64, 2, 1, 1, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    *_, last = ddim(prior.denoiser(0), x, SCHEDULE.times(1000), SCHEDULE)
    alpha, sigma = SCHEDULE(1000, like=x)
    deviation = (alpha**2 * 0.25 + sigma**2).sqrt()
    exact = MEANS[0] + 0.5 / deviation * (x - alpha * MEANS[0])
    torch.testing.assert_close(last.x, exact, atol=5e-3, rtol=0)


@pytest.mark.parametrize("sampler", [ddpm, lambda *a: ddim(*a, eta=1.0)])
def test_ancestral_sampling_reaches_the_moments_of_a_gaussian(sampler: object) -> None:
    prior = gaussian_prior(MEANS, scale=0.5)
    generator = torch.Generator().manual_seed(1)

    def noise(i: int) -> Tensor:
        return torch.randn(20000, 2, 1, 1, dtype=torch.float64, generator=generator)

    *_, last = sampler(prior.denoiser(1), noise(0), SCHEDULE.times(200), SCHEDULE, noise)  # type: ignore[operator]
    torch.testing.assert_close(last.x.mean(0), MEANS[1], atol=0.02, rtol=0)
    torch.testing.assert_close(
        last.x.std(0), torch.full((2, 1, 1), 0.5).double(), atol=0.02, rtol=0
    )


def test_inversion_then_sampling_returns_the_latent() -> None:
    prior = gaussian_prior(MEANS, scale=0.5)
    denoiser = prior.denoiser(0)
    z = torch.randn(8, 2, 1, 1, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    up = list(range(1, 1001))
    *_, noisy = ddim(denoiser, z, up, SCHEDULE)
    *_, back = ddim(denoiser, noisy.x, up[::-1], SCHEDULE)
    torch.testing.assert_close(back.x, z, atol=0.03, rtol=0)
    assert (noisy.x - z).abs().mean() > 0.3  # it went somewhere


@pytest.mark.parametrize(("sampler", "order"), [(ddim, 1), (dpmpp, 2)])
def test_solvers_converge_with_their_order(sampler: Sampler, order: int) -> None:
    """Half the step size divides the error by 2^order."""
    prior = gaussian_prior(MEANS, scale=0.5)
    x = torch.randn(64, 2, 1, 1, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    alpha, sigma = SCHEDULE(1000, like=x)
    exact = MEANS[0] + 0.5 / (alpha**2 * 0.25 + sigma**2).sqrt() * (x - alpha * MEANS[0])
    errors = []
    for steps in (100, 200):
        *_, last = sampler(prior.denoiser(0), x, SCHEDULE.times(steps), SCHEDULE, torch.randn)
        errors.append(float((last.x - exact).abs().mean()))
    assert 0.9 * 2**order < errors[0] / errors[1] < 1.4 * 2**order


def test_inversion_refuses_what_it_cannot_do() -> None:
    x = torch.zeros(1, 2, 1, 1)
    with pytest.raises(Refused, match="first time of 1"):
        next(ddim(lambda x, t: Estimate(x), x, [0, 10, 20], SCHEDULE))
    with pytest.raises(Refused, match="needs noise"):
        next(ddim(lambda x, t: Estimate(x), x, [20, 10, 0], SCHEDULE, eta=0.5))


def test_closing_a_sampler_stops_it_at_once() -> None:
    calls = []

    def denoiser(x: Tensor, t: int) -> Estimate:
        calls.append(t)
        return Estimate(x)

    steps = ddim(denoiser, torch.zeros(1, 2, 1, 1), SCHEDULE.times(50), SCHEDULE)
    next(steps)
    next(steps)
    steps.close()  # type: ignore[attr-defined]
    assert len(calls) == 2
    assert torch.is_grad_enabled()
