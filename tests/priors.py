"""Priors with known answers, for tests, and a small transformer with data to match."""

import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from distiller.data.dataset import Dataset, Split
from distiller.diffusion.prior import Prior, load_prior
from distiller.diffusion.sampler import Estimate
from distiller.diffusion.schedule import Schedule

from .tiny import CLASSES, save_tiny_pipeline


def gaussian_prior(means: Tensor, scale: float = 1.0) -> Prior:
    """The exact prior of class-conditional Gaussians N(means[y], scale^2 I)."""
    schedule = Schedule.linear()
    table = torch.cat([means, means.mean(0, keepdim=True)])

    def predict(x_t: Tensor, t: int, labels: Tensor) -> Estimate:
        alpha, sigma = schedule(t, like=x_t)
        mu = table[labels].to(x_t)
        gain = scale**2 * alpha / (alpha**2 * scale**2 + sigma**2)
        return Estimate(mu + gain * (x_t - alpha * mu))

    return Prior(
        name="gaussian",
        schedule=schedule,
        latent_shape=tuple(means.shape[1:]),
        labels={str(k): k for k in range(len(means))},
        null_label=len(means),
        predict=predict,
        encode=lambda images: images,
        decode=lambda latents: latents,
        hidden=lambda x_t, t, labels, block: x_t.flatten(1)[:, None],
        blocks=4,
        cfg_scale=1.0,
    )


@cache
def tiny_world() -> tuple[Prior, Dataset]:
    """A transformer with random weights, and random images of its three classes."""
    with tempfile.TemporaryDirectory() as folder:
        prior = load_prior(save_tiny_pipeline(Path(folder)), "cpu")
    pixels = np.random.default_rng(0).integers(0, 256, (36, 16, 16, 3), dtype=np.uint8)
    split = Split(pixels, np.repeat(np.arange(3), 12))
    return replace(prior, folder=None), Dataset("tiny", CLASSES, split, split)
