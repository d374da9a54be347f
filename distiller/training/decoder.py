"""Trains the decoder of a prior's autoencoder further, behind an encoder that stays.

The latents stay as they are, so a transformer that knows them is as good as before, and what it
draws comes out sharper. To the pixels' error comes one in a judge's features, which asks for
texture where the mean of all that is possible would be a blur.
"""

import math
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..event import Event
from ..machine.checkpoint import Checkpoint, advance
from ..machine.compiled import low_precision
from ..machine.replicas import current
from ..scores.judge import Judge
from .autoencoder import draw_images, pixel_loss
from .spec import PriorSpec

if TYPE_CHECKING:
    from diffusers import AutoencoderKL

__all__ = ["perceptual_distance", "train_decoder"]

WARMUP, RETAINED = 100, 0.998  # steps until the rate is at its highest; of the weights' average


def train_decoder(
    vae: "AutoencoderKL",
    images: NDArray[np.uint8],
    judge: Judge | None,
    spec: PriorSpec,
    folder: Path,
    device: torch.device,
) -> Generator[Event, None, None]:
    """Trains the decoder on (n, size, size, 3) pixels, and leaves it the average of its weights.

    The judge is needed where `spec.perceptual` is above 0. A checkpoint lies in `folder`.

    Raises:
        Refused: if the checkpoint is damaged.
        OSError: if it cannot be written.
    """
    own = nn.ModuleDict({"decoder": vae.decoder, "into": vae.post_quant_conv})
    average = [p.detach().clone() for p in own.parameters()]
    parts = nn.ParameterList(nn.Parameter(p, requires_grad=False) for p in average)
    options: dict[str, Any] = {"betas": (0.9, 0.99), "fused": True}
    optimizer = torch.optim.AdamW(own.parameters(), spec.autoencoder_lr, **options)
    spec = replace(spec, autoencoder_batch=spec.decoder_batch or spec.autoencoder_batch)
    together, share = current(), current().share(spec.autoencoder_batch)
    low = together.same(low_precision(folder, device.type))
    shown = judge.to(device).requires_grad_(False) if judge and spec.perceptual else None

    def step(i: int) -> dict[str, float]:
        x, noise = (part[together.rows(len(part))] for part in draw_images(images, spec, i))
        x = x.to(device, memory_format=torch.channels_last)
        for group in optimizer.param_groups:
            group["lr"] = _rate(spec, i)
        loss, far = _losses(vae, x, noise.to(device), shown, spec, low)
        optimizer.zero_grad()
        (loss * share).backward()
        together.sum_gradients(own.parameters())
        nn.utils.clip_grad_norm_(own.parameters(), 1.0)
        optimizer.step()
        with torch.no_grad():
            means, mine = list[Tensor](parts), list[Tensor](own.parameters())
            torch._foreach_lerp_(means, mine, 1 - min(RETAINED, (1 + i) / (10 + i)))
        return {"loss": together.total(loss * share), "perceptual": together.total(far * share)}

    state = {"decoder": own, "average": parts, "optimizer": optimizer}
    kept = Checkpoint(together.path(folder / "decoder.ckpt"), state)
    yield from advance("decoder", spec.decoder_steps, kept, step)
    with torch.no_grad():
        for p, mean in zip(own.parameters(), parts, strict=True):
            p.copy_(mean)


def _losses(
    vae: "AutoencoderKL",
    x: Tensor,
    noise: Tensor,
    judge: Judge | None,
    spec: PriorSpec,
    low: bool,
) -> tuple[Tensor, Tensor]:
    """The loss of images x (n, 3, h, w) whose latents have noise, and of it the judge's part."""
    with torch.autocast(x.device.type, torch.bfloat16, enabled=low):
        with torch.no_grad():
            z = vae.encode(x).latent_dist.mean
        y: Tensor = vae.decode(z + spec.latent_noise * noise).sample.float()
    far = y.new_zeros(()) if judge is None else perceptual_distance(judge, y, x)
    return pixel_loss(y, x) + spec.perceptual * far, far


def perceptual_distance(judge: Judge, y: Tensor, x: Tensor) -> Tensor:
    """How far images y are from images x, (n, 3, h, w) in [-1, 1], behind a judge's stages.

    It is the sum over stages of the mean squared distance of their activations, each of unit
    length over channels (Zhang et al., 2018, arXiv:1801.03924, Eq. 1, all channels weighed alike).
    """
    with torch.no_grad():
        wanted = [_unit(h) for h in judge.stages(x)]
    far = [
        (_unit(h) - a).square().sum(1).mean() for h, a in zip(judge.stages(y), wanted, strict=True)
    ]
    return torch.stack(far).sum()


def _unit(h: Tensor) -> Tensor:
    """Activations (n, channels, h, w), of length 1 over channels."""
    return h / h.square().sum(1, keepdim=True).add(1e-6).sqrt()


def _rate(spec: PriorSpec, i: int) -> float:
    """The learning rate of step i: it warms up, and falls as a cosine to zero."""
    falling = 0.5 * (1 + math.cos(math.pi * min(i / spec.decoder_steps, 1.0)))
    return spec.autoencoder_lr * min(1, (i + 1) / WARMUP) * falling
