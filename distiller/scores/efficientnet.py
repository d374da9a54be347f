"""EfficientNet-Lite0: a feature space of photographs that nobody here trained.

It measures and nothing else: no prior is trained by it, nothing is guided or selected by it, no
recipe is chosen by it. It has seen the labels of ImageNet, those of Imagenette's ten classes among
them, so it is independent of what is trained here and not of those photographs. Where its weights
come from stands beside them.
"""

from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..data.dataset import Split
from ..image import to_tensor
from ..machine.arrays import keep_array, load_array
from ..machine.assets import ASSETS
from ..machine.disk import cache_folder
from ..machine.malloc import memory_kept
from ..machine.torchvision_shim import declare_missing_operators

__all__ = ["EFFICIENTNET", "WIDTH", "efficientnet_features", "real_efficientnet_features"]

EFFICIENTNET = "efficientnet-lite0"
SIDE, WIDTH, BATCH = 224, 1280, 32  # pixels, features, images at a time


def efficientnet_features(pixels: NDArray[np.uint8]) -> Tensor:
    """The features (n, 1280) of images (n, h, w, 3) of any size."""
    with torch.no_grad(), memory_kept():
        parts = [_features(pixels[k : k + BATCH]) for k in range(0, len(pixels), BATCH)]
    return torch.cat(parts) if parts else torch.zeros(0, WIDTH)


def real_efficientnet_features(split: Split) -> Tensor:
    """The features (n, 1280) of all images of a split, in half precision; kept in the cache.

    The first time takes one core about 20 ms an image.
    """
    path = cache_folder() / f"{EFFICIENTNET}-{split.fingerprint()}.npy"
    kept = load_array(path)
    if kept is not None and kept.shape == (len(split.images), WIDTH):
        return torch.from_numpy(kept)
    features = efficientnet_features(split.images).half()
    keep_array(path, features.numpy())
    return features


def _features(pixels: NDArray[np.uint8]) -> Tensor:
    wide = nn.functional.interpolate(
        to_tensor(pixels), (SIDE, SIDE), mode="bicubic", antialias=True
    )
    h: Tensor = _network()(wide.clamp(-1, 1).contiguous(memory_format=torch.channels_last))
    return h


@cache
def _network() -> nn.Module:
    """The network up to its pooled features, on the CPU in float32."""
    declare_missing_operators()
    import timm
    from safetensors.torch import load_file

    network: nn.Module = timm.create_model("tf_efficientnet_lite0", pretrained=False, num_classes=0)
    weights = load_file(ASSETS / "features" / EFFICIENTNET / "model.safetensors")
    network.load_state_dict(weights)  # counters of batches are not among them, nor needed
    network = network.float().eval().requires_grad_(False)
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]
