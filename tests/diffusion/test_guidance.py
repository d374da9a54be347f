"""Guidance against the analytic posterior of Gaussians."""

import pytest
import torch
from torch import Tensor

from distiller.diffusion.guidance import Guidance, from_energy, guided
from distiller.diffusion.sampler import Estimate, ddim
from distiller.diffusion.schedule import Schedule
from tests.priors import gaussian_prior

SCHEDULE = Schedule.linear()
MEANS = torch.tensor([[[[2.0, -1.0]]], [[[0.5, 3.0]]]], dtype=torch.float64)
X = torch.randn(16, 1, 1, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def exact_likelihood(y: Tensor, noise: float, scale: float) -> Guidance:
    """grad log p(y | x_t) for y = x_0 + noise * n and x_0 ~ N(mu, scale^2 I), through the network.

    p(y | x_t) = N(E[x_0 | x_t], Var[x_0 | x_t] + noise^2).
    """

    def field(x_t: Tensor, t: int, x0: Tensor) -> Tensor:
        alpha, sigma = SCHEDULE(t, like=x_t)
        variance = scale**2 * sigma**2 / (alpha**2 * scale**2 + sigma**2)
        energy = ((y - x0) ** 2 / (2 * (variance + noise**2))).sum()
        return -torch.autograd.grad(energy, x_t)[0]

    return Guidance(field, through_denoiser=True)


@pytest.mark.parametrize("t", [1, 50, 400, 900])
def test_guided_denoiser_equals_the_analytic_posterior(t: int) -> None:
    """The prior N(mu, s^2) with a measurement y is again Gaussian: its denoiser is known."""
    scale, noise, y = 0.8, 0.3, torch.tensor([[1.0, 1.0]], dtype=torch.float64)
    prior = gaussian_prior(MEANS, scale)
    denoiser = guided(prior.denoiser(0), [exact_likelihood(y, noise, scale)], SCHEDULE)
    precision = 1 / scale**2 + 1 / noise**2
    mean = (MEANS[0] / scale**2 + y / noise**2) / precision
    posterior = gaussian_prior(mean[None], precision**-0.5).denoiser(0)
    torch.testing.assert_close(denoiser(X, t).x0, posterior(X, t).x0, atol=1e-10, rtol=1e-10)


def test_guided_sampler_reaches_the_analytic_posterior() -> None:
    scale, noise, y = 0.8, 0.3, torch.tensor([[1.0, 1.0]], dtype=torch.float64)
    denoiser = guided(
        gaussian_prior(MEANS, scale).denoiser(0), [exact_likelihood(y, noise, scale)], SCHEDULE
    )
    precision = 1 / scale**2 + 1 / noise**2
    mean = (MEANS[0] / scale**2 + y / noise**2) / precision
    posterior = gaussian_prior(mean[None], precision**-0.5).denoiser(0)
    times = SCHEDULE.times(50)
    *_, ours = ddim(denoiser, X, times, SCHEDULE)
    *_, exact = ddim(posterior, X, times, SCHEDULE)
    torch.testing.assert_close(ours.x, exact.x, atol=1e-9, rtol=1e-9)


def test_guidances_add_and_act_inside_their_window() -> None:
    def one(x_t: Tensor, t: int, x0: Tensor) -> Tensor:
        return torch.ones_like(x_t)

    base = gaussian_prior(MEANS).denoiser(0)
    both = guided(base, [Guidance(one, 0.5), Guidance(one, 0.25, between=(0, 100))], SCHEDULE)
    for t, total in ((50, 0.75), (100, 0.75), (101, 0.5)):
        alpha, sigma = SCHEDULE(t, like=X)
        expected = base(X, t).x0 + sigma**2 / alpha * total
        torch.testing.assert_close(both(X, t).x0, expected)


def test_a_dial_is_read_at_every_step() -> None:
    dial = [0.0]
    calls = []

    def field(x_t: Tensor, t: int, x0: Tensor) -> Tensor:
        calls.append(dial[0])
        return torch.zeros_like(x_t)

    denoiser = guided(
        gaussian_prior(MEANS).denoiser(0), [Guidance(field, lambda: dial[0])], SCHEDULE
    )
    denoiser(X, 500)
    assert calls == []  # a strength of 0 costs nothing
    dial[0] = 0.7
    denoiser(X, 480)
    assert calls == [0.7]


@pytest.mark.parametrize("through_denoiser", [False, True])
def test_energy_of_x0_becomes_a_field(through_denoiser: bool) -> None:
    """For unit Gaussian data the Jacobian is exactly alpha_t I, so both forms agree."""
    guidance = from_energy(
        lambda x0: (x0**2).sum() / 2, SCHEDULE, through_denoiser=through_denoiser
    )
    prior = gaussian_prior(MEANS, scale=1.0)
    base, t = prior.denoiser(0), 300
    alpha, sigma = SCHEDULE(t, like=X)
    x0 = base(X, t).x0
    expected = x0 - sigma**2 / alpha * alpha * x0
    torch.testing.assert_close(guided(base, [guidance], SCHEDULE)(X, t).x0, expected)


def test_two_fields_may_differentiate_through_the_same_network() -> None:
    energy = from_energy(lambda x0: (x0**2).sum(), SCHEDULE, through_denoiser=True)
    base = gaussian_prior(MEANS).denoiser(0)
    once = guided(
        base, [from_energy(lambda x0: 2 * (x0**2).sum(), SCHEDULE, through_denoiser=True)], SCHEDULE
    )
    twice = guided(base, [energy, energy], SCHEDULE)
    torch.testing.assert_close(twice(X, 300).x0, once(X, 300).x0)


def test_the_learned_spread_passes_through() -> None:
    spread = torch.full_like(X, 0.3)
    field = Guidance(lambda x_t, t, x0: torch.ones_like(x_t))
    estimate = guided(lambda x, t: Estimate(x, spread), [field], SCHEDULE)(X, 10)
    assert estimate.spread is spread
