"""MGD3: mode guidance (Chan-Santiago et al., 2025, arXiv:2505.18963).

The latents of a class are clustered into as many modes as images are drawn (k-means), and image
k is pulled toward mode k while t is above a stop time; below it the prior is left to finish the
image. The pull is that of the energy strength / 2 |x_0 - m_k|^2: the estimate of x_0 moves by
strength sigma_t^2 (m_k - x_0), a share of the way that falls with the noise. The released code
adds lambda (m_k - x_0) times the posterior's standard deviation to a DDPM step, with lambda 0.1
and the first half of 50 steps. Here 1, from a search (bench/results.md), moves the estimate at
pure noise all the way.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import torch
from torch import Tensor

from ..data.dataset import Dataset
from ..diffusion.guidance import Dial, Guidance
from ..diffusion.prior import Prior
from ..errors import Refused
from ..event import Event
from ..recipes.loop import encode_classes
from ..recipes.recipe import Group, Method, Recipe, knob

__all__ = ["MGD3"]


@dataclass(frozen=True)
class MGD3(Method):
    """Pulls each image toward a mode of the class's latents of its own, until a stop time."""

    title: ClassVar[str] = "MGD³"
    group: ClassVar[Group] = "peers"

    strength: float | Dial = knob(1.0, "how hard the modes pull", low=0, high=5, live=True)
    stop: int = knob(500, "the time below which they let go", low=0, high=1000)
    images: int = knob(5000, "real images of the class to cluster", low=2, high=100_000)

    def fit(
        self, prior: Prior, data: Dataset, labels: Sequence[int]
    ) -> Generator[Event, None, Recipe]:
        """Encodes the real images of each class; they are clustered when their number is known."""
        real = yield from encode_classes(prior, data, labels, self.images)

        @cache
        def guidance(label: int) -> Guidance:
            @cache
            def centres(n: int) -> Tensor:
                return modes(real[label], n)

            def field(x_t: Tensor, t: int, x0: Tensor) -> Tensor:
                alpha, _ = prior.schedule(t, like=x0)
                return alpha * (centres(len(x0)).to(x0) - x0)

            return Guidance(field, self.strength, (self.stop, prior.schedule.T))

        return Recipe(guidance=(guidance,))


def modes(latents: Tensor, n: int) -> Tensor:
    """The centres of n clusters of latents (m, ...), the largest cluster first: (n, ...).

    Raises:
        Refused: if there are fewer latents than clusters.
    """
    from sklearn.cluster import KMeans

    if n > len(latents):
        raise Refused(f"{n} modes need at least as many real images; got {len(latents)}.")
    found = KMeans(n, n_init=1, random_state=0).fit(latents.flatten(1).cpu().numpy())
    centres = torch.from_numpy(found.cluster_centers_).float()
    order = torch.bincount(torch.from_numpy(found.labels_).long(), minlength=n).argsort(
        descending=True, stable=True
    )
    return centres[order].reshape(n, *latents.shape[1:])
