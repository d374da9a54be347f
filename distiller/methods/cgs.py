"""CGS: collaborative guided sampling, of a whole class at once (CVPR 2026).

The second half of "Mitigating the Distribution Shift of Diffusion-based Dataset Distillation". All
n images of a class are denoised together, and their estimates of x_0 descend

    E(x_1 ... x_n) = -(D / 2) diversity log det(K + eps I) + n mean / 2 |mean_i x_i - m|^2,

with the cosines K of the latents, as in a determinantal point process, the mean m of the class's
real latents and the dimension D of a latent. Each image's own pull toward the mean is
mean (mean_i x_i - m).

The paper has both terms on x_t, with the target alpha_t m; here they act on the estimates of x_0,
as all guidance does. Its first half, fine-tuning with an L1 loss on x_0, is not done. There is no
public code; this is written from the equations, with strengths of our own.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import normalize

from ..data.dataset import Dataset
from ..diffusion.guidance import Dial, Guidance, from_energy
from ..diffusion.prior import Prior
from ..event import Event
from ..recipes.loop import encode_classes
from ..recipes.recipe import Group, Method, Recipe, knob

__all__ = ["CGS"]

EPS = 1e-3


@dataclass(frozen=True)
class CGS(Method):
    """Keeps the images of a set apart by a determinant, and their mean at that of the class."""

    title: ClassVar[str] = "CGS"
    group: ClassVar[Group] = "peers"

    diversity: float | Dial = knob(0.01, "strength of staying apart", low=0, high=5, live=True)
    mean: float | Dial = knob(1.0, "strength of the pull to the mean", low=0, high=20, live=True)
    references: int = knob(500, "real images that the mean is taken of", low=2, high=100_000)
    t_low: int = knob(100, "the time below which it does not act", low=0, high=1000)
    t_high: int = knob(1000, "the time above which it does not act", low=0, high=1000)

    def fit(
        self, prior: Prior, data: Dataset, labels: Sequence[int]
    ) -> Generator[Event, None, Recipe]:
        """Encodes the references of each class."""
        real = yield from encode_classes(prior, data, labels, self.references)
        window = (self.t_low, self.t_high)
        descend = partial(from_energy, schedule=prior.schedule, between=window)

        def apart(label: int) -> Guidance:
            return descend(volume, scale=self.diversity)

        def centred(label: int) -> Guidance:
            target = real[label].mean(0)

            def energy(x0: Tensor) -> Tensor:
                return len(x0) / 2 * (x0.mean(0) - target).square().sum()

            return descend(energy, scale=self.mean)

        return Recipe(guidance=(apart, centred))


def volume(x0: Tensor) -> Tensor:
    """-(D / 2) log det(K + eps I) of latents (n, ...): low where they span a large volume."""
    unit = normalize(x0.flatten(1))
    kernel = unit @ unit.T + EPS * torch.eye(len(unit)).to(unit)
    return -unit.shape[1] / 2 * torch.logdet(kernel)
