"""Selection: a rule that picks n of many, after sampling or from the real images themselves."""

from collections.abc import Callable, Generator, Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ..data.dataset import Dataset
from ..diffusion.prior import Prior
from ..event import Event
from .loop import encode_classes, real_latents
from .recipe import Begin, Recipe, knob

__all__ = ["Rule", "begins_from", "pool_knob", "selecting"]

Rule = Callable[[Tensor, Tensor, int], Sequence[int]]
"""Maps (candidates (m, d), real (k, d), n) to n rows of the candidates, best first."""


def pool_knob(default: int = 3) -> int:
    """The hyperparameter that says what is selected from."""
    about = "samples drawn per image kept; 1 picks real images instead"
    made: int = knob(default, about, low=1, high=50)
    return made


def begins_from(pool: int) -> Begin:
    """What an image begins from that is picked from a pool of so many for each, or is real."""
    return "real" if pool == 1 else "pool"


def selecting(
    rule: Rule, pool: int, references: int, prior: Prior, data: Dataset, labels: Sequence[int]
) -> Generator[Event, None, Recipe]:
    """Encodes references of each class; returns the recipe that selects by a rule.

    From a pool of samples or, with pool 1, real images; all meet in latent space.
    """
    real = yield from encode_classes(prior, data, labels, references)

    def select(label: int, latents: Tensor, n: int) -> Sequence[int]:
        return rule(latents.flatten(1), real[label].flatten(1).to(latents), n)

    def subset(label: int, n: int, seed: int) -> NDArray[np.int64]:
        members = data.choose_from(label, n)
        latents = real_latents(prior, data, label, len(members)).flatten(1)
        return members[list(rule(latents, real[label].flatten(1), n))]

    return Recipe(subset=subset) if pool == 1 else Recipe(select=select, pool=pool)
