"""Compiled training steps: slow to start, several times faster from then on."""

import shutil
import time
from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor, nn

from ..errors import Refused

__all__ = ["bfloat16_pays", "compiled_forward", "training_work"]

F = nn.functional


def _forward(net: nn.Module, x: Tensor) -> Tensor:
    logits: Tensor = net(x)
    return logits


@cache
def compiled_forward() -> Callable[[nn.Module, Tensor], Tensor]:
    """The compiled form of net(x): compiled once for nets of one shape and batches of one size.

    Raises:
        Refused: where there is no C++ compiler to compile with.
    """
    if shutil.which("g++") is None and shutil.which("clang++") is None:
        raise Refused("Compiling needs a C++ compiler, g++ or clang++; without one, train as is.")
    torch._dynamo.config.recompile_limit = 64  # as many nets and batch sizes in one process
    # What several expressions read is computed in each, not written to memory once: up to 8 reads.
    return torch.compile(_forward, dynamic=False, options={"realize_reads_threshold": 8})


@cache
def bfloat16_pays(device: str) -> bool:
    """Whether a convolution is faster in bfloat16 than in float32 here, both timed now.

    Processors with AMX gain by it; those that only emulate it are several times slower.
    """
    if not device.startswith("cpu"):
        return torch.cuda.is_available() and torch.cuda.is_bf16_supported()
    return _convolve(torch.bfloat16) < 0.8 * _convolve(torch.float32)


@torch.enable_grad()
def _convolve(dtype: torch.dtype) -> float:
    """The best of five times of a convolution, forth and back, in seconds."""
    x = torch.ones(16, 64, 16, 16, dtype=dtype).contiguous(memory_format=torch.channels_last)
    weight = torch.ones(64, 64, 3, 3, dtype=dtype, requires_grad=True)
    best = float("inf")
    for _ in range(5):
        began = time.perf_counter()
        torch.autograd.grad(F.conv2d(x, weight, padding=1).sum(), weight)
        best = min(best, time.perf_counter() - began)
    return best


def training_work(net: nn.Module, size: int, images: int) -> float:
    """Floating-point operations of training on so many images of a size: 3 forward passes each."""
    from torch.utils.flop_counter import FlopCounterMode

    net.eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        net(torch.zeros(1, 3, size, size, device=next(net.parameters()).device))
    return 3.0 * images * float(counter.get_total_flops())
