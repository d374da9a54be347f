"""Previews: contact sheets, as images for a browser, and a decoder that costs nothing.

Decoding ten latents takes as long as a sampling step. While a run goes on, each latent pixel
and its eight neighbours are mapped linearly to the block of pixels it stands for: blurred, but
there within a millisecond.
"""

import base64
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.nn.functional import pixel_shuffle, unfold

from distiller.data.dataset import Dataset
from distiller.errors import Refused
from distiller.image import contact_sheet, to_pixels

__all__ = [
    "class_pictures", "contact_sheet", "data_uri", "fit_linear_decoder", "from_data_uri", "png",
]  # fmt: skip

PNG_URI = "data:image/png;base64,"
MAX_URI = 2_000_000  # characters


def fit_linear_decoder(latents: Tensor, images: Tensor) -> Callable[[Tensor], NDArray[np.uint8]]:
    """Fits latents (n, c, s, s) to images (n, 3, S, S) by least squares; returns the decoder.

    The decoder maps latents to pixels (m, S, S, 3).
    """
    block = images.shape[-1] // latents.shape[-1]
    target = torch.nn.functional.pixel_unshuffle(images, block)
    target = target.flatten(2).transpose(1, 2).reshape(-1, target.shape[1])
    weights = torch.linalg.lstsq(_neighbourhoods(latents).reshape(-1, _columns(latents)), target)
    solution = weights.solution

    @torch.no_grad()
    def decode(latents: Tensor) -> NDArray[np.uint8]:
        side = latents.shape[-1]
        blocks = _neighbourhoods(latents.float().cpu()) @ solution
        blocks = blocks.transpose(1, 2).unflatten(2, (side, side))
        return to_pixels(pixel_shuffle(blocks, block))

    return decode


def _columns(latents: Tensor) -> int:
    return 9 * latents.shape[1] + 1


def _neighbourhoods(latents: Tensor) -> Tensor:
    """The 3 x 3 surroundings of every latent pixel and a constant: (n, s * s, 9 c + 1)."""
    padded = torch.nn.functional.pad(latents, (1, 1, 1, 1), mode="replicate")
    around = unfold(padded, 3).transpose(1, 2)
    return torch.cat([around, torch.ones_like(around[..., :1])], -1)


def class_pictures(data: Dataset) -> NDArray[np.uint8]:
    """One image of each class side by side; of its commonest mode, where modes are known."""
    rows = []
    for label in range(len(data.classes)):
        members = data.train.of(label)
        if data.train.modes is not None:
            modes = data.train.modes[members]
            members = members[modes == np.bincount(modes).argmax()]
        rows.append(members[0])
    return contact_sheet(np.asarray(data.train.images[rows]), len(rows))


def data_uri(pixels: NDArray[np.uint8], *, lossless: bool = False) -> str:
    """An image as text for a browser: JPEG for what is fleeting, PNG for what is kept."""
    if lossless:
        return PNG_URI + base64.b64encode(png(pixels)).decode()
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="JPEG", quality=88, subsampling=0)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()


def png(pixels: NDArray[np.uint8]) -> bytes:
    """An image as PNG."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG")
    return buffer.getvalue()


def from_data_uri(uri: Any, name: str, size: int) -> NDArray[np.uint8]:
    """A PNG data URI as pixels (size, size, 3).

    Raises:
        Refused: if it is anything else, too long, or of another size.
    """
    if not isinstance(uri, str) or not uri.startswith(PNG_URI) or len(uri) > MAX_URI:
        raise Refused(f"Image {name} must be a PNG data URI of at most {MAX_URI:,} characters.")
    try:
        content = base64.b64decode(uri.removeprefix(PNG_URI), validate=True)
        with Image.open(io.BytesIO(content), formats=["PNG"]) as image:
            if image.size == (size, size):
                return np.asarray(image.convert("RGB"))
            found = f"{image.width} x {image.height}"
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise Refused(f"Image {name} is not a PNG that can be read.") from error
    raise Refused(f"Image {name} is {found} pixels; {size} x {size} are needed.")
