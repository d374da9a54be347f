"""Made-up pictures, and folders and archives of them."""

import io
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from distiller.data.class_folders import Pictures, read_pictures
from distiller.event import finish

RED, BLUE, GREY, WHITE = (220, 20, 30), (20, 40, 210), (90, 90, 90), (255, 255, 255)


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format=kind, **options)
    return buffer.getvalue()


def plain(colour: tuple[int, ...] = RED, size: tuple[int, int] = (16, 16)) -> bytes:
    return encoded(Image.new("RGB", size, colour))


def noisy(kind: str) -> bytes:
    rng = np.random.default_rng(0)
    return encoded(Image.fromarray(rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)), kind)


def put(root: Path, files: dict[str, bytes]) -> Path:
    """A folder of files."""
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    return root


def pack(path: Path, files: dict[str, bytes]) -> Path:
    """A zip of files, or a tar of them, by the name of the path."""
    if ".zip" in path.name:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            for name, content in files.items():
                file.writestr(name, content)
        return path
    kind = {".gz": "gz", ".tgz": "gz", ".bz2": "bz2"}.get(path.suffix, "")
    with tarfile.open(path, f"w:{kind}") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


def classes(n: int = 20, prefix: str = "", names: str = "red blue") -> dict[str, bytes]:
    """n pictures each of a red class, a blue class and others."""
    colours = {"red": RED, "blue": BLUE}
    return {
        f"{prefix}{name}/{k:02}.png": plain(colours.get(name, GREY))
        for name in names.split()
        for k in range(n)
    }


def read(path: Path, size: int = 8, **options: Any) -> Pictures:
    return finish(read_pictures(path, size, **options))


def reasons(found: Pictures) -> dict[str, str]:
    """Every file that was left out, and why."""
    return {row[0]: row[1] for row in found.report.left_out}
