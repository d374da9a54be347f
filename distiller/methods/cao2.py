"""CaO2: draw more, keep by a classifier's confidence, and refine (Wang et al., 2025).

The first stage of CaO2 (ICCV 2025): four times the images are sampled, those that a classifier
recognises are kept, and of them the most confident for ten images a class, the least confident
for fifty. The paper's classifier is a ResNet-18 trained on ImageNet; here it is a small net on the
prior's latents (`recipes.surrogate`), since the judge that scores a set must not choose it. The
released scripts draw four times as many for ImageWoof and ImageNet-1K, and twice for Imagenette and
ImageNet-100 (`pool`). Where fewer images are recognised than asked for, the rest here are the most
nearly recognised; where enough are, the choice is that of the released code.

The second stage is off by default (`rounds` is 0; 100 in the released code). Each latent z that was
kept is moved by Adam to lower the denoiser's own loss at little noise,

    mean (eps' - eps)^2 + 10 max |eps' - eps|,   eps' of alpha_t z + sigma_t eps at t and its class,

with t among the 2nd to the 12th lowest of 50 times and eps of a fixed bank, the same for every
image. The code has no class for its hard data sets (`classless`).
"""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from ..data.dataset import Dataset
from ..diffusion.prior import Prior
from ..event import Event
from ..recipes.recipe import Begin, Group, Method, Place, Recipe, knob
from ..recipes.surrogate import train_surrogate

__all__ = ["CaO2"]

BANK, BANK_SEED = 1024, 42  # noises that the second stage draws from
PEAK = 10.0  # the weight of the largest error beside the mean square


@dataclass(frozen=True)
class CaO2(Method):
    """Keeps, of a pool, the images that a classifier recognises with most or least confidence."""

    title: ClassVar[str] = "CaO₂"
    group: ClassVar[Group] = "peers"
    place: ClassVar[Place | None] = "select"
    paper: ClassVar[Mapping[str, Any]] = {"rounds": 100}

    keep: str = knob("most", "most or least confident of those", choices=("most", "least"))
    pool: int = knob(4, "samples drawn per image kept", low=1, high=50)
    images: int = knob(200, "real images of each class to train on", low=2, high=100_000)
    rounds: int = knob(
        0, "steps of the second stage, which moves what is kept", low=0, high=10_000, later=True
    )
    rate: float = knob(6e-4, "learning rate of the second stage (Adam)", low=0, high=1, later=True)
    classless: bool = knob(
        False, "whether the second stage asks the prior without a class", later=True
    )

    @property
    def begins(self) -> Begin:
        """Of a pool, the k-th best."""
        return "pool"

    def fit(
        self, prior: Prior, data: Dataset, labels: Sequence[int]
    ) -> Generator[Event, None, Recipe]:
        """Trains the classifier on all classes, or reads it from disk."""
        surrogate = (yield from train_surrogate(prior, data, self.images)).to(prior.device)

        def select(label: int, latents: Tensor, n: int) -> list[int]:
            says = surrogate.log_probabilities(latents)
            return by_confidence(says, label, n, self.keep)

        refine = self.refine if self.rounds else None
        return Recipe(select=select, pool=self.pool, refine=refine)

    def refine(self, prior: Prior, label: int, latents: Tensor) -> Generator[Event, None, Tensor]:
        """The second stage: latents (n, ...) with a lower loss; each depends on itself alone.

        `label` is the network's.
        """
        z = latents.detach().clone().requires_grad_()
        optimizer = torch.optim.Adam([z], self.rate)
        generator = torch.Generator().manual_seed(BANK_SEED)
        bank = torch.randn(BANK, *prior.latent_shape, generator=generator)
        times = prior.schedule.times(50)[-2::-1][1:12]
        shown = prior.null_label if self.classless else label
        for i in range(self.rounds):
            rng = np.random.default_rng([BANK_SEED, i])
            t, eps = int(rng.choice(times)), bank[int(rng.integers(BANK))].to(z)
            with torch.enable_grad():
                denoiser_loss(prior, shown, z, t, eps).sum().backward()
            optimizer.step()
            optimizer.zero_grad()
            yield Event("refine", i, self.rounds)
        return z.detach()


def denoiser_loss(prior: Prior, label: int, z: Tensor, t: int, eps: Tensor) -> Tensor:
    """The loss above of each latent z (n, ...) at a time t and a noise eps (...): (n,)."""
    alpha, sigma = prior.schedule(t, like=z)
    x_t = alpha * z + sigma * eps
    labels = torch.full((len(z),), label, device=z.device)
    error = ((x_t - alpha * prior.predict(x_t, t, labels).x0) / sigma - eps).flatten(1)
    loss: Tensor = error.square().mean(1) + PEAK * error.abs().amax(1)
    return loss


def by_confidence(says: Tensor, label: int, n: int, keep: str) -> list[int]:
    """n rows of log-probabilities (m, classes): recognised ones first, by their confidence."""
    right = says.argmax(1) == label
    confidence = says[:, label]
    order = confidence.argsort(descending=keep == "most", stable=True)
    # What is not recognised comes last, the most nearly recognised first.
    wrong = confidence.argsort(descending=True, stable=True)
    ranked = torch.cat([order[right[order]], wrong[~right[wrong]]])
    rows: list[int] = ranked[:n].tolist()
    return rows
