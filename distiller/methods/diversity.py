"""Diversity: the images of a batch push each other apart.

Particle guidance (Corso et al., 2024, arXiv:2310.13102, Section 4) with a radial kernel, on the
estimates of x_0 rather than on x_t:

    E(x_1 ... x_n) = D / 2  sum_i log(1/(n-1)  sum_{j != i} k(x_i, x_j)),
    k(x, y) = exp(-|x - y|^2 / h^2),

where h is the median distance inside the batch and D the dimension of a latent, so that the
strength means the same for every prior and number of images. 0.1 comes from a search
(bench/results.md): there the diversity is that of random real images; beyond, images leave
the class.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from ..data.dataset import Dataset
from ..diffusion.guidance import Dial, Guidance, from_energy
from ..diffusion.prior import Prior
from ..event import Event
from ..recipes.recipe import Group, Method, Recipe, knob
from ..scores.kernel import median_distance, squared_distance

__all__ = ["Diversity"]


@dataclass(frozen=True)
class Diversity(Method):
    """Repulsion between the images that are sampled together; composes with every method."""

    title: ClassVar[str] = "Diversity"
    group: ClassVar[Group] = "guidance by a discrepancy"

    strength: float | Dial = knob(0.1, "how hard the images push", low=0, high=2, live=True)
    t_low: int = knob(100, "the time below which it does not act", low=0, high=1000)
    t_high: int = knob(1000, "the time above which it does not act", low=0, high=1000)

    def fit(
        self, prior: Prior, data: Dataset, labels: Sequence[int]
    ) -> Generator[Event, None, Recipe]:
        """Nothing to fit: the field depends on the batch alone."""
        yield from ()
        guidance = from_energy(
            repulsion, prior.schedule, scale=self.strength, between=(self.t_low, self.t_high)
        )

        def make(label: int) -> Guidance:
            return guidance

        return Recipe(guidance=(make,))


def repulsion(x0: Tensor) -> Tensor:
    """The energy above of (n, ...) latents; 0 for a single one."""
    x = x0.flatten(1)
    if len(x) < 2:
        return x.sum() * 0
    similarity = -squared_distance(x, x) / median_distance(x.detach()) ** 2
    others = similarity.masked_fill(
        torch.eye(len(x), dtype=torch.bool, device=x.device), -torch.inf
    )
    return x.shape[1] / 2 * (others.logsumexp(1) - torch.tensor(len(x) - 1.0).log()).sum()
