"""Guidance: vector fields added to the score of a prior.

By Tweedie's formula, adding the field g to the score at x_t moves the estimate of x_0 by

    sigma_t^2 / alpha_t  g(x_t, t, x_0).

A guided denoiser is a denoiser, so guidances add, and every sampler works unchanged, inversion
too. Fields are in score units: the gradient of a log-density with respect to x_t.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from .sampler import Denoiser, Estimate
from .schedule import Schedule

__all__ = ["Dial", "Field", "Guidance", "from_energy", "guided"]

Field = Callable[[Tensor, int, Tensor], Tensor]
"""Maps (x_t, t, x_0) to an estimate of grad_{x_t} log p(y | x_t), of the shape of x_t.

The batch is the set being distilled: row i may depend on the other rows.
"""

Dial = Callable[[], float]
"""A strength that may be turned while a run goes on: it is read at every step."""


@dataclass(frozen=True)
class Guidance:
    """A field, its strength, and the times between which it acts (low < t <= high)."""

    field: Field
    scale: float | Dial = 1.0
    between: tuple[int, int] = (0, 1000)
    through_denoiser: bool = False  # the field differentiates x_0 with respect to x_t

    def strength(self, t: int) -> float:
        """The strength at time t, 0 outside the window."""
        low, high = self.between
        if not low < t <= high:
            return 0.0
        return self.scale() if callable(self.scale) else self.scale


def from_energy(
    energy: Callable[[Tensor], Tensor],
    schedule: Schedule,
    *,
    scale: float | Dial = 1.0,
    between: tuple[int, int] = (0, 1000),
    through_denoiser: bool = False,
) -> Guidance:
    """The guidance that descends an energy of x_0: (n, ...) to a scalar, or a value a row.

    With `through_denoiser` the gradient passes through the network, as in DPS (Chung et al.,
    2023, arXiv:2209.14687, Eq. 16). Without, the Jacobian of x_0 with respect to x_t is taken
    to be alpha_t I, its value for unit Gaussian data, which costs no backward pass and stays
    bounded: sigma_t^2 / alpha_t times alpha_t is at most 1.
    """

    def field(x_t: Tensor, t: int, x0: Tensor) -> Tensor:
        if through_denoiser:
            return -torch.autograd.grad(energy(x0).sum(), x_t, retain_graph=True)[0]
        with torch.enable_grad():
            leaf = x0.detach().requires_grad_()
            gradient = torch.autograd.grad(energy(leaf).sum(), leaf)[0]
        return -schedule(t, like=x0)[0] * gradient

    return Guidance(field, scale, between, through_denoiser)


def guided(denoiser: Denoiser, guidance: Sequence[Guidance], schedule: Schedule) -> Denoiser:
    """The denoiser whose score is the prior's plus the fields, each times its strength."""

    def guided_denoiser(x_t: Tensor, t: int) -> Estimate:
        active = [(g, strength) for g in guidance if (strength := g.strength(t))]
        if not active:
            return denoiser(x_t, t)
        with torch.set_grad_enabled(any(g.through_denoiser for g, _ in active)):
            x_t = x_t.detach().requires_grad_(torch.is_grad_enabled())
            x0, spread = denoiser(x_t, t)
            shift = torch.zeros_like(x0)
            for g, strength in active:
                shift = shift + strength * g.field(x_t, t, x0)
        alpha, sigma = schedule(t, like=x_t)
        return Estimate((x0 + sigma**2 / alpha * shift).detach(), spread)

    return guided_denoiser
