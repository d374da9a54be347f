"""Compiled blocks: a transformer whose blocks are compiled once for all of them."""

from functools import cache, partial
from typing import TYPE_CHECKING

from torch import Tensor

from ..machine.compiled import compiled, refuse_without_compiler

if TYPE_CHECKING:
    from collections.abc import Callable

    from diffusers import DiTTransformer2DModel

__all__ = ["compile_blocks"]


def compile_blocks(network: "DiTTransformer2DModel") -> None:
    """Has the blocks of a network compute by compiled code from now on, and those of its twins.

    All blocks have one form and share what is compiled, when they are first asked: for one batch
    size, then for all, and anew where their input is differentiated. Results differ by rounding.

    Raises:
        Refused: where there is no C++ compiler to compile with.
    """
    refuse_without_compiler()
    for block in network.transformer_blocks:
        # Not a closure: a copy of the block must call the copy.
        block.forward = partial(_quick(), block)


@cache
def _quick() -> "Callable[..., Tensor]":
    from diffusers.models.attention import BasicTransformerBlock

    return compiled(BasicTransformerBlock.forward)
