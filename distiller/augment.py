"""Augmentation of whole batches: each image draws its own parameters, all at once.

Every function maps images (n, 3, h, w) to images of the same shape, and draws from the generator
it is given. `dsa` follows Zhao & Bilen, "Dataset Condensation with Differentiable Siamese
Augmentation" (2021), as it is used to evaluate: one strategy a batch, one draw an image.
"""

from collections.abc import Callable, Mapping

import torch
from torch import Generator, Tensor

__all__ = ["AUGMENTATIONS", "Augmentation", "augment", "mix"]

F = torch.nn.functional

Augmentation = Callable[[Tensor, Generator], Tensor]
"""Maps images (n, 3, h, w) to images of the same shape."""


def augment(x: Tensor, names: tuple[str, ...], generator: Generator) -> Tensor:
    """The named augmentations, one after the other."""
    for name in names:
        x = AUGMENTATIONS[name](x, generator)
    return x


def uniform(x: Tensor, generator: Generator, low: float = 0, high: float = 1) -> Tensor:
    """One number for each image, (n, 1, 1, 1)."""
    return torch.rand(len(x), 1, 1, 1, generator=generator).mul_(high - low).add_(low).to(x)


def flip(x: Tensor, generator: Generator) -> Tensor:
    """Mirrors half of the images."""
    return torch.where(uniform(x, generator) < 0.5, x.flip(-1), x)


def shift(x: Tensor, generator: Generator) -> Tensor:
    """Moves images by up to an eighth of their side; the edge repeats into what appears."""
    n, _, h, w = x.shape
    reach = max(1, h // 8)
    dy, dx = torch.randint(-reach, reach + 1, (2, n, 1), generator=generator).to(x.device)
    rows = (torch.arange(h, device=x.device) + dy).clamp(0, h - 1)
    columns = (torch.arange(w, device=x.device) + dx).clamp(0, w - 1)
    image = torch.arange(n, device=x.device)[:, None, None]
    # Channels last: the gathered rows of pixels lie together, three channels at a time.
    moved = x.permute(0, 2, 3, 1)[image, rows[:, :, None], columns[:, None, :]]
    return moved.permute(0, 3, 1, 2)


def mix(x: Tensor, generator: Generator) -> tuple[Tensor, Tensor, float]:
    """CutMix of a whole batch: one box, filled from another image of the batch.

    Returns the images, the rows that the boxes came from, and the share of each image's own
    pixels. The box has an area of 1 - lambda, lambda ~ Beta(1, 1), around a uniform centre, and
    is clipped (Yun et al., 2019, Eq. 1 and 2).
    """
    n, _, h, w = x.shape
    others = torch.randperm(n, generator=generator).to(x.device)
    share, y, z = torch.rand(3, generator=generator).tolist()
    half_h, half_w = int(h * (1 - share) ** 0.5) // 2, int(w * (1 - share) ** 0.5) // 2
    top, bottom = max(int(y * h) - half_h, 0), min(int(y * h) + half_h, h)
    left, right = max(int(z * w) - half_w, 0), min(int(z * w) + half_w, w)
    mixed = x.clone()
    mixed[:, :, top:bottom, left:right] = x[others, :, top:bottom, left:right]
    return mixed, others, 1 - (bottom - top) * (right - left) / (h * w)


AUGMENTATIONS: Mapping[str, Augmentation] = {"flip": flip, "shift": shift}
