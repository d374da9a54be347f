"""What is kept on disk because it can be made again, by keys of all that it depends on."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..data.dataset import Dataset
from ..diffusion.prior import Prior
from ..machine.disk import cache_folder, keep

__all__ = ["content_key", "keep_latents", "keep_tensors", "load_latents", "load_tensors"]


def content_key(prior: Prior, data: Dataset, labels: Sequence[int], settings: Any) -> str:
    """A key of a prior's weights, the training images of some classes, and settings."""
    images = hashlib.sha256()
    for label in labels:
        images.update(np.ascontiguousarray(data.train.images[data.train.of(label)]).tobytes())
    about = [prior.fingerprint(), images.hexdigest(), list(labels), settings]
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:24]


def _path(prior: Prior, data: Dataset, label: int) -> Path:
    about = [str(prior.device), str(prior.latent_shape)]
    return cache_folder() / f"latents-{content_key(prior, data, [label], about)}.npy"


def load_latents(prior: Prior, data: Dataset, label: int) -> Tensor | None:
    """The latents (n, *latent_shape) of a class that were kept; None of a prior not on disk."""
    if prior.folder is None or not (path := _path(prior, data, label)).exists():
        return None
    with suppress(OSError, ValueError, EOFError):
        return torch.from_numpy(np.load(path, allow_pickle=False))
    return None


def keep_latents(prior: Prior, data: Dataset, label: int, latents: Tensor) -> None:
    """Keeps the latents (n, *latent_shape) of a class; a cache is done without where it must be."""
    if prior.folder is None:
        return
    array = latents.cpu().numpy()
    keep(_path(prior, data, label), lambda file: np.save(file, array))


def load_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]] | None:
    """Tensors and metadata of a safetensors file; None if it is missing or cannot be read."""
    from safetensors import SafetensorError, safe_open

    with suppress(OSError, SafetensorError), safe_open(path, "pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        return tensors, file.metadata() or {}
    return None


def keep_tensors(path: Path, tensors: Mapping[str, Tensor], about: Mapping[str, str]) -> None:
    """Keeps tensors and metadata; a cache that cannot be written is done without."""
    from safetensors.torch import save

    keep(path, save(dict(tensors), dict(about)))
