"""A picture: one file as pixels of a given size, or the reason why it cannot be read.

What people have: photographs turned by EXIF, grey, with transparency, with 16 bits, of any size,
a few that are broken. All become upright RGB on white, cropped to their centre and scaled with
antialiasing.
"""

import io
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..errors import Refused

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["FORMATS", "decode", "decode_whole", "depth", "shorter_side"]

T = TypeVar("T")

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "AVIF")
MAX_PIXELS = 100_000_000  # before scaling
MIN_SIDE = 8  # pixels; less is an icon's icon


def decode(content: bytes, size: int, bits: int = 16) -> NDArray[np.uint8]:
    """A picture file as pixels (size, size, 3): upright, on white, its centre.

    Greys of 16 bits are white at 2**bits - 1.

    Raises:
        Refused: with the reason, if it is not a picture that can be read whole.
    """
    return _read(content, lambda image: _centre(_opaque(_upright(image), bits), size), 2 * size)


def decode_whole(
    content: bytes,
    formats: Sequence[str] = FORMATS,
    size: tuple[int, int] | None = None,
    most: int | None = None,
) -> NDArray[np.uint8]:
    """A picture file of one of these formats as pixels (h, w, 3): upright, on white, uncropped.

    Raises:
        Refused: with the reason, if it cannot be read whole, is not of the width and height that
            are given, or has more than the `most` pixels.
    """

    def pixels(image: "Image.Image") -> NDArray[np.uint8]:
        if size is not None and image.size != size:
            found, needed = (f"{width} x {height}" for width, height in (image.size, size))
            raise Refused(f"{found} pixels; {needed} are needed")
        if most is not None and image.width * image.height > most:
            raise Refused(f"too large, {image.width} x {image.height} pixels")
        return np.array(_opaque(_upright(image), 16))

    return _read(content, pixels, formats=formats, least=1)


def depth(content: bytes) -> int:
    """How many bits the brightest pixel of a picture of 16-bit greys uses; 0 of other pictures.

    Raises:
        Refused: if it is not a picture that can be read whole.
    """

    def bits(image: "Image.Image") -> int:
        return int(_deep(image).max()).bit_length() if _is_deep(image) else 0

    return _read(content, bits)


def shorter_side(content: bytes) -> int:
    """The shorter side of a picture in pixels, as it is in the file.

    Raises:
        Refused: if it is not a picture.
    """
    return _read(content, lambda image: min(image.size))


def _read(
    content: bytes,
    use: "Callable[[Image.Image], T]",
    draft: int = 0,
    formats: Sequence[str] = FORMATS,
    least: int = MIN_SIDE,
) -> T:
    """What is made of an opened picture, of which no more than its header has been read.

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
            image = Image.open(io.BytesIO(content), formats=tuple(formats))
        if image.width * image.height > MAX_PIXELS:
            raise Refused(_too_many(f"{image.width} x {image.height}"))
        if min(image.size) < least:
            raise Refused(f"only {image.width} x {image.height} pixels")
        if draft:  # a JPEG is decoded at a fraction of its size where that is enough
            image.draft(image.mode, (draft, draft))
        return use(image)
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


def _is_deep(image: "Image.Image") -> bool:
    return image.mode == "I" or image.mode.startswith("I;16")


def _deep(image: "Image.Image") -> NDArray[np.int64]:
    """The pixels of a picture of 16-bit greys."""
    deep = np.asarray(image).astype(np.int64)
    if deep.min() < 0 or deep.max() > 65535:
        raise Refused("32-bit pixels, whose range is unknown; save it with 8 bits")
    return deep


def _opaque(image: "Image.Image", bits: int) -> "Image.Image":
    """The picture in RGB; greys of 16 bits scaled to 8, what is transparent on white."""
    from PIL import Image

    if image.mode == "F":
        raise Refused("floating-point pixels, whose range is unknown; save it with 8 bits")
    if _is_deep(image):
        grey = (_deep(image) * (255 / (2**bits - 1))).round().clip(0, 255).astype(np.uint8)
        return Image.fromarray(grey).convert("RGB")
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
