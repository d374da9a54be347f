"""CaO2's selection: draw more, keep by a classifier's confidence (Wang et al., 2025).

The first stage of CaO2 (ICCV 2025): four times the images are sampled, those that a classifier
recognises are kept, and of them the most confident for ten images a class, the least confident
for fifty. Its second stage, which optimises each latent against the denoiser's own loss, is not
here. The paper's classifier is a ResNet-18 trained on ImageNet; here it is a small net on the
prior's latents (`recipes.surrogate`), since the judge that scores a set must not choose it. The
released scripts draw four times as many for ImageWoof and ImageNet-1K, and twice for Imagenette and
ImageNet-100 (`pool`). Where fewer images are recognised than asked for, the rest here are the most
nearly recognised; where enough are, the choice is that of the released code.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from ..data.dataset import Dataset
from ..diffusion.prior import Prior
from ..event import Event
from ..recipes.recipe import Begin, Group, Method, Place, Recipe, knob
from ..recipes.surrogate import train_surrogate

__all__ = ["CaO2"]


@dataclass(frozen=True)
class CaO2(Method):
    """Keeps, of a pool, the images that a classifier recognises with most or least confidence."""

    title: ClassVar[str] = "CaO₂"
    group: ClassVar[Group] = "peers"
    place: ClassVar[Place | None] = "select"

    keep: str = knob("most", "most or least confident of those", choices=("most", "least"))
    pool: int = knob(4, "samples drawn per image kept", low=1, high=50)
    images: int = knob(200, "real images of each class to train on", low=2, high=100_000)

    @property
    def begins(self) -> Begin:
        """Of a pool, the k-th best."""
        return "pool"

    def fit(
        self, prior: Prior, data: Dataset, labels: Sequence[int]
    ) -> Generator[Event, None, Recipe]:
        """Trains the classifier on all classes, or reads it from disk."""
        surrogate = yield from train_surrogate(prior, data, self.images)

        def select(label: int, latents: Tensor, n: int) -> list[int]:
            says = surrogate.log_probabilities(latents.cpu())
            return by_confidence(says, label, n, self.keep)

        return Recipe(select=select, pool=self.pool)


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
