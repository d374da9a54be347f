"""Weights: tensors in a safetensors file, with a checksum among what the file says of itself."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from .seal import Damaged

__all__ = ["packed_tensors", "read_tensors"]

CHECKSUM = "distiller-sha256"


def packed_tensors(tensors: Mapping[str, Tensor], about: Mapping[str, str] | None = None) -> bytes:
    """A safetensors file of tensors by name, and of what is to be known of them."""
    from safetensors.torch import save

    plain = {name: t.detach().cpu().contiguous() for name, t in tensors.items()}
    packed: bytes = save(plain, {**(about or {}), CHECKSUM: _checksum(plain, about or {})})
    return packed


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors of a safetensors file, and what it says of them.

    A file without a checksum, as others write it, counts as whole if it can be read.

    Raises:
        Damaged: naming the file, if it is missing, cannot be read or differs from its checksum.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            about = dict(file.metadata() or {})
    except (OSError, SafetensorError, ValueError, RuntimeError) as error:
        raise Damaged(f"{path} cannot be read ({str(error)[:120]})") from error
    checksum = about.pop(CHECKSUM, None)
    if checksum is not None and checksum != _checksum(tensors, about):
        raise Damaged(f"{path} is not what was written: its checksum differs")
    return tensors, about


def _checksum(tensors: Mapping[str, Tensor], about: Mapping[str, str]) -> str:
    digest = hashlib.sha256(json.dumps(dict(about), sort_keys=True).encode())
    for name in sorted(tensors):
        t = tensors[name]
        digest.update(f"{name} {t.dtype} {tuple(t.shape)}".encode())
        digest.update(t.flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()
