"""Devices: where a network computes, and in which precision."""

import os

import torch

from ..errors import Refused
from ..limits import choice

__all__ = ["DTYPES", "choose_device", "choose_dtype", "on_zero_gpu"]

DTYPES = ("auto", "float32", "bfloat16", "float16")


def on_zero_gpu() -> bool:
    """Whether this is a Space whose GPU is lent for seconds, and belongs to no process for long."""
    return os.environ.get("SPACES_ZERO_GPU", "").lower() in {"1", "t", "true"}


def choose_device(name: str = "auto") -> torch.device:
    """The named device, or the best there is; a GPU that is lent for seconds is none.

    Raises:
        Refused: if the name is not a device, or that device is not there.
    """
    if name == "auto":
        if on_zero_gpu():
            return torch.device("cpu")
        if torch.cuda.is_available():
            mine = os.environ.get("LOCAL_RANK")  # of several processes, each has a GPU of its own
            return torch.device("cuda" if mine is None else f"cuda:{mine}")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise Refused(f"The device {name!r} cannot be used here; try 'cpu' or 'auto'.") from error
    return device


def choose_dtype(device: torch.device, name: str = "auto") -> torch.dtype:
    """The named dtype; of "auto" what DISTILLER_DTYPE names, else what suits the device.

    That is on a GPU the fast one that it computes in. On a CPU float32: it alone keeps an image
    the same to one grey level whatever the batch.

    Raises:
        Refused: if the name is none of `DTYPES`.
    """
    if name == "auto":
        name = choice("DISTILLER_DTYPE", os.environ.get("DISTILLER_DTYPE") or name, DTYPES)
    if choice("dtype", name, DTYPES) != "auto":
        return getattr(torch, name)  # type: ignore[no-any-return]
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    return torch.float32
