"""Pictures: upright, on white, in their whole range, or refused with the reason."""

import numpy as np
import pytest
from PIL import Image

from distiller.data import picture as pictures
from distiller.data.picture import decode, decode_whole, depth
from distiller.errors import Refused
from tests.pictures import BLUE, GREY, RED, WHITE, encoded, plain


def halves(top: tuple[int, ...], bottom: tuple[int, ...], side: int = 32) -> Image.Image:
    image = Image.new("RGB", (side, side), top)
    image.paste(bottom, (0, side // 2, side, side))
    return image


def test_photographs_are_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    turned = decode(encoded(halves(RED, BLUE), "JPEG", exif=exif, quality=95), 32)
    assert np.abs(turned[4, 16].astype(int) - BLUE).max() < 12
    assert np.abs(turned[28, 16].astype(int) - RED).max() < 12


def test_what_is_transparent_lies_on_white() -> None:
    layer = Image.new("RGBA", (16, 16), (0, 0, 0, 0))
    layer.paste((*RED, 255), (0, 8, 16, 16))
    half = Image.new("LA", (16, 16), (0, 128))
    palette = Image.new("P", (16, 16), 0)
    palette.putpalette([0, 0, 0, *RED])
    for content in (encoded(layer), encoded(layer, "WEBP", lossless=True)):
        assert (decode(content, 16)[2] == WHITE).all()
        assert (decode(content, 16)[12] == RED).all()
    assert (decode(encoded(palette, transparency=0), 16) == WHITE).all()
    assert np.abs(decode(encoded(half), 16).astype(int) - 127).max() <= 1


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK", "YCbCr", "LAB"])
def test_every_colour_mode_becomes_rgb(mode: str) -> None:
    kind = {"CMYK": "JPEG", "YCbCr": "JPEG", "LAB": "TIFF"}.get(mode, "PNG")
    content = encoded(Image.new("RGB", (16, 16), WHITE).convert(mode) if mode != "LAB" else
                      Image.new("LAB", (16, 16), (255, 128, 128)), kind)  # fmt: skip
    pixels = decode(content, 16)
    assert pixels.shape == (16, 16, 3)
    assert pixels.min() > 245  # white stays white


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_are_scaled_and_not_clipped(kind: str) -> None:
    ramp = np.linspace(0, 65535, 16).round().astype(np.uint16)
    pixels = decode(encoded(Image.fromarray(np.tile(ramp, (16, 1))), kind), 16)
    np.testing.assert_allclose(pixels[0, :, 0], ramp / 257, atol=0.51)


def test_unknown_ranges_are_refused() -> None:
    for dtype in (np.float32, np.int32):
        values = np.full((16, 16), 1_000_000, dtype)
        with pytest.raises(Refused, match="range is unknown"):
            decode(encoded(Image.fromarray(values), "TIFF"), 16)


def test_the_centre_is_kept_and_scaling_does_not_alias() -> None:
    wide = Image.new("RGB", (96, 32), GREY)
    wide.paste(RED, (32, 0, 64, 32))
    assert (decode(encoded(wide), 32) == RED).all()
    stripes = np.zeros((256, 256, 3), np.uint8)
    stripes[:, ::2] = 255  # one pixel wide: grey from afar
    assert np.abs(decode(encoded(Image.fromarray(stripes)), 32).astype(int) - 127).max() < 12


def test_large_photographs_are_read_quickly_and_rightly() -> None:
    image = halves(RED, BLUE, 2048)
    pixels = decode(encoded(image, "JPEG", quality=90), 32)
    assert np.abs(pixels[4].astype(int) - RED).max() < 12
    assert np.abs(pixels[28].astype(int) - BLUE).max() < 12


def test_a_bomb_of_pixels_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MAX_PIXELS", 10_000)
    with pytest.raises(Refused, match="101 x 100 pixels; at most"):
        decode(plain(size=(101, 100)), 8)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 2_000)  # Pillow's own limit, lower
    with pytest.raises(Refused, match="too many pixels"):
        decode(plain(size=(90, 90)), 8)
    with pytest.raises(Refused, match="only 7 x 200 pixels"):
        decode(plain(size=(7, 200)), 8)


def test_other_formats_are_not_tried() -> None:
    for kind in ("ICO", "TGA", "EPS"):
        with pytest.raises(Refused, match="not a picture that can be read"):
            decode(encoded(Image.new("RGB", (16, 16)), kind), 8)


@pytest.mark.parametrize("kind", ["PPM", "GIF", "BMP", "TIFF", "WEBP", "AVIF"])
def test_what_pillow_reads_by_itself_is_read(kind: str) -> None:
    pixels = decode(encoded(Image.new("RGB", (16, 16), RED), kind), 16)
    assert np.abs(pixels.astype(int) - RED).max() < 8


def test_greys_of_sixteen_bits_are_white_where_it_is_said() -> None:
    ramp = np.tile(np.linspace(0, 4095, 16).round().astype(np.uint16), (16, 1))
    content = encoded(Image.fromarray(ramp))
    assert depth(content) == 12
    assert depth(plain()) == 0
    assert decode(content, 16).max() < 17
    np.testing.assert_allclose(decode(content, 16, 12)[0, :, 0], ramp[0] / 4095 * 255, atol=0.51)


def test_whole_pictures_are_neither_cropped_nor_of_another_size() -> None:
    image = halves(RED, BLUE, 32).crop((0, 8, 32, 32))
    np.testing.assert_array_equal(decode_whole(encoded(image)), np.asarray(image))
    with pytest.raises(Refused, match="32 x 24 pixels; 32 x 32 are needed"):
        decode_whole(encoded(image), size=(32, 32))
    with pytest.raises(Refused, match="not a picture that can be read"):
        decode_whole(encoded(image), ["JPEG"])
    assert decode_whole(plain(size=(1, 1))).shape == (1, 1, 3)
