"""Images: 8-bit pixels outside, tensors in [-1, 1] inside.

Data sets and files hold uint8 arrays of shape (n, height, width, 3). Everything that computes
holds float tensors of shape (n, 3, height, width) in [-1, 1], the range of the autoencoders.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .errors import Refused

__all__ = ["contact_sheet", "to_pixels", "to_tensor"]


def to_tensor(pixels: NDArray[np.uint8]) -> Tensor:
    """Maps (n, h, w, 3) in 0 ... 255 to (n, 3, h, w) in [-1, 1]."""
    tensor = torch.from_numpy(np.array(pixels, dtype=np.float32))
    return tensor.permute(0, 3, 1, 2).div(127.5).sub(1).contiguous()


def to_pixels(images: Tensor) -> NDArray[np.uint8]:
    """Maps (n, 3, h, w) in [-1, 1], clamped, to (n, h, w, 3) in 0 ... 255.

    Raises:
        Refused: if a value is not finite, which would become black.
    """
    images = images.detach().float()
    if not torch.isfinite(images).all():
        raise Refused(
            "The images hold values that are not finite, and cannot be shown or saved. The prior's "
            "weights may be broken, half precision too small for them (try --dtype float32), or a "
            "guidance too strong."
        )
    images = images.clamp(-1, 1).add(1).mul(127.5).round()
    # Bytes leave the device, a quarter of what the numbers take.
    pixels: NDArray[np.uint8] = (
        images.to(torch.uint8).permute(0, 2, 3, 1).contiguous().cpu().numpy()
    )
    return pixels


def contact_sheet(pixels: NDArray[np.uint8], columns: int) -> NDArray[np.uint8]:
    """Images (n, h, w, 3) side by side, row by row, the last row filled with grey."""
    n, h, w, _ = pixels.shape
    rows = -(-n // columns)
    sheet = np.full((rows * columns, h, w, 3), 128, np.uint8)
    sheet[:n] = pixels
    return sheet.reshape(rows, columns, h, w, 3).swapaxes(1, 2).reshape(rows * h, columns * w, 3)
