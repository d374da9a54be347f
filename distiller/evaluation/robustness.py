"""Robustness: the accuracy of a trained net on changed test images.

Attacks know the net and move every image by at most eps in each pixel; corruptions know nothing.
All units are those of pixels, 0 ... 255, whatever range the net takes. A net maps images
(n, 3, h, w) in [-1, 1] to logits.
"""

import io
from collections.abc import Callable, Generator, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from ..data.dataset import Split
from ..errors import Refused
from ..event import Event
from ..image import to_tensor
from ..limits import choice, whole

__all__ = ["CORRUPTIONS", "corrupt", "fgsm", "measure_robustness", "pgd"]

F = nn.functional
HALF = 127.5  # pixels in a unit of [-1, 1]
EPS = 2.0  # pixels; small enough for nets trained on a few images to keep some accuracy


# ------------------------------------------------------------------------------------- attacks


def ascent(net: nn.Module, x: Tensor, labels: Tensor) -> Tensor:
    """The sign of the gradient of the cross-entropy with respect to the images (n, 3, h, w)."""
    x = x.detach().requires_grad_()
    with torch.enable_grad():
        loss = F.cross_entropy(net(x), labels, reduction="sum")
        (gradient,) = torch.autograd.grad(loss, x)
    return gradient.sign()


def fgsm(net: nn.Module, images: Tensor, labels: Tensor, eps: float = EPS) -> Tensor:
    """One step of `eps` pixels up the loss (Goodfellow et al., 2015, Sec. 4).

    Maps (n, 3, h, w) in [-1, 1] to the same.
    """
    return (images + eps / HALF * ascent(net, images, labels)).clamp(-1, 1)


def pgd(
    net: nn.Module,
    images: Tensor,
    labels: Tensor,
    eps: float = EPS,
    steps: int = 10,
    step: float | None = None,
    seed: int | None = 0,
) -> Tensor:
    """Projected gradient ascent in the ball of `eps` pixels around each image.

    Madry et al. (2018), Eq. 3 of Sec. 2.1: from a random point of the ball, or with no seed from
    the image itself, `steps` steps of `step` pixels (2.5 eps / steps), each projected back onto
    the ball and [-1, 1]. Of the points passed, the one with the highest loss is kept, image by
    image, so more steps are never a weaker attack.
    """
    radius, stride = eps / HALF, (2.5 * eps / steps if step is None else step) / HALF
    low, high = (images - radius).clamp(min=-1), (images + radius).clamp(max=1)
    x = images
    if seed is not None:
        start = torch.rand(images.shape, generator=torch.Generator().manual_seed(seed))
        x = (images + radius * (2 * start - 1).to(images)).clamp(-1, 1)
    best, worst = images, _losses(net, images, labels)
    for _ in range(steps):
        x = (x + stride * ascent(net, x, labels)).clamp(low, high)
        losses = _losses(net, x, labels)
        best = torch.where((losses > worst)[:, None, None, None], x, best)
        worst = torch.maximum(losses, worst)
    return best


@torch.no_grad()
def _losses(net: nn.Module, x: Tensor, labels: Tensor) -> Tensor:
    return F.cross_entropy(net(x), labels, reduction="none")


# --------------------------------------------------------------------------------- corruptions

Corruption = Callable[[NDArray[np.float64], int, np.random.Generator], NDArray[np.float64]]
"""Maps pixels (n, h, w, 3) in 0 ... 255 and a severity, 1 to 5, to pixels."""


def noise(x: NDArray[np.float64], k: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Gaussian noise of 10, 15, 20, 30 and 45 pixels."""
    return x + rng.normal(0, (10, 15, 20, 30, 45)[k - 1], x.shape)


def blur(x: NDArray[np.float64], k: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Gaussian blur, of 1 to 3 % of the side."""
    from scipy.ndimage import gaussian_filter

    sigma = (0.01, 0.015, 0.02, 0.025, 0.03)[k - 1] * x.shape[1]
    blurred: NDArray[np.float64] = gaussian_filter(x, (0, sigma, sigma, 0), mode="nearest")
    return blurred


def contrast(x: NDArray[np.float64], k: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Pulls pixels toward the image's mean, to 0.7, 0.55, 0.4, 0.3 and 0.2 of the contrast."""
    mean: NDArray[np.float64] = x.mean((1, 2, 3), keepdims=True)
    return mean + (0.7, 0.55, 0.4, 0.3, 0.2)[k - 1] * (x - mean)


def brightness(x: NDArray[np.float64], k: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Adds 20, 40, 60, 80 and 100 pixels."""
    return x + 20 * k


def jpeg(x: NDArray[np.float64], k: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """JPEG of quality 50, 35, 25, 15 and 8."""
    out = np.empty_like(x)
    for i, pixels in enumerate(x.astype(np.uint8)):
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, format="JPEG", quality=(50, 35, 25, 15, 8)[k - 1])
        out[i] = np.asarray(Image.open(buffer))
    return out


def pixelate(x: NDArray[np.float64], k: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Averages squares of 2, 3, 4, 5 and 6 pixels a side."""
    squares = F.avg_pool2d(torch.from_numpy(x).permute(0, 3, 1, 2), k + 1, ceil_mode=True)
    grown = squares.repeat_interleave(k + 1, 2).repeat_interleave(k + 1, 3)
    out: NDArray[np.float64] = grown[:, :, : x.shape[1], : x.shape[2]].permute(0, 2, 3, 1).numpy()
    return out


CORRUPTIONS: Mapping[str, Corruption] = {
    "noise": noise,
    "blur": blur,
    "contrast": contrast,
    "brightness": brightness,
    "jpeg": jpeg,
    "pixelate": pixelate,
}
"""Kinds after Hendrycks & Dietterich (2019); strengths are our own, for 32 to 128 px."""


def corrupt(
    images: NDArray[np.uint8], name: str, severity: int, seed: int = 0
) -> NDArray[np.uint8]:
    """Corrupted pixels (n, h, w, 3) of pixels (n, h, w, 3); the same for the same seed.

    Raises:
        Refused: if there is no such corruption, or the severity is not 1 to 5.
    """
    change = CORRUPTIONS[choice("corruption", name, CORRUPTIONS)]
    severity = whole("severity", severity, 1, 5)
    changed = change(images.astype(np.float64), severity, np.random.default_rng(seed))
    return changed.round().clip(0, 255).astype(np.uint8)


# ------------------------------------------------------------------------------------ measures


def measure_robustness(
    net: nn.Module,
    test: Split,
    *,
    eps: float = EPS,
    severities: tuple[int, ...] = (1, 3, 5),
    limit: int = 500,
    seed: int = 0,
    batch: int = 100,
) -> Generator[Event, None, dict[str, float]]:
    """A net's accuracy, in percent, under attack and corruption.

    Measured on `limit` test images, drawn with the seed, as many as there are at most. Keys:
    `clean`, `fgsm`, `pgd`, one for each corruption (the mean over the severities), and
    `corrupted`, the mean over the corruptions.

    Raises:
        Refused: if eps is not a positive number of pixels, or the limit less than one image.
    """
    if not 0 < eps <= 255 or limit < 1:
        raise Refused(
            f"eps must be from 0 to 255 pixels and limit at least 1; got {eps} and {limit}."
        )
    net.eval()
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.permutation(len(test.labels))[:limit])
    device = next(net.parameters()).device
    images, labels = test.images[rows], torch.from_numpy(test.labels[rows]).to(device)
    measures = _measures(net, eps, severities, seed)
    table = {}
    for i, (name, changed) in enumerate(measures.items()):
        right = 0
        for k in range(0, len(rows), batch):
            part = slice(k, k + batch)
            for x in changed(images[part], labels[part]):
                right += _right(net, x, labels[part])
        versions = len(severities) if name in CORRUPTIONS else 1
        table[name] = 100 * right / (versions * len(rows))
        yield Event("robustness", i, len(measures), scalars={name: table[name]})
    return table | {"corrupted": float(np.mean([table[name] for name in CORRUPTIONS]))}


Change = Callable[[NDArray[np.uint8], Tensor], list[Tensor]]


def _measures(
    net: nn.Module, eps: float, severities: tuple[int, ...], seed: int
) -> dict[str, Change]:
    """What to do to a batch of pixels before the net sees it, by name; one or more versions."""

    device = next(net.parameters()).device

    def tensor(pixels: NDArray[np.uint8]) -> Tensor:
        return to_tensor(pixels).to(device)

    def corrupted(name: str) -> Change:
        return lambda x, y: [tensor(corrupt(x, name, k, seed)) for k in severities]

    return {
        "clean": lambda x, y: [tensor(x)],
        "fgsm": lambda x, y: [fgsm(net, tensor(x), y, eps)],
        "pgd": lambda x, y: [pgd(net, tensor(x), y, eps, seed=seed)],
        **{name: corrupted(name) for name in CORRUPTIONS},
    }


@torch.no_grad()
def _right(net: nn.Module, x: Tensor, labels: Tensor) -> int:
    return int((net(x).argmax(1) == labels).sum())
