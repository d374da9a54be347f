"""Keys of what is kept on disk: everything that it depends on, hashed."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from .data import Dataset
from .prior import Prior

__all__ = ["content_key"]


def content_key(prior: Prior, data: Dataset, labels: Sequence[int], settings: Any) -> str:
    """A key of a prior's weights, the training images of some classes, and settings."""
    images = hashlib.sha256()
    for label in labels:
        images.update(np.ascontiguousarray(data.train.images[data.train.of(label)]).tobytes())
    about = [prior.fingerprint(), images.hexdigest(), list(labels), settings]
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:24]
