"""MMD guidance: the set descends its maximum mean discrepancy from the class.

With the kernel mean embeddings of the set X and of the real class Y (Gretton et al., 2012, Eq. 5),

    MMD^2(X, Y) = mean k(x, x') + mean k(y, y') - 2 mean k(x, y),

the gradient for image i is that of the witness function: toward real mass that the set misses,
away from what it has already. One term does what DAP's pull and the repulsion of `diversity` do
separately. It acts on the estimates of x_0. The energy is n D / 2 MMD^2 for n images and latents
of dimension D, with an RBF kernel of the class's median distance, so that the strength means the
same for every prior and number of images.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

from torch import Tensor

from ..data.dataset import Dataset
from ..diffusion.guidance import Dial, Guidance, from_energy
from ..diffusion.prior import Prior
from ..event import Event
from ..recipes.loop import encode_classes
from ..recipes.recipe import Group, Method, Recipe, knob
from ..scores.kernel import median_distance, rbf

__all__ = ["MMD"]


@dataclass(frozen=True)
class MMD(Method):
    """Moves the set, as a whole, toward the real class: where mass is missed, away from excess."""

    title: ClassVar[str] = "MMD"
    group: ClassVar[Group] = "guidance by a discrepancy"

    strength: float | Dial = knob(3.0, "how hard the set is moved", low=0, high=20, live=True)
    references: int = knob(500, "real images of the class to compare with", low=2, high=5000)
    bandwidth: float = knob(1.0, "of the kernel, in median distances", low=0.1, high=10)
    t_low: int = knob(50, "the time below which it does not act", low=0, high=1000)
    t_high: int = knob(1000, "the time above which it does not act", low=0, high=1000)

    def fit(
        self, prior: Prior, data: Dataset, labels: Sequence[int]
    ) -> Generator[Event, None, Recipe]:
        """Encodes the references of each class."""
        real = yield from encode_classes(prior, data, labels, self.references)

        @cache
        def guidance(label: int) -> Guidance:
            y = real[label].flatten(1)
            kernel = rbf(self.bandwidth * median_distance(y))

            def energy(x0: Tensor) -> Tensor:
                x = x0.flatten(1)
                n, dimension = x.shape
                return n * dimension / 2 * (kernel(x, x).mean() - 2 * kernel(x, y).mean())

            window = (self.t_low, self.t_high)
            return from_energy(energy, prior.schedule, scale=self.strength, between=window)

        return Recipe(guidance=(guidance,))
