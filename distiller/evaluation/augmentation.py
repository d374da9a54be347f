"""Augmentation of whole batches: each image draws its own parameters, all at once.

Every function maps images (n, 3, h, w) to images of the same shape, and draws from the generator
it is given. Colours are changed in the units that the images come in, and what a geometric change
leaves empty is 0.

    flip shift resized_crop jitter lighting    one after the other, as a protocol lists them
    dsa, dsa_unmirrored                        one of a family for each batch
"""

import math
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


# ------------------------------------------------------------------------------------ geometry


def flip(x: Tensor, generator: Generator) -> Tensor:
    """Mirrors half of the images."""
    return torch.where(uniform(x, generator) < 0.5, x.flip(-1), x)


def shift(x: Tensor, generator: Generator) -> Tensor:
    """Moves images by up to an eighth of their side; 0 appears (DSA's `crop`)."""
    n, _, h, w = x.shape
    reach = max(1, round(h / 8))
    dy, dx = torch.randint(-reach, reach + 1, (2, n, 1), generator=generator).to(x.device)
    rows = torch.arange(reach, h + reach, device=x.device) + dy
    columns = torch.arange(reach, w + reach, device=x.device) + dx
    image = torch.arange(n, device=x.device)[:, None, None]
    pixels = F.pad(x, (reach,) * 4).permute(0, 2, 3, 1)  # whole pixels are gathered
    return pixels[image, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def warp(x: Tensor, matrices: Tensor) -> Tensor:
    """Looks every pixel up at A (column, row, 1), in [-1, 1]; A is (n, 2, 3), bilinear."""
    grid = F.affine_grid(matrices, list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, align_corners=False)


def diagonal(a: Tensor, b: Tensor, c: Tensor, d: Tensor) -> Tensor:
    """The matrices (n, 2, 3) [[a, 0, c], [0, b, d]] from (n, 1, 1, 1) each."""
    zero = torch.zeros_like(a)
    return torch.stack([a, zero, c, zero, b, d], -1).reshape(len(a), 2, 3)


def resized_crop(x: Tensor, generator: Generator, smallest: float = 0.5) -> Tensor:
    """A window of `smallest` to 1 of the area and 3:4 to 4:3, brought back to the image's size.

    Like torchvision's RandomResizedCrop, but a window that is too wide or high is cut, not redrawn.
    """
    area = uniform(x, generator, smallest, 1)
    ratio = uniform(x, generator, math.log(3 / 4), math.log(4 / 3)).exp()
    w, h = (area * ratio).sqrt().clamp(max=1), (area / ratio).sqrt().clamp(max=1)
    c, d = ((1 - side) * uniform(x, generator, -1, 1) for side in (w, h))
    return warp(x, diagonal(w, h, c, d))


def resized_crop_wide(x: Tensor, generator: Generator) -> Tensor:
    """`resized_crop` from 0.08 of the area on, as torchvision's default."""
    return resized_crop(x, generator, 0.08)


def scale(x: Tensor, generator: Generator, ratio: float = 1.2) -> Tensor:
    """Stretches width and height, each by 1 / ratio to ratio."""
    a, b = (uniform(x, generator, 1 / ratio, ratio) for _ in range(2))
    return warp(x, diagonal(a, b, torch.zeros_like(a), torch.zeros_like(b)))


def rotate(x: Tensor, generator: Generator, degrees: float = 15) -> Tensor:
    """Turns images by up to so many degrees."""
    angle = uniform(x, generator, -math.radians(degrees), math.radians(degrees))
    cos, sin, zero = angle.cos(), angle.sin(), torch.zeros_like(angle)
    return warp(x, torch.stack([cos, -sin, zero, sin, cos, zero], -1).reshape(len(x), 2, 3))


def cutout(x: Tensor, generator: Generator, share: float = 0.5) -> Tensor:
    """Sets a square of `share` of the side, around a random pixel, to 0."""
    n, _, h, w = x.shape
    half = max(1, round(share * h)) / 2
    y, z = (
        torch.rand(2, n, 1, generator=generator).to(x) * torch.tensor([h, w]).to(x)[:, None, None]
    )
    rows = (torch.arange(h, device=x.device) + 0.5 - y).abs() < half
    columns = (torch.arange(w, device=x.device) + 0.5 - z).abs() < half
    return x.masked_fill((rows[:, :, None] & columns[:, None, :])[:, None], 0)


# -------------------------------------------------------------------------------------- colour

GREY = (0.299, 0.587, 0.114)
EIGENVALUES = (0.2175, 0.0188, 0.0045)  # of the colours of ImageNet in [0, 1]
EIGENVECTORS = (
    (-0.5675, 0.7192, 0.4009),
    (-0.5808, -0.0045, -0.8140),
    (-0.5836, -0.6948, 0.4203),
)


def jitter(x: Tensor, generator: Generator, strength: float = 0.4) -> Tensor:
    """Brightness, contrast and saturation by 1 +- strength, in random order, of [-1, 1] images.

    Each blends with black, with the image's mean grey, with its own grey. Black is -1 here.
    """
    weights = torch.tensor(GREY).to(x)[:, None, None]
    for kind in torch.randperm(3, generator=generator).tolist():
        grey = (x * weights).sum(1, keepdim=True)
        toward = (-torch.ones_like(grey), grey.mean((2, 3), keepdim=True), grey)[kind]
        x = toward + (x - toward) * uniform(x, generator, 1 - strength, 1 + strength)
    return x


def lighting(x: Tensor, generator: Generator, strength: float = 0.1) -> Tensor:
    """Adds noise along the principal colours of ImageNet (Krizhevsky et al., 2012, Sec. 4.1)."""
    alpha = strength * torch.randn(len(x), 3, generator=generator) * torch.tensor(EIGENVALUES)
    colour = 2 * alpha @ torch.tensor(EIGENVECTORS).T  # 2: [-1, 1] is twice as wide as [0, 1]
    return x + colour[:, :, None, None].to(x)


def colour(x: Tensor, generator: Generator) -> Tensor:
    """DSA's colour change: brightness +- 0.5, saturation 0 to 2, contrast 0.5 to 1.5."""
    x = x + uniform(x, generator, -0.5, 0.5)
    grey = x.mean(1, keepdim=True)
    x = grey + (x - grey) * uniform(x, generator, 0, 2)
    mean = x.mean((1, 2, 3), keepdim=True)
    return mean + (x - mean) * uniform(x, generator, 0.5, 1.5)


# ------------------------------------------------------------------------------------ families

DSA: Mapping[str, Augmentation] = {
    "color": colour,
    "crop": shift,
    "cutout": cutout,
    "flip": flip,
    "scale": scale,
    "rotate": rotate,
}


def dsa(x: Tensor, generator: Generator) -> Tensor:
    """One strategy a batch, one draw an image.

    Zhao & Bilen, "Dataset Condensation with Differentiable Siamese Augmentation" (2021), with the
    strategy and the strengths of its CIFAR experiments, as it is used to evaluate.
    """
    return _one_of(tuple(DSA.values()), x, generator)


def dsa_unmirrored(x: Tensor, generator: Generator) -> Tensor:
    """DSA without flips, as in its experiments on digits."""
    return _one_of(tuple(f for name, f in DSA.items() if name != "flip"), x, generator)


def _one_of(family: tuple[Augmentation, ...], x: Tensor, generator: Generator) -> Tensor:
    return family[int(torch.randint(len(family), (1,), generator=generator))](x, generator)


AUGMENTATIONS: Mapping[str, Augmentation] = {
    "flip": flip,
    "shift": shift,
    "resized_crop": resized_crop,
    "resized_crop_wide": resized_crop_wide,
    "jitter": jitter,
    "lighting": lighting,
    "dsa": dsa,
    "dsa_unmirrored": dsa_unmirrored,
}


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
