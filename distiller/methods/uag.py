"""UAG: entropy guidance (Utility-Aligned Guidance, 2026).

While t <= t_high, each image's estimate of x_0 ascends the entropy of what a classifier says of it,

    E(x_i) = -D H(p(. | x_i)),    H(p) = -sum_c p_c log p_c,

so that images of a class come nearer to the other classes, where a net that is trained on them has
something to learn. D is the dimension of a latent.

The paper adds lambda grad_{x_t} H to the score, with lambda = 10, t <= 795 counted from 0, and the
noise held fixed, through the decoder and a ResNet-18 on images. Here the classifier is a small net
on latents (`recipes.surrogate`), which needs no decoder, and the Jacobian of x_0 is taken to be
alpha_t, not 1 / alpha_t: so the strengths are in other units. There is no public code of the
authors; this is written from the equations.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from ..data.dataset import Dataset
from ..diffusion.guidance import Dial, Guidance, from_energy
from ..diffusion.prior import Prior
from ..event import Event
from ..recipes.recipe import Group, Method, Recipe, knob
from ..recipes.surrogate import train_surrogate

__all__ = ["UAG"]


@dataclass(frozen=True)
class UAG(Method):
    """Moves images to where a classifier is less sure of their class."""

    title: ClassVar[str] = "UAG"
    group: ClassVar[Group] = "peers"

    strength: float | Dial = knob(0.03, "how hard the entropy is raised", low=0, high=5, live=True)
    images: int = knob(200, "real images of each class to train on", low=2, high=100_000)
    t_low: int = knob(0, "the time below which it does not act", low=0, high=1000)
    t_high: int = knob(796, "the time above which it does not act", low=0, high=1000)

    def fit(
        self, prior: Prior, data: Dataset, labels: Sequence[int]
    ) -> Generator[Event, None, Recipe]:
        """Trains the classifier on all classes, or reads it from disk."""
        surrogate = (yield from train_surrogate(prior, data, self.images)).to(prior.device)

        def energy(x0: Tensor) -> Tensor:
            return -x0[0].numel() * entropy(surrogate.log_probabilities(x0))

        window = (self.t_low, self.t_high)
        guidance = from_energy(energy, prior.schedule, scale=self.strength, between=window)

        def make(label: int) -> Guidance:
            return guidance

        return Recipe(guidance=(make,))


def entropy(log_p: Tensor) -> Tensor:
    """The entropy in nats of each row of log-probabilities (n, classes): (n,)."""
    return -(log_p.exp() * log_p).sum(1)
