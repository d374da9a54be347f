"""Memorisation: whether samples lie nearer to training images than other real images do.

A sample, or its mirror image, has a nearest training image in some space. So does a real image that
was held out of training. Samples of a prior that has learned by heart are nearer than those are.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from ..scores.kernel import squared_distance

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Embedding", "memorisation", "nearest_distances"]

Embedding = Callable[["NDArray[np.uint8]"], Tensor]
"""Maps images (n, h, w, 3) to points (n, d)."""

NEAR = 0.01  # the share of held-out images that are nearer than what is called near


def nearest_distances(
    images: "NDArray[np.uint8]", embed: Embedding, real: Tensor, *, flip: bool
) -> Tensor:
    """The distance of images (n, h, w, 3) to the nearest of real points (k, d): (n,).

    With `flip` it is the smaller one of an image's and of its mirror image's.
    """
    views = [images, images[:, :, ::-1].copy()] if flip else [images]
    least = [
        torch.cat([squared_distance(x, real).min(1).values for x in embed(view).split(256)])
        for view in views
    ]
    return torch.stack(least).min(0).values.sqrt()


def memorisation(
    samples: "NDArray[np.uint8]",
    held_out: "NDArray[np.uint8]",
    embed: Embedding,
    real: Tensor,
    *,
    flip: bool,
) -> dict[str, float]:
    """The distances to the nearest training image, of samples beside held-out real images.

    `samples` (n, h, w, 3) and `held_out` (m, h, w, 3) are images, `real` (k, d) the points of the
    training images. "samples" and "held_out" are mean distances, "spread" is the standard
    deviation of the held-out ones. "near" is the share of samples, in percent, that lie nearer
    than all but 1 % of the held-out images: about 1 where nothing was learned by heart.
    """
    made = nearest_distances(samples, embed, real, flip=flip)
    kept = nearest_distances(held_out, embed, real, flip=flip)
    return {
        "samples": float(made.mean()),
        "held_out": float(kept.mean()),
        "spread": float(kept.std()),
        "near_percent": 100 * float((made < kept.quantile(NEAR)).float().mean()),
    }
