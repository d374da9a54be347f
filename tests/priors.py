"""Priors with known answers, for tests."""

import torch
from torch import Tensor

from distiller.prior import Prior
from distiller.sampler import Estimate
from distiller.schedule import Schedule


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
