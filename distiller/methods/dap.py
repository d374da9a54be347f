"""DAP: diffusion as a prior of representativeness (Su et al., 2026, arXiv:2510.17421).

A sample is pulled toward the real class R in the denoiser's own hidden features phi, compared
at the same noise level, by the metric of a Mercer kernel K:

    p(R | x_t)  ~  exp(-1/N sum_i D_K(phi(x_t, t), phi(r_i, t)))^gamma,    r_i real, noised to t

(Section 3; the released text leaves open which block, how many references, the window of times
and the units of gamma.) What is chosen here, and why:

- *Units.* Distances are divided by the mean distance between the real references at that time
  and multiplied by the dimension of a latent, so gamma is free of kernel, block and prior: the
  energy of a sample as far from the class as its members are from each other is gamma nats a
  dimension. Our gamma is this scale, not the paper's step length. 0.3 comes from a search
  (bench/results.md): the mean similarity to the class rises with gamma, the diversity falls,
  and at 1 the set collapses onto the middle of the class. So do the kernels, all alike, and the
  blocks: an early one costs less and keeps more of the diversity. On DiT-XL/2 blocks 4 to 12 of
  28 are best, and gamma is 1 in the paper's units.
- *Noise levels.* The gradient with respect to x_t is multiplied by alpha_t, as an energy of x_0
  would be (see `guidance.from_energy`): else Tweedie's 1/alpha_t makes it explode near pure
  noise, where features hold almost nothing of the image.
- *References.* N real images of the class and their noise are drawn once, with a fixed seed;
  their features at a time are computed when first needed and kept, so a second run with another
  gamma costs nothing extra.
- *Squares.* With `squared` the mean of distances becomes half the mean of their squares. Where a
  kernel has a feature map psi, as linear and cosine have, that is |psi(x) - mean psi(r)|^2 / 2
  and a constant: one feature is kept in place of N, and a step costs the same for any N. The
  paper has distances; the search found no difference in what either reaches.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

import torch
from torch import Tensor

from ..data.dataset import Dataset
from ..diffusion.guidance import Dial, Field, Guidance
from ..diffusion.prior import Prior
from ..errors import Refused
from ..event import Event
from ..recipes.loop import encode_classes, seeded_noise
from ..recipes.recipe import Group, Method, Recipe, knob
from ..scores.kernel import FEATURE_MAPS, KERNELS, FeatureMap, kernel_distance, make_kernel

__all__ = ["DAP"]

CHUNK = 64  # references whose features are computed together


@dataclass(frozen=True)
class DAP(Method):
    """Pulls samples toward the real class in the denoiser's own features, by a Mercer kernel."""

    title: ClassVar[str] = "DAP"
    group: ClassVar[Group] = "the four works"
    paper: ClassVar[Mapping[str, Any]] = {"squared": False, "block": 8}

    gamma: float | Dial = knob(0.3, "guidance strength", low=0, high=5, live=True)
    kernel: str = knob("linear", "the Mercer kernel on the features", choices=tuple(KERNELS))
    block: int = knob(2, "the transformer block whose output is the feature", low=0, high=63)
    references: int = knob(32, "real images of the class to compare with", low=2, high=5000)
    squared: bool = knob(True, "whether distances are squared before their mean is taken")
    pooling: str = knob(
        "tokens",
        "whether features keep their place in the image or are averaged over it",
        choices=("tokens", "mean"),
    )
    t_low: int = knob(50, "the time below which it does not act", low=0, high=1000)
    t_high: int = knob(700, "the time above which it does not act", low=0, high=1000)

    def fit(
        self, prior: Prior, data: Dataset, labels: Sequence[int]
    ) -> Generator[Event, None, Recipe]:
        """Encodes the references of each class.

        Raises:
            Refused: if the prior has no hidden features, or no such block.
        """
        if prior.hidden is None or self.block >= prior.blocks:
            raise Refused(
                f"dap.block must be below {prior.blocks}, the number of blocks of the prior "
                f"{prior.name!r}; got {self.block}."
            )
        real = yield from encode_classes(prior, data, labels, self.references)

        def guidance(label: int) -> Guidance:
            field = self._field(prior, prior.label_of(data, label), real[label])
            return Guidance(field, self.gamma, (self.t_low, self.t_high))

        return Recipe(guidance=(cache(guidance),))

    def _features(self, prior: Prior, x_t: Tensor, t: int, label: int) -> Tensor:
        """phi(x_t, t): (n, d)."""
        assert prior.hidden is not None
        labels = torch.full((len(x_t),), label, device=x_t.device)
        h = prior.hidden(x_t, t, labels, self.block)
        return h.mean(1) if self.pooling == "mean" else h.flatten(1)

    def _field(self, prior: Prior, label: int, real: Tensor) -> Field:
        noise = seeded_noise(prior.latent_shape, 0, label, len(real)).to(real)

        @cache
        @torch.no_grad()
        def energy_at(t: int) -> Callable[[Tensor], Tensor]:
            """The energy of features at time t, in units of the references' distances."""
            alpha, sigma = prior.schedule(t, like=real)
            chunks = (alpha * real + sigma * noise).split(CHUNK)
            phi = [self._features(prior, chunk, t, label) for chunk in chunks]
            if self.squared and self.kernel in FEATURE_MAPS:
                return _to_the_mean(phi, FEATURE_MAPS[self.kernel])
            return _to_each(torch.cat(phi), self.kernel, self.squared)

        def field(x_t: Tensor, t: int, x0: Tensor) -> Tensor:
            energy = energy_at(t)
            with torch.enable_grad():
                leaf = x_t.detach().requires_grad_()
                total = energy(self._features(prior, leaf, t, label)).sum()
                gradient = torch.autograd.grad(total, leaf)[0]
            alpha, _ = prior.schedule(t, like=x_t)
            return -real[0].numel() * alpha * gradient

        return field


def _to_each(phi: Tensor, name: str, squared: bool) -> Callable[[Tensor], Tensor]:
    """The mean over references of the distance to each, or of half its square."""
    kernel, n = make_kernel(name, phi), len(phi)
    d = kernel_distance(kernel, phi, phi)
    if not squared:
        unit = float(d.sum() / (n * (n - 1)))
        return lambda x: kernel_distance(kernel, x, phi).mean(1) / unit
    unit2 = float(d.square().sum() / (n * (n - 1)))
    return lambda x: kernel_distance(kernel, x, phi).square().mean(1) / (2 * unit2)


def _to_the_mean(phi: Sequence[Tensor], psi: FeatureMap) -> Callable[[Tensor], Tensor]:
    """The same, squared, by the mean of the references' features alone."""
    n = sum(len(chunk) for chunk in phi)
    mean = torch.stack([psi(chunk).sum(0) for chunk in phi]).sum(0) / n
    inertia = sum(float((psi(chunk) - mean).square().sum()) for chunk in phi) / n
    unit2 = 2 * inertia * n / (n - 1)
    return lambda x: ((psi(x) - mean).square().sum(1) + inertia) / (2 * unit2)
