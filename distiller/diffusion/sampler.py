"""Samplers: generators of the steps of a diffusion.

A sampler is driven by whoever consumes it, and stops when they do:

    for step in ddim(denoiser, x, times, schedule):
        show(step.x0)

    *_, last = ddim(denoiser, x, times, schedule)

A denoiser says what the clean latent is expected to be; the sampler turns that into the latent
of the next time. Guidance lives in the denoiser (`guidance.guided`): no sampler mentions it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor

from ..errors import Refused
from .schedule import Schedule

__all__ = ["SAMPLERS", "Denoiser", "Estimate", "Noise", "Sampler", "Step", "ddim", "ddpm", "dpmpp"]


class Estimate(NamedTuple):
    """What a denoiser says of x_t."""

    x0: Tensor  # E[x_0 | x_t]
    spread: Tensor | None = None
    """Where the reverse variance lies between its two bounds, 0 ... 1 on a log scale, if the
    network learned it (Nichol & Dhariwal, 2021, arXiv:2102.09672, Eq. 15)."""


Denoiser = Callable[[Tensor, int], Estimate]
"""Maps (x_t, t) to the estimate of x_0."""

Noise = Callable[[int], Tensor]
"""Maps the number of a step to standard normal noise of the shape of x."""


@dataclass(frozen=True, slots=True)
class Step:
    """One transition, from time t to time s."""

    i: int
    n: int
    t: int
    s: int
    x: Tensor  # the latent at time s
    x0: Tensor  # the denoiser's estimate at time t


Sampler = Callable[[Denoiser, Tensor, Sequence[int], Schedule, Noise], Iterator[Step]]
"""Maps a denoiser, the latent at times[0], the times, the schedule and noise to the steps."""


@torch.no_grad()
def ddim(
    denoiser: Denoiser,
    x: Tensor,
    times: Sequence[int],
    schedule: Schedule,
    noise: Noise | None = None,
    *,
    eta: float = 0.0,
) -> Iterator[Step]:
    """DDIM (Song et al., 2021, arXiv:2010.02502, Eq. 12 and 16) from x (n, ...) at times[0].

    With eta 0 it is deterministic, and increasing times invert: the same update, run from clean
    data toward noise. An inversion starts at time 1, since at time 0 there is no noise to see.
    With eta 1 it is ancestral sampling with the smaller of DDPM's two variances.

    Raises:
        Refused: if an inversion starts at time 0 or has eta, or eta has no noise to draw from.
    """
    if times[0] < times[-1] and (eta or times[0] == 0):
        raise Refused(f"inversion needs eta 0 and a first time of 1; got {eta} and {times[0]}.")
    if eta and noise is None:
        raise Refused(f"eta {eta} needs noise to draw from; got none.")
    n = len(times) - 1
    for i, (t, s) in enumerate(pairwise(times)):
        (alpha_t, sigma_t), (alpha_s, sigma_s) = (schedule(u, like=x) for u in (t, s))
        x0 = denoiser(x, t).x0
        eps = (x - alpha_t * x0) / sigma_t
        if eta and noise is not None:
            fresh = eta * sigma_s / sigma_t * (1 - (alpha_t / alpha_s) ** 2).sqrt()
            x = alpha_s * x0 + (sigma_s**2 - fresh**2).sqrt() * eps + fresh * noise(i)
        else:
            x = alpha_s * x0 + sigma_s * eps
        yield Step(i, n, t, s, x, x0)


@torch.no_grad()
def ddpm(
    denoiser: Denoiser, x: Tensor, times: Sequence[int], schedule: Schedule, noise: Noise
) -> Iterator[Step]:
    """Ancestral sampling (Ho et al., 2020, arXiv:2006.11239, Eq. 7) on any decreasing times.

    It begins with x (n, ...) at times[0], and adds `noise(i)`, of the same shape, in step i.
    The variance is the learned one where the denoiser gives it, else the smaller bound.
    """
    n = len(times) - 1
    for i, (t, s) in enumerate(pairwise(times)):
        (alpha_t, sigma_t), (alpha_s, sigma_s) = (schedule(u, like=x) for u in (t, s))
        x0, spread = denoiser(x, t)
        beta = 1 - (alpha_t / alpha_s) ** 2
        low = beta * (sigma_s / sigma_t) ** 2
        x = (alpha_s * beta * x0 + (alpha_t / alpha_s) * sigma_s**2 * x) / sigma_t**2
        if s > 0:
            variance = low if spread is None else low ** (1 - spread) * beta**spread
            x = x + variance.sqrt() * noise(i)
        yield Step(i, n, t, s, x, x0)


@torch.no_grad()
def dpmpp(
    denoiser: Denoiser,
    x: Tensor,
    times: Sequence[int],
    schedule: Schedule,
    noise: Noise | None = None,
) -> Iterator[Step]:
    """DPM-Solver++(2M) (Lu et al., 2022, arXiv:2211.01095, Algorithm 2); draws no noise.

    It begins with x (n, ...) at times[0]. The first step and the step to clean data are of first
    order.
    """
    n = len(times) - 1
    before: tuple[Tensor, Tensor] | None = None  # the estimate and half log-SNR one step ago
    for i, (t, s) in enumerate(pairwise(times)):
        (alpha_t, sigma_t), (alpha_s, sigma_s) = (schedule(u, like=x) for u in (t, s))
        x0 = denoiser(x, t).x0
        lambda_t = (alpha_t / sigma_t).log()
        d = x0
        if before is not None and s > 0:
            h = (alpha_s / sigma_s).log() - lambda_t
            r = (lambda_t - before[1]) / h
            d = x0 + (x0 - before[0]) / (2 * r)
        x = sigma_s / sigma_t * x + (alpha_s - alpha_t * sigma_s / sigma_t) * d
        before = x0, lambda_t
        yield Step(i, n, t, s, x, x0)


SAMPLERS: dict[str, Sampler] = {"ddim": ddim, "ddpm": ddpm, "dpm++": dpmpp}
