"""Codecs: how images become latents, and latents images, by an autoencoder of diffusers."""

import copy
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from ..machine.compiled import compiled as compiled_form
from ..machine.malloc import memory_kept
from ..machine.room import Room

if TYPE_CHECKING:
    from diffusers import AutoencoderKL

__all__ = ["decoder_of", "decodes_low", "encoder_of"]

BATCH = 64  # images at once


def encoder_of(vae: "AutoencoderKL") -> Callable[[Tensor], Tensor]:
    """From images (n, 3, h, w) in [-1, 1] to the means of their latents, scaled, in float32."""
    room = Room(BATCH)

    @torch.no_grad()
    def encode(images: Tensor) -> Tensor:
        images = images.to(next(vae.parameters()).device)
        with memory_kept():
            latents = room.run(lambda rows: vae.encode(images[rows]).latent_dist.mean, len(images))
        return latents * float(vae.config.scaling_factor)

    return encode


def decoder_of(
    vae: "AutoencoderKL", dtype: torch.dtype, *, compiled: bool = False
) -> Callable[[Tensor], Tensor]:
    """From latents to images (n, 3, h, w) about [-1, 1], in float32.

    Args:
        vae: in float32; it is left as it is.
        dtype: what the network computes in, see `decodes_low`.
        compiled: whether decoding is compiled, when images are first decoded.
    """
    room = Room(BATCH)
    run = compiled_form(_decoded) if compiled else _decoded

    @cache
    def parts(device: torch.device) -> tuple[nn.Module, nn.Module]:
        mine = (vae.post_quant_conv, vae.decoder)
        if not decodes_low(device, dtype):
            return mine
        first, then = (copy.deepcopy(part).to(device, torch.bfloat16) for part in mine)
        return first, then

    @torch.no_grad()
    def decode(latents: Tensor) -> Tensor:
        first, then = parts(latents.device)
        z = (latents / float(vae.config.scaling_factor)).to(next(then.parameters()).dtype)
        with memory_kept():
            pixels = room.run(lambda rows: run(first, then, z[rows]), len(z))
        return pixels.float()

    return decode


def _decoded(first: nn.Module, then: nn.Module, z: Tensor) -> Tensor:
    pixels: Tensor = then(first(z))
    return pixels


def decodes_low(device: torch.device, dtype: torch.dtype) -> bool:
    """Whether images are decoded in bfloat16: on a GPU, where the network computes in it.

    Elsewhere they are decoded in float32, as latents are encoded everywhere: decoders of some
    autoencoders overflow in float16.
    """
    return device.type == "cuda" and dtype == torch.bfloat16
