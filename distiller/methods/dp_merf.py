"""DP-MERF: MMD guidance by a differentially private summary of the class.

After Harder et al. (2021, arXiv:2002.11603): a class is released once, as the mean of random
Fourier features of its n latents plus Gaussian noise; everything after is post-processing. With

    phi(x) = [cos(w x), sin(w x)] / sqrt(M),    w_1 ... w_M ~ N(0, I / h^2),    |phi(x)| = 1,

replacing one image moves the mean by at most 2 / n, whatever the image is, so noise of the analytic
Gaussian mechanism (Balle & Wang, 2018, arXiv:1805.06530, Theorem 8) makes the release
(epsilon, delta)-private for each image of the class. The set then descends

    n D / 2 |mean phi(x) - released mean|^2,

the MMD of `mmd` in these features. The bandwidth h is public: latents of the shipped priors have
unit variance, so sqrt(2 D) is a distance between two of them.

The guarantee is about the images given to the method, for whoever does not know `secret`, the key
of the noise: choose one at random and keep it; it is written into no manifest and no link, and with
the default, which anyone can read here, a set promises nothing. Each release has noise of its own,
and what several give away adds up. The noise is
torch's, whose generator is no cryptographic one, and floating-point. The guarantee says nothing of
the prior: one that was trained on the same images has its own memory of them (of the shipped ones,
that of digits was, that of solids was not).
"""

import hmac
import json
import math
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

import torch
from torch import Tensor

from ..data.dataset import Dataset
from ..diffusion.guidance import Dial, Guidance, from_energy
from ..diffusion.prior import Prior
from ..event import Event
from ..recipes.gaussian_mechanism import gaussian_mechanism_sigma
from ..recipes.loop import encode_classes, seeded_noise
from ..recipes.recipe import Group, Method, Recipe, knob

__all__ = ["DPMERF"]


@dataclass(frozen=True)
class DPMERF(Method):
    """Moves the set toward a differentially private summary of the class."""

    title: ClassVar[str] = "DP-MERF"
    group: ClassVar[Group] = "guidance by a discrepancy"

    epsilon: float = knob(4.0, "the privacy loss, epsilon", low=0.01, high=100)
    delta: float = knob(1e-5, "the probability of more, delta", low=1e-12, high=0.1)
    strength: float | Dial = knob(3.0, "how hard the set is moved", low=0, high=20, live=True)
    features: int = knob(128, "random frequencies", low=1, high=10_000)
    bandwidth: float = knob(0.5, "of the kernel, in units of sqrt(2 D)", low=0.01, high=10)
    images: int = knob(5000, "real images of the class", low=2, high=100_000)
    secret: int = knob(
        0,
        "key of the noise; for a release, your own and unknown",
        low=0,
        high=2**53 - 1,
        private=True,
    )
    t_low: int = knob(50, "the time below which it does not act", low=0, high=1000)
    t_high: int = knob(1000, "the time above which it does not act", low=0, high=1000)

    def guarantee(self) -> dict[str, Any]:
        """What the method promises of a set, for its manifest."""
        if self.secret == type(self).secret:
            return {
                "none": "the key of the noise is the default, known to all; `secret` sets your own"
            }
        return {
            "epsilon": self.epsilon,
            "delta": self.delta,
            "unit": "replacing one image of a class",
            "mechanism": "analytic Gaussian, on the mean of random Fourier features, once a class",
            "excludes": "what the prior learned when it was trained, and who knows `secret`",
        }

    def fit(
        self, prior: Prior, data: Dataset, labels: Sequence[int]
    ) -> Generator[Event, None, Recipe]:
        """Releases the noisy mean of each class."""
        real = yield from encode_classes(prior, data, labels, self.images)
        phi = fourier_features(math.prod(prior.latent_shape), self.features, self.bandwidth)
        released = {label: self._release(phi(real[label].flatten(1)), label) for label in labels}
        del real  # from here on only what was released is used

        @cache
        def guidance(label: int) -> Guidance:
            def energy(x0: Tensor) -> Tensor:
                apart = phi(x0.flatten(1)).mean(0) - released[label].to(x0)
                return x0.numel() / 2 * apart.square().sum()

            window = (self.t_low, self.t_high)
            return from_energy(energy, prior.schedule, scale=self.strength, between=window)

        return Recipe(guidance=(guidance,))

    def _release(self, phi: Tensor, label: int) -> Tensor:
        sigma = gaussian_mechanism_sigma(self.epsilon, self.delta, 2 / len(phi))
        return phi.mean(0) + sigma * seeded_noise(phi.shape[1:], self._seed(phi), label, 1)[0].to(
            phi
        )

    def _seed(self, phi: Tensor) -> int:
        """Of the noise: another for every release, since what two share would cancel."""
        about = [self.epsilon, self.delta, self.features, self.bandwidth, len(phi)]
        text = json.dumps(about).encode() + phi.double().mean(0).cpu().numpy().tobytes()
        digest = hmac.digest(self.secret.to_bytes(8, "big"), text, "sha256")
        return int.from_bytes(digest[:8], "big")


def fourier_features(dimension: int, count: int, bandwidth: float) -> Callable[[Tensor], Tensor]:
    """phi above, of unit length: (n, dimension) to (n, 2 count) (Rahimi & Recht, 2007)."""
    generator = torch.Generator().manual_seed(0)
    w = torch.randn(dimension, count, generator=generator)
    w = w / (bandwidth * math.sqrt(2 * dimension))

    def phi(x: Tensor) -> Tensor:
        at = x @ w.to(x)
        return torch.cat([at.cos(), at.sin()], 1) / math.sqrt(count)

    return phi
