"""Noise schedule: the time t of a latent, and its signal and noise scales.

    x_t = alpha_t x_0 + sigma_t eps,    alpha_t^2 + sigma_t^2 = 1,    t = 0, 1, ..., T

t = 0 is clean data. Networks trained on timesteps 0 ... T-1 are called with t - 1; that shift
is made in one place, the adapter `prior.DiT`.
"""

import torch
from torch import Tensor

from ..errors import Refused

__all__ = ["Schedule"]


class Schedule:
    """A discrete variance-preserving schedule, from its T betas (Ho et al., 2020)."""

    def __init__(self, betas: Tensor) -> None:
        alpha_bar = torch.cumprod(1 - betas.double(), dim=0)
        alpha_bar = torch.cat([alpha_bar.new_ones(1), alpha_bar])
        self.alpha = alpha_bar.sqrt()
        self.sigma = (1 - alpha_bar).sqrt()

    @classmethod
    def linear(cls, T: int = 1000, first: float = 1e-4, last: float = 0.02) -> "Schedule":
        """The schedule of DDPM, ADM and DiT."""
        return cls(torch.linspace(first, last, T, dtype=torch.float64))

    @property
    def T(self) -> int:
        """The last time, that of almost pure noise."""
        return len(self.alpha) - 1

    def __call__(self, t: int | Tensor, like: Tensor) -> tuple[Tensor, Tensor]:
        """Returns (alpha_t, sigma_t), shaped to broadcast against `like`, of its dtype.

        t is one time, or one for each row of `like`.
        """
        t = torch.as_tensor(t).cpu()
        shape = (*t.shape, *(1,) * (like.ndim - t.ndim)) if t.ndim else ()
        return self.alpha[t].reshape(shape).to(like), self.sigma[t].reshape(shape).to(like)

    def times(self, steps: int, start: int | None = None) -> list[int]:
        """Returns `steps + 1` decreasing times, evenly spaced from `start` (default T), then 0.

        Raises:
            Refused: unless 1 <= steps <= start.
        """
        start = self.T if start is None else start
        if not 1 <= steps <= start:
            raise Refused(f"steps must be between 1 and {start}, the start time; got {steps}.")
        return [*torch.linspace(start, 1, steps).round().long().tolist(), 0]
