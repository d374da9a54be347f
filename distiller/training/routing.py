"""TREAD: while training, some tokens pass by the inner blocks (Krause et al., 2025).

The first block sees every token of an image. Then a random part of them is set aside, the inner
blocks work on the others, and before the last block those that were set aside come back as they
were (arXiv:2501.04765, section 3). The network has no parameter more, and sampling uses all
tokens everywhere.
"""

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from diffusers import DiTTransformer2DModel

__all__ = ["draw_tokens", "routed"]

F = nn.functional


def draw_tokens(n: int, tokens: int, rate: float, generator: torch.Generator) -> Tensor:
    """Which tokens of each of n images the inner blocks see: (n, kept), in increasing order."""
    kept = tokens - round(rate * tokens)
    order = torch.rand(n, tokens, generator=generator).argsort(1)
    return order[:, :kept].sort(1).values


def routed(
    network: "DiTTransformer2DModel", x: Tensor, timestep: Tensor, labels: Tensor, kept: Tensor
) -> Tensor:
    """What the network says of x (n, channels, side, side), `kept` (n, k) in its inner blocks.

    It is the forward pass of diffusers' `DiTTransformer2DModel`, but for the tokens set aside.
    """
    first, *inner, last = network.transformer_blocks
    about = {"timestep": timestep, "class_labels": labels}
    h = first(network.pos_embed(x), **about)
    rows = kept[..., None].expand(-1, -1, h.shape[-1])
    some = h.gather(1, rows)
    for block in inner:
        some = block(some, **about)
    h = last(h.scatter(1, rows, some), **about)
    condition = first.norm1.emb(timestep, labels, hidden_dtype=h.dtype)
    shift, scale = network.proj_out_1(F.silu(condition)).chunk(2, dim=1)
    h = network.norm_out(h) * (1 + scale[:, None]) + shift[:, None]
    h = network.proj_out_2(h)
    side, patch = x.shape[-1] // network.patch_size, network.patch_size
    h = h.reshape(-1, side, side, patch, patch, network.out_channels)
    h = torch.einsum("nhwpqc->nchpwq", h)
    return h.reshape(-1, network.out_channels, side * patch, side * patch)
