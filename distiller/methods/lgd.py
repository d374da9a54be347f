"""LGD: learnability-guided diffusion (Chan-Santiago & Shah, 2026, arXiv:2604.00519).

While t is in a window, each image's estimate of x_0 ascends its learnability: what a model does not
know yet and a reference model knows,

    E(x_i) = -D (L_now(x_i) - omega L_ref(x_i)),    L(x) = -log p(c | x),

where c is the image's class and D the dimension of a latent.

In the paper the model of now is trained on the images made so far, ten of each class at a time, and
the reference on all real ones. Here the classes of a set are made one after the other and apart, so
that a set does not depend on their order, and there is no such model. The weights that a classifier
of latents has early in its training on real images (`recipes.surrogate`) stand for it, and those at
its end for the reference: a curriculum of real images, not of made ones. The paper's lambda is 15
with omega 0.5, in steps 10 to 45 of 50, in other units; its choice among candidates is left out.
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

__all__ = ["LGD"]


@dataclass(frozen=True)
class LGD(Method):
    """Moves images to what a classifier does not know yet and a better one knows."""

    title: ClassVar[str] = "LGD"
    group: ClassVar[Group] = "peers"

    strength: float | Dial = knob(0.1, "how hard learnability is raised", low=0, high=5, live=True)
    omega: float = knob(0.5, "the weight of the reference", low=0, high=10)
    moment: int = knob(0, "how early the model of now is: 0 is 5 % of training", low=0, high=2)
    images: int = knob(200, "real images of each class to train on", low=2, high=100_000)
    t_low: int = knob(100, "the time below which it does not act", low=0, high=1000)
    t_high: int = knob(800, "the time above which it does not act", low=0, high=1000)

    def fit(
        self, prior: Prior, data: Dataset, labels: Sequence[int]
    ) -> Generator[Event, None, Recipe]:
        """Trains the classifier on all classes, or reads it from disk."""
        surrogate = (yield from train_surrogate(prior, data, self.images)).to(prior.device)

        def make(label: int) -> Guidance:
            def energy(x0: Tensor) -> Tensor:
                now, reference = (
                    surrogate.log_probabilities(x0, k)[:, label] for k in (self.moment, -1)
                )
                return x0[0].numel() * (now - self.omega * reference)

            window = (self.t_low, self.t_high)
            return from_energy(energy, prior.schedule, scale=self.strength, between=window)

        return Recipe(guidance=(make,))
