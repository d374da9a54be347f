"""Uploads: what is read is what was packed, and everything else is refused in words."""

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from distiller.errors import Refused
from distiller.sets.request import Request
from distiller.sets.upload import LIMITS, read_upload
from tests import pictures

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (4, 32, 32, 3)).astype(np.uint8)


def picture(pixels: np.ndarray, form: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, form)
    return buffer.getvalue()


PNG = picture(PIXELS[0])


def packed(path: Path, files: Mapping[str, bytes | str]) -> Path:
    with zipfile.ZipFile(path / "set.zip", "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return path / "set.zip"


@pytest.mark.parametrize("wrapped", ["", "my set/"])
def test_reads_what_was_packed(tmp_path: Path, wrapped: str) -> None:
    names = ["3/10.png", "3/2.png", "0/1.png", "7/b.png"]
    files = {wrapped + name: picture(x) for name, x in zip(names, PIXELS, strict=True)}
    files[wrapped + "README.md"] = b"not read"
    files["__MACOSX/3/._2.png"] = b"left behind"
    found = read_upload(packed(tmp_path, files), "digits")
    assert found.found.files == ("0/1.png", "3/2.png", "3/10.png", "7/b.png")
    assert found.found.labels.tolist() == [0, 3, 3, 7]
    assert np.array_equal(found.found.images, PIXELS[[2, 1, 0, 3]])
    assert found.found.weights is None
    assert found.request is None


def test_jpeg_is_read_and_its_content_counts(tmp_path: Path) -> None:
    flat = np.full((32, 32, 3), 90, np.uint8)
    path = packed(tmp_path, {"1/0.jpg": picture(flat, "JPEG")})
    assert np.abs(read_upload(path, "digits").found.images.astype(int) - 90).max() <= 2
    with pytest.raises(Refused, match="not a JPEG image"):
        read_upload(packed(tmp_path, {"1/0.jpg": PNG}), "digits")


def test_weights_and_the_request_come_along(tmp_path: Path) -> None:
    request = Request.parse({"dataset": "digits", "method": "dap", "classes": "1,2", "ipc": 1})
    lines = [{"file_name": "2/0.png", "weight": 3}, {"file_name": "1/0.png", "weight": 0.5}]
    manifest = {
        "dataset": {"name": "digits"},
        "request": {"dataset": "digits", "method": "dap", "classes": [1, 2], "ipc": 1},
    }
    files = {
        "1/0.png": PNG,
        "2/0.png": PNG,
        "metadata.jsonl": "\n".join(map(json.dumps, lines)),
        "manifest.json": json.dumps(manifest),
    }
    found = read_upload(packed(tmp_path, files), "digits")
    assert found.found.weights is not None
    assert found.found.weights.tolist() == [0.5, 3]
    assert found.request == request
    odd = {**files, "manifest.json": json.dumps({**manifest, "request": {"method": ["?"]}})}
    assert read_upload(packed(tmp_path, odd), "digits").request is None


def a_bomb(side: int) -> bytes:
    """A PNG that says it has side x side pixels."""
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)

    def chunk(kind: bytes, data: bytes) -> bytes:
        whole = kind + data
        return struct.pack(">I", len(data)) + whole + struct.pack(">I", zlib.crc32(whole))

    pixels = zlib.compress(bytes(100_000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "Between 1 and 1,000 images"),
        ({"0.png": PNG}, "folders must be named 0, 1, 2"),
        ({"../../etc/cron.d/0.png": PNG}, "names a file outside of itself"),
        ({"0/../../0.png": PNG}, "names a file outside of itself"),
        ({"/etc/passwd": b"x"}, "names a file outside of itself"),
        ({"C:/0/0.png": PNG}, "names a file outside of itself"),
        ({"moon/0.png": PNG}, "no class folder 'moon'. Known: 0, 1"),
        ({"0/0.png": PNG, "moon/0.png": PNG}, "no class folder 'moon'. Known: 0, 1"),
        ({"a/0/0.png": PNG, "b/0/0.png": PNG}, "in several places: a/, b/"),
        ({"n02099601/0.png": PNG}, "no class folder 'n02099601'. Known: 0, 1"),
        ({"0/deep/er/0.png": PNG}, "no class folder"),
        ({"0/0.gif": picture(PIXELS[0], "GIF")}, "is no .png, .jpg or .webp file"),
        ({"0/run.py": b"raise SystemExit"}, "is no .png, .jpg or .webp file"),
        ({"0/0.png": picture(PIXELS[0], "GIF")}, "not a PNG image"),
        ({"0/0.png": b"<svg/>"}, "not a PNG image"),
        ({"0/0.png": PNG[:60]}, "not a PNG image"),
        ({"0/0.png": a_bomb(100_000)}, "too many pixels; at most 100 million"),
        ({"0/0.png": a_bomb(12_000)}, "12000 x 12000 pixels; at most"),
        ({"0/0.png": picture(np.zeros((64, 64, 3), np.uint8))}, "64 x 64 pixels; 32 x 32"),
        ({"0/0.png": bytes(3_000_000)}, "which unpacks to [0-9,]+ times its size"),
        ({"0/0.png": RNG.bytes(2_100_000)}, "larger than 1.91 MB"),
        ({"0/0.png": PNG, "manifest.json": "{"}, "manifest.json is not JSON"),
        ({"0/0.png": PNG, "manifest.json": "[" * 100_000}, "manifest.json is not JSON"),
        ({"0/0.png": PNG, "metadata.jsonl": "[]"}, "Line 1 of metadata.jsonl"),
        ({"0/0.png": PNG, "metadata.jsonl": b"\xff\xfe"}, "not text in UTF-8"),
        (
            {"0/0.png": PNG, "manifest.json": '{"dataset": {"name": "solids"}}'},
            "was made of 'solids'",
        ),
        (
            {"0/0.png": PNG, "metadata.jsonl": '{"file_name": "0/0.png", "weight": NaN}'},
            "weight of 0/0.png must be a number",
        ),
        (
            {
                "0/0.png": PNG,
                "1/0.png": PNG,
                "metadata.jsonl": '{"file_name":"0/0.png","weight":1}',
            },
            "without a weight: .'1/0.png'",
        ),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, files: dict[str, bytes], words: str) -> None:
    with pytest.raises(Refused, match=words):
        read_upload(packed(tmp_path, files), "digits")


def test_what_is_no_zip_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "set.zip"
    for content in (b"", b"PK\x03\x04" + bytes(50), PNG):
        path.write_bytes(content)
        with pytest.raises(Refused, match="not a ZIP file that can be read"):
            read_upload(path, "digits")
    packed(tmp_path, {"0/0.png": PNG})
    broken = bytearray(path.read_bytes())
    broken[60:80] = bytes(20)
    path.write_bytes(broken)
    with pytest.raises(Refused):
        read_upload(path, "digits")


def test_an_encrypted_file_is_refused(tmp_path: Path) -> None:
    path = packed(tmp_path, {"0/0.png": PNG})
    content = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1
    path.write_bytes(content)
    with pytest.raises(Refused, match="cannot be read: encrypted"):
        read_upload(path, "digits")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"packed": 100}, "MB; at most"),
        ({"entries": 1}, "more than 1 files"),
        ({"images": 1}, "Between 1 and 1 images"),
        ({"unpacked": len(PNG) + 10}, "would unpack to"),
        ({"each": 50}, "larger than"),
    ],
)
def test_every_bound_holds(tmp_path: Path, change: dict[str, int], words: str) -> None:
    path = packed(tmp_path, {"0/0.png": PNG, "1/0.png": PNG})
    assert len(read_upload(path, "digits").found.labels) == 2
    with pytest.raises(Refused, match=words):
        read_upload(path, "digits", replace(LIMITS, **change))


def test_a_header_that_lies_about_the_size_helps_nobody(tmp_path: Path) -> None:
    """Ten megabytes of zeros that claim to be ten bytes: no more than the bound is unpacked."""
    path = packed(tmp_path, {"0/0.png": bytes(10_000_000)})
    content = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        where = content.index(signature) + offset
        content[where : where + 4] = struct.pack("<I", 10)
    path.write_bytes(content)
    with pytest.raises(Refused):
        read_upload(path, "digits")


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as file:
        file.writestr("0/0.png", PNG)
        with pytest.warns(UserWarning, match="Duplicate name"):
            file.writestr("0/0.png", PNG)
    with pytest.raises(Refused, match="two files of the same name"):
        read_upload(tmp_path / "set.zip", "digits")


@pytest.mark.parametrize(
    "leftover",
    [
        "3/Thumbs.db", "3/thumbs.db", "3/desktop.ini", "3/.DS_Store", "__MACOSX/3/._0.png",
        ".ipynb_checkpoints/3/0-checkpoint.png", "3/.ipynb_checkpoints/0.png",
    ],
)  # fmt: skip
def test_what_systems_leave_behind_is_no_part_of_a_set(tmp_path: Path, leftover: str) -> None:
    found = read_upload(packed(tmp_path, {"3/0.png": PNG, leftover: b"anything"}), "digits")
    assert found.found.files == ("3/0.png",)
    assert found.found.notes == ()


def test_backslashes_wrappers_and_marks_are_read(tmp_path: Path) -> None:
    weights = "\ufeff" + "\r\n".join(
        json.dumps({"file_name": name, "weight": k})
        for k, name in enumerate(["3\\0.png", "7/0.png"])
    )
    files = {"train\\3\\0.png": PNG, "train\\7\\0.png": PNG, "train\\metadata.jsonl": weights}
    for name in ("val/3/0.png", "test/7/0.png"):
        files[name] = PNG
    found = read_upload(packed(tmp_path, files), "digits").found
    assert found.files == ("3/0.png", "7/0.png")
    assert found.weights is not None
    assert found.weights.tolist() == [0, 1]
    assert found.notes == ("The set is train/; test/, val/ is not read.",)


def test_a_tar_is_read_as_a_zip_is_and_within_the_same_bounds(tmp_path: Path) -> None:
    files = {f"set/{k}/0.jpg": picture(PIXELS[k], "JPEG") for k in (3, 1)}
    tar, zipped = (pictures.pack(tmp_path / name, files) for name in ("x.tar.gz", "x.zip"))
    one, other = (read_upload(path, "digits").found for path in (tar, zipped))
    assert one.files == other.files == ("1/0.jpg", "3/0.jpg")
    assert np.array_equal(one.images, other.images)
    with pytest.raises(Refused, match="larger than"):
        read_upload(tar, "digits", replace(LIMITS, each=50))
    with pytest.raises(Refused, match="MB; at most"):
        read_upload(tar, "digits", replace(LIMITS, packed=50))
    with pytest.raises(Refused, match="this is a folder"):
        read_upload(tmp_path, "digits")
