"""Compiled training steps: slow to start, several times faster from then on."""

import json
import shutil
import time
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import torch
from torch import Tensor, nn

from ..errors import Refused
from .compiler_cache import mend_compiler_cache
from .disk import write_whole
from .json_file import read_json

__all__ = [
    "bfloat16_pays", "compiled", "compiled_forward", "low_precision", "refuse_without_compiler",
    "training_work",
]  # fmt: skip

P = ParamSpec("P")
T = TypeVar("T")

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
    refuse_without_compiler()
    # What several expressions read is computed in each, not written to memory once: up to 8 reads.
    return compiled(_forward, dynamic=False, options={"realize_reads_threshold": 8})


def refuse_without_compiler() -> None:
    """
    Raises:
        Refused: where there is no C++ compiler to compile with.
    """
    if shutil.which("g++") is None and shutil.which("clang++") is None:
        raise Refused("Compiling needs a C++ compiler, g++ or clang++; without one, go on as is.")


def compiled(function: Callable[P, T], **options: Any) -> Callable[P, T]:
    """`torch.compile`, which clears what a killed compilation left, and does without where it must.

    If compiling fails all the same, a warning says so, and the function runs as it is from then on.
    """
    from torch._dynamo.exc import BackendCompilerFailed
    from torch._inductor.runtime.cache_dir_utils import cache_dir

    mend_compiler_cache()
    torch._dynamo.config.recompile_limit = 64  # as many nets and batch sizes in one process
    # What cannot be compiled shows here, not later in loss.backward().
    torch._functorch.config.force_non_lazy_backward_lowering = True
    quick, plain = torch.compile(function, **options), False

    def run(*args: P.args, **named: P.kwargs) -> T:
        nonlocal plain
        if not plain:
            try:
                return quick(*args, **named)
            except BackendCompilerFailed as error:
                first = next((line for line in str(error).splitlines()[1:] if line.strip()), "")
                warnings.warn(
                    f"Compiling failed ({first[:200]}), so this goes on uncompiled, and slower. "
                    f"The compiler's cache is {cache_dir()}; it may be deleted.",
                    stacklevel=2,
                )
                plain = True
        return function(*args, **named)

    return run


@cache
def bfloat16_pays(device: str) -> bool:
    """Whether a convolution is faster in bfloat16 than in float32 here, both timed now.

    Processors with AMX gain by it; those that only emulate it are several times slower.
    """
    if not device.startswith("cpu"):
        return torch.cuda.is_available() and torch.cuda.is_bf16_supported()
    return _convolve(torch.bfloat16) < 0.8 * _convolve(torch.float32)


def low_precision(folder: Path | None, device: str) -> bool:
    """Whether a training computes in bfloat16: as it began, where its folder says how.

    What is faster is measured, and may be measured otherwise the next time; whoever goes on must
    not round otherwise.

    Raises:
        Refused: if the folder's record is damaged.
        OSError: if it cannot be written.
    """
    if folder is None:
        return bfloat16_pays(device)
    path = folder / "precision.json"
    known = read_json(path, "Delete it to measure anew.") if path.exists() else {}
    if device not in known:
        known[device] = bfloat16_pays(device)
        write_whole(path, (json.dumps(known) + "\n").encode())
    return bool(known[device])


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
