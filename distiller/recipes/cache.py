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
from ..machine.arrays import keep_array, load_array
from ..machine.disk import cache_folder, keep
from ..machine.seal import Damaged
from ..machine.weights import packed_tensors, read_tensors

__all__ = [
    "SHIPPED_FITS", "content_key", "keep_latents", "keep_tensors", "load_latents", "load_tensors",
    "shipped_fit",
]  # fmt: skip

SHIPPED_FITS = "fits.safetensors"
"""The file beside a prior's weights with what methods were fitted to; `training.fits` writes it."""


def content_key(prior: Prior, data: Dataset, labels: Sequence[int], settings: Any) -> str:
    """A key of a prior's weights, the training images of some classes, and settings."""
    images = hashlib.sha256()
    for label in labels:
        images.update(np.ascontiguousarray(data.train.images[data.train.of(label)]).tobytes())
    about = [prior.fingerprint(), images.hexdigest(), list(labels), settings]
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:24]


def _path(prior: Prior, data: Dataset, label: int) -> Path:
    if data.latents is not None:  # beside its images, which cannot become others
        text = json.dumps([prior.fingerprint(), list(prior.latent_shape)])
        return data.latents / f"{label}-{hashlib.sha256(text.encode()).hexdigest()[:16]}.npy"
    about = [str(prior.device), str(prior.latent_shape)]
    return cache_folder() / f"latents-{content_key(prior, data, [label], about)}.npy"


def load_latents(prior: Prior, data: Dataset, label: int) -> Tensor | None:
    """The latents (n, *latent_shape) of a class that were kept, if they are whole.

    None of a prior that is not on disk.
    """
    if prior.folder is None:
        return None
    array = load_array(_path(prior, data, label), mapped=data.latents is not None)
    if array is None or array.shape[1:] != prior.latent_shape:
        return None
    return torch.from_numpy(array.astype(np.float32))


def keep_latents(prior: Prior, data: Dataset, label: int, latents: Tensor) -> None:
    """Keeps the latents (n, *latent_shape) of a class; a cache is done without where it must be.

    Those that stay with a data set are in half precision, which takes half the room.
    """
    if prior.folder is not None:
        array = latents.cpu().numpy()
        half = data.latents is not None
        keep_array(_path(prior, data, label), array.astype(np.float16) if half else array)


def load_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]] | None:
    """Tensors and metadata of a safetensors file; None if it is missing or damaged."""
    with suppress(Damaged):
        return read_tensors(path)
    return None


def keep_tensors(path: Path, tensors: Mapping[str, Tensor], about: Mapping[str, str]) -> None:
    """Keeps tensors and metadata; a cache that cannot be written is done without."""
    keep(path, packed_tensors(tensors, about))


def shipped_fit(prior: Prior, name: str) -> dict[str, Tensor] | None:
    """The tensors of a fit that ships with a prior, by the name that it has in the cache.

    None where there is none of that name, as of other weights, images or settings, or the file is
    damaged: then the fit is made anew.
    """
    found = None if prior.folder is None else load_tensors(prior.folder / SHIPPED_FITS)
    mine = {} if found is None else found[0]
    tensors = {
        rest: t for key, t in mine.items() for own, _, rest in [key.partition("/")] if own == name
    }
    return tensors or None
