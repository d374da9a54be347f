"""Discrepancy guidance: the set descends any discrepancy of the frame from the class.

The gradient of a discrepancy with respect to the images' estimates of x_0 moves the set as a whole
(`scores.discrepancy`; Chen & Selvan, 2025, arXiv:2509.10367, for the view). Discrepancies have
different units, so gradients are divided by the root mean square row of the gradient at n real
latents with unit noise added, and multiplied by the root of a latent's dimension: at strength 1,
estimates that are a unit of noise off move by about a unit in every dimension, whatever the
discrepancy, the prior and the number of images. As the set comes near, the gradient fades.

The default is the regression gap, KIP's objective: how much of a random function on the class
kernel ridge regression from the set misses. In the search (bench/results.md) it was the best of
nine: its sets stand for more of the class, are as diverse as random real images, and are nearer
to the class.
"""

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import torch
from torch import Tensor

from ..data.dataset import Dataset
from ..diffusion.guidance import Dial, Guidance
from ..diffusion.prior import Prior
from ..event import Event
from ..recipes.loop import encode_classes, seeded_noise
from ..recipes.recipe import Group, Method, Recipe, knob
from ..scores.discrepancy import DISCREPANCIES
from ..scores.measures import Measure

__all__ = ["DiscrepancyGuidance"]

SMOOTH = tuple(name for name, d in DISCREPANCIES.items() if d.smooth)


@dataclass(frozen=True)
class DiscrepancyGuidance(Method):
    """Moves the set, as a whole, down a chosen discrepancy from the class."""

    title: ClassVar[str] = "Discrepancy"
    group: ClassVar[Group] = "the four works"

    by: str = knob("regression", "the discrepancy", choices=SMOOTH)
    strength: float | Dial = knob(0.5, "how hard the set is moved", low=0, high=20, live=True)
    references: int = knob(200, "real images of the class to compare with", low=2, high=5000)
    t_low: int = knob(50, "the time below which it does not act", low=0, high=1000)
    t_high: int = knob(1000, "the time above which it does not act", low=0, high=1000)

    def fit(
        self, prior: Prior, data: Dataset, labels: Sequence[int]
    ) -> Generator[Event, None, Recipe]:
        """Encodes the references of each class."""
        real = yield from encode_classes(prior, data, labels, self.references)
        chosen = DISCREPANCIES[self.by]

        @cache
        def guidance(label: int) -> Guidance:
            loss = chosen.loss(real[label].flatten(1))

            @cache
            def unit(n: int) -> float:
                rows = real[label][torch.arange(n) % len(real[label])]
                noise = seeded_noise(prior.latent_shape, 0, label, n).to(rows)
                gradient = _gradient(loss, rows + noise).flatten(1)
                return float(gradient.square().sum(1).mean().sqrt())

            def field(x_t: Tensor, t: int, x0: Tensor) -> Tensor:
                if len(x0) < chosen.least:
                    return torch.zeros_like(x0)  # one image alone has no deviation to match
                alpha, _ = prior.schedule(t, like=x0)
                gradient = _gradient(loss, x0.detach())
                scale = math.sqrt(x0[0].numel()) / max(unit(len(x0)), 1e-12)
                return -alpha * scale * gradient

            return Guidance(field, self.strength, (self.t_low, self.t_high))

        return Recipe(guidance=(guidance,))


def _gradient(loss: Measure, x: Tensor) -> Tensor:
    with torch.enable_grad():
        leaf = x.flatten(1).requires_grad_()
        gradient = torch.autograd.grad(loss(leaf), leaf)[0]
    return gradient.reshape(x.shape)
