"""S3: selective subgroup sampling, the second half of IMS3 (Wang et al., 2026, arXiv:2603.13960).

Of G groups of n samples the one is kept whose centroid c_g is near that of the real class r and far
from those of the other classes r_j (Eq. 10):

    alpha (-log d(c_g, r)) + beta sum_j log d(c_g, r_j),    d(u, v) = 1 - cos(u, v).

Nothing is trained. The released code chooses the groups of all classes together, by coordinate
ascent, with the centroids of the groups chosen for the others in place of r_j. Here classes are
drawn apart, so that a set does not depend on which others are made: r_j are real. Its features are
those of a ResNet; here they are those of a small net on latents (`recipes.surrogate`), since the
judge that scores a set must not choose it. Its weights alpha = 0.4, beta = 0.9 and its five groups
are the defaults. The first half of IMS3, fine-tuning by inversion matching, is not done.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import normalize

from ..data.dataset import Dataset
from ..diffusion.prior import Prior
from ..event import Event
from ..recipes.loop import encode_classes
from ..recipes.recipe import Begin, Group, Method, Place, Recipe, knob
from ..recipes.surrogate import train_surrogate

__all__ = ["S3"]

EPS = 1e-6  # where a centroid is exactly another


@dataclass(frozen=True)
class S3(Method):
    """Keeps, of several groups of samples, the one that stands best for the class."""

    title: ClassVar[str] = "S³"
    group: ClassVar[Group] = "peers"
    place: ClassVar[Place | None] = "select"

    pool: int = knob(5, "groups drawn, of which one is kept", low=1, high=50)
    alpha: float = knob(0.4, "the weight of nearness to the class", low=0, high=10)
    beta: float = knob(0.9, "the weight of distance from other classes", low=0, high=10)
    references: int = knob(50, "real images of each class for its centroid", low=2, high=100_000)
    images: int = knob(200, "real images of each class to train on", low=2, high=100_000)

    @property
    def begins(self) -> Begin:
        """The k-th of one of several groups."""
        return "pool"

    def fit(
        self, prior: Prior, data: Dataset, labels: Sequence[int]
    ) -> Generator[Event, None, Recipe]:
        """Trains the net on all classes, or reads it, and finds the centroid of each class."""
        surrogate = (yield from train_surrogate(prior, data, self.images)).to(prior.device)
        every = range(len(data.classes))
        real = yield from encode_classes(prior, data, every, self.references)
        centres = torch.stack([centroid(surrogate.features(real[k])) for k in every])

        def select(label: int, latents: Tensor, n: int) -> list[int]:
            features = surrogate.features(latents)
            groups = [range(k, k + n) for k in range(0, len(features) - n + 1, n)]
            found = torch.stack([centroid(features[list(group)]) for group in groups])
            best = int(standing(found, centres, label, self.alpha, self.beta).argmax())
            return list(groups[best])

        return Recipe(select=select, pool=self.pool)


def centroid(features: Tensor) -> Tensor:
    """The direction of the mean of the directions of features (n, d): (d,)."""
    return normalize(normalize(features).mean(0), dim=0)


def standing(groups: Tensor, centres: Tensor, label: int, alpha: float, beta: float) -> Tensor:
    """How well centroids (m, d) of groups stand for a class among the centres (classes, d): (m,).

    All are of length 1.
    """
    away = (1 - groups @ centres.T).clamp(min=0) + EPS
    others = torch.arange(len(centres)) != label
    return beta * away[:, others].log().sum(1) - alpha * away[:, label].log()
