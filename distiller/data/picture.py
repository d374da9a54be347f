"""A picture: one file as pixels of a given size, or the reason why it cannot be read.

What people have: photographs turned by EXIF, grey, with transparency, with 16 bits, of any size,
a few that are broken. All become upright RGB on white, cropped to their centre and scaled with
antialiasing.
"""

import io
import warnings
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..errors import Refused

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["decode"]

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
MAX_PIXELS = 100_000_000  # before scaling
MIN_SIDE = 8  # pixels; less is an icon's icon


def decode(content: bytes, size: int) -> NDArray[np.uint8]:
    """A picture file as pixels (size, size, 3): upright, on white, its centre.

    Raises:
        Refused: with the reason, if it is not a picture that can be read whole.
    """
    from PIL import Image, UnidentifiedImageError

    if not content:
        raise Refused("empty")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # checked below
            Image.init()  # else WebP and TIFF are known only by chance
            image = Image.open(io.BytesIO(content), formats=FORMATS)
        if image.width * image.height > MAX_PIXELS:
            raise Refused(_too_many(f"{image.width} x {image.height}"))
        if min(image.size) < MIN_SIDE:
            raise Refused(f"only {image.width} x {image.height} pixels")
        # A JPEG is decoded at a fraction of its size where that is enough.
        image.draft(image.mode, (2 * size, 2 * size))
        return _centre(_opaque(_upright(image)), size)
    except Refused:
        raise
    except Image.DecompressionBombError as error:
        raise Refused(_too_many("too many")) from error
    except UnidentifiedImageError as error:
        raise Refused("not a picture that can be read") from error
    except Exception as error:  # decoders raise whatever a broken file makes them
        raise Refused(f"broken: {str(error)[:80] or type(error).__name__}") from error


def _too_many(found: str) -> str:
    return f"{found} pixels; at most {MAX_PIXELS // 10**6} million are read"


def _upright(image: "Image.Image") -> "Image.Image":
    from PIL import ImageOps

    image.load()  # whole, or it raises
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # EXIF that cannot be read says nothing of the orientation
        return image


def _opaque(image: "Image.Image") -> "Image.Image":
    """The picture in RGB; 16 bits scaled to 8, what is transparent on white."""
    from PIL import Image

    if image.mode == "F":
        raise Refused("floating-point pixels, whose range is unknown; save it with 8 bits")
    if image.mode == "I" or image.mode.startswith("I;16"):
        deep = np.asarray(image).astype(np.int64)
        if deep.min() < 0 or deep.max() > 65535:
            raise Refused("32-bit pixels, whose range is unknown; save it with 8 bits")
        return Image.fromarray((deep / 257).round().astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
    return image.convert("RGB")


def _centre(image: "Image.Image", size: int) -> NDArray[np.uint8]:
    """The largest square in the middle, scaled."""
    from PIL import Image

    side = min(image.size)
    left, top = (image.width - side) / 2, (image.height - side) / 2
    if image.size == (size, size):
        return np.asarray(image)
    box = (left, top, left + side, top + side)
    return np.asarray(image.resize((size, size), Image.Resampling.BICUBIC, box=box))
