"""MGD3: mode guidance (Chan-Santiago et al., 2025, arXiv:2505.18963).

The latents of a class are clustered into as many modes as images are drawn (k-means), and image
k is pulled toward mode k while t is above a stop time; below it the prior is left to finish the
image. The pull is that of the energy strength / 2 |x_0 - m_k|^2: the estimate of x_0 moves by
strength sigma_t^2 (m_k - x_0), a share of the way that falls with the noise. The default 1, from
a search (bench/results.md), moves the estimate at pure noise all the way.

The released code adds lambda (m_k - x_0) times the posterior's standard deviation to the mean of a
DDPM step, with lambda 0.1 and the first half of 50 steps. That is `form="step"`: the estimate of
x_0 enters the mean of the step from t to s with the factor alpha_s beta / sigma_t^2 (Ho et al.,
2020, Eq. 7), so it moves by

    strength  sigma_s sigma_t / (alpha_s sqrt(beta))  (m_k - x_0),   beta = 1 - (alpha_t/alpha_s)^2,

where s is the time after t in as many steps as `steps` says. The deviation is that of the smaller
bound of the variance. How far either form pulls depends on the sampler, for each weighs the
estimate otherwise: the energy of strength 1 pulls about as far as the released code under DDPM, and
several times as far under DDIM (docs/papers.md).
"""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

import torch
from torch import Tensor

from ..data.dataset import Dataset
from ..diffusion.guidance import Dial, Guidance
from ..diffusion.prior import Prior
from ..diffusion.schedule import Schedule
from ..errors import Refused
from ..event import Event, finish
from ..recipes.cache import content_key, shipped_fit
from ..recipes.loop import encode_class
from ..recipes.recipe import Group, Method, Recipe, knob

__all__ = ["MGD3"]


@dataclass(frozen=True)
class MGD3(Method):
    """Pulls each image toward a mode of the class's latents of its own, until a stop time."""

    title: ClassVar[str] = "MGD³"
    group: ClassVar[Group] = "peers"
    paper: ClassVar[Mapping[str, Any]] = {"form": "step", "strength": 0.1, "stop": 511}

    strength: float | Dial = knob(1.0, "how hard the modes pull", low=0, high=5, live=True)
    stop: int = knob(500, "the time below which they let go", low=0, high=1000)
    images: int = knob(5000, "real images of the class to cluster", low=2, high=100_000)
    form: str = knob(
        "energy", "the pull of an energy, or what the released code adds to a step",
        choices=("energy", "step"), later=True,
    )  # fmt: skip
    steps: int = knob(
        50, "of sampling, for which the form `step` is computed", low=1, high=1000, later=True
    )

    def fit(
        self, prior: Prior, data: Dataset, labels: Sequence[int]
    ) -> Generator[Event, None, Recipe]:
        """Nothing yet: real images are encoded and clustered when their number is known."""
        yield from ()
        made: dict[tuple[int, int], Tensor] = {}

        def prepare(label: int, n: int) -> Generator[Event, None, None]:
            if (label, n) not in made:
                made[label, n] = yield from self.centres(prior, data, label, n)

        @cache
        def guidance(label: int) -> Guidance:
            def field(x_t: Tensor, t: int, x0: Tensor) -> Tensor:
                alpha, _ = prior.schedule(t, like=x0)
                share = alpha if self.form == "energy" else self._of_step(prior.schedule, t)
                finish(prepare(label, len(x0)))  # where nobody did so before
                return share * (made[label, len(x0)].to(x0) - x0)

            return Guidance(field, self.strength, (self.stop, prior.schedule.T))

        return Recipe(guidance=(guidance,), prepare=(prepare,))

    def centres(
        self, prior: Prior, data: Dataset, label: int, n: int
    ) -> Generator[Event, None, Tensor]:
        """The modes of a class, (n, *latent_shape); what ships with the prior is read.

        Raises:
            Refused: if the class has fewer images.
        """
        if (shipped := shipped_fit(prior, self.name_of(prior, data, label, n))) is not None:
            return shipped["centres"]
        return modes((yield from encode_class(prior, data, label, self.images)), n)

    def name_of(self, prior: Prior, data: Dataset, label: int, n: int) -> str:
        """What the modes of a class are called among the fits that ship."""
        how = ["modes", self.images, n, str(prior.device)]
        return f"mgd3-{content_key(prior, data, [label], how)}"

    def _of_step(self, schedule: Schedule, t: int) -> float:
        """The factor of m - x_0 in the field of the form `step`: that above in score units."""
        s = max(u for u in schedule.times(self.steps) if u < t)
        alpha_t, sigma_t, alpha_s, sigma_s = (
            float(row[u]) for u in (t, s) for row in (schedule.alpha, schedule.sigma)
        )
        beta = 1 - (alpha_t / alpha_s) ** 2
        return float(alpha_t / sigma_t * sigma_s / (alpha_s * beta**0.5))


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
