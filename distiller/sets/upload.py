"""Uploads: a distilled set in a ZIP file that nobody vouches for.

    [FOLDER/]<class name>/<name>.png or .jpg     the images, of the data set's size
    [FOLDER/]metadata.jsonl                      if there: the field `weight` of each image
    [FOLDER/]manifest.json                       if there: the data set and the request

The file is read in memory, within bounds that hold whatever it says of itself; nothing of it is
written to disk and nothing executed. What else lies at the top is left unread.
"""

import io
import json
import warnings
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..data.registry import DATASETS
from ..errors import Refused, unknown
from ..limits import choice
from .folder import SetOnDisk, class_folder, weights_of
from .request import Request

__all__ = ["LIMITS", "Limits", "Uploaded", "read_upload"]

NAMED = ("metadata.jsonl", "manifest.json")
PICTURES = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}
LEFTOVERS = ("__MACOSX", ".DS_Store", "Thumbs.db")  # what packers leave behind
UNREADABLE = (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, ValueError)


@dataclass(frozen=True)
class Limits:
    """How much an upload may hold."""

    packed: int = 20_000_000  # bytes of the ZIP file
    unpacked: int = 40_000_000  # bytes of all that is read from it
    entries: int = 2_500  # files and folders
    images: int = 1_000
    each: int = 2_000_000  # bytes of one file in it


LIMITS = Limits()


@dataclass(frozen=True)
class Uploaded:
    """A set that was uploaded, and how it was made where its manifest says so."""

    found: SetOnDisk
    request: Request | None


def read_upload(path: Path, dataset: str, limits: Limits = LIMITS) -> Uploaded:
    """Reads a ZIP file of class folders of PNG or JPEG images of the data set's size.

    Raises:
        Refused: saying what is wrong with it.
    """
    source = DATASETS[choice("data set", dataset, DATASETS)]
    try:
        if (size := path.stat().st_size) > limits.packed:
            raise Refused(
                f"The file has {size / 1e6:.1f} MB; at most {limits.packed / 1e6:.0f} are read."
            )
        with zipfile.ZipFile(path) as file:
            content = _Content(file, limits)
            found = _images(content, source.classes, source.size, limits)
            manifest = _manifest(content, dataset)
            text = content.text("metadata.jsonl")
    except UNREADABLE as error:
        if isinstance(error, Refused):
            raise
        raise Refused(f"The file is not a ZIP file that can be read ({error}).") from error
    weights = None if text is None else weights_of(text, found.files)
    return Uploaded(SetOnDisk(found.images, found.labels, found.files, weights), manifest)


class _Content:
    """The files of a ZIP file by their paths in the set, each read once, within the limits."""

    def __init__(self, file: zipfile.ZipFile, limits: Limits) -> None:
        entries = file.infolist()
        if len(entries) > limits.entries:
            raise Refused(f"The ZIP file has {len(entries):,} entries; at most {limits.entries:,}.")
        for entry in entries:
            _check_name(entry)
        kept = {e.filename: e for e in entries if not e.is_dir() and not _left(e.filename)}
        if len(kept) < sum(not e.is_dir() and not _left(e.filename) for e in entries):
            raise Refused("The ZIP file holds two files of the same name.")
        self.entries = _unwrapped(kept)
        self.file, self.left, self.each = file, limits.unpacked, limits.each

    def read(self, name: str) -> bytes:
        """The bytes of a file, no more than are allowed whatever its header claims."""
        most = min(self.each, self.left)
        with self.file.open(self.entries[name]) as opened:
            content = opened.read(most + 1)
        if len(content) > most:
            raise Refused(
                f"{_show(name)} unpacks to more than {most / 1e6:.1f} MB, which is all that is "
                "read of it; a distilled set needs less."
            )
        self.left -= len(content)
        return content

    def text(self, name: str) -> str | None:
        """A text file, if it is there."""
        if name not in self.entries:
            return None
        try:
            return self.read(name).decode("utf-8")
        except UnicodeDecodeError as error:
            raise Refused(f"{name} is not text in UTF-8.") from error


def _check_name(entry: zipfile.ZipInfo) -> None:
    """Refuses names that point out of the set, and what is encrypted."""
    name = entry.filename
    parts = PurePosixPath(name).parts
    if name.startswith("/") or ".." in parts or "\\" in name or ":" in name or "\0" in name:
        raise Refused(
            f"{_show(name)} points out of the ZIP file; only paths such as class/0.png are read."
        )
    if entry.flag_bits & 1:
        raise Refused(f"{_show(name)} is encrypted; pack the set without a password.")


def _left(name: str) -> bool:
    return any(part in LEFTOVERS for part in PurePosixPath(name).parts)


def _unwrapped(entries: Mapping[str, zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """The entries without the folder that all lie in, if class folders lie in that."""
    paths = {name: PurePosixPath(name).parts for name in entries}
    tops = {parts[0] for parts in paths.values()}
    deepest = max((len(parts) for parts in paths.values()), default=0)
    cut = 1 if len(tops) == 1 and deepest == 3 else 0
    return {"/".join(parts[cut:]): entries[name] for name, parts in paths.items()}


def _images(content: _Content, classes: Sequence[str], size: int, limits: Limits) -> SetOnDisk:
    """The images of all class folders, class by class, in the order of their names."""
    folders = {class_folder(name): label for label, name in enumerate(classes)}
    placed: list[tuple[int, int, str]] = []
    for name in content.entries:
        folder, _, rest = name.rpartition("/")
        if not folder:
            continue  # at the top
        if folder not in folders:
            raise Refused(unknown("class folder", folder, folders))
        if PurePosixPath(rest).suffix.lower() not in PICTURES:
            raise Refused(f"{_show(name)} is neither .png nor .jpg; only those are read.")
        stem = PurePosixPath(rest).stem
        placed.append((folders[folder], int(stem) if stem.isdecimal() else 1 << 30, name))
    if not 1 <= len(placed) <= limits.images:
        raise Refused(
            f"Between 1 and {limits.images:,} images in class folders can be read; got "
            f"{len(placed):,}. The folders must be named {', '.join(folders)}."
        )
    placed.sort()
    images = [_decode(content.read(name), name, size) for _, _, name in placed]
    labels = np.array([label for label, _, _ in placed])
    return SetOnDisk(np.stack(images), labels, tuple(name for _, _, name in placed))


def _decode(content: bytes, name: str, size: int) -> NDArray[np.uint8]:
    """Pixels (size, size, 3) of a PNG or JPEG file; its size is read before its pixels are."""
    form = PICTURES[PurePosixPath(name).suffix.lower()]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the size is checked
            with Image.open(io.BytesIO(content), formats=[form]) as image:
                if image.size == (size, size):
                    return np.asarray(image.convert("RGB"))
                found = f"{image.width} x {image.height}"
    except Exception as error:  # whatever a decoder makes of bytes that are not an image
        raise Refused(f"{_show(name)} is not a {form} image that can be read.") from error
    raise Refused(f"{_show(name)} is {found} pixels; {size} x {size} are needed.")


def _manifest(content: _Content, dataset: str) -> Request | None:
    """How the set was made, where it says so and can be made again.

    Raises:
        Refused: if it is of another data set.
    """
    text = content.text("manifest.json")
    if text is None:
        return None
    try:
        manifest: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Refused("manifest.json is not JSON.") from error
    about = manifest.get("dataset") if isinstance(manifest, dict) else None
    theirs = about.get("name") if isinstance(about, dict) else None
    if theirs is not None and theirs != dataset:
        raise Refused(
            f"The set was made of {str(theirs)[:40]!r}, and would be tested on {dataset!r}: "
            "choose its data set first."
        )
    request = manifest.get("request") if isinstance(manifest, dict) else None
    try:
        return Request.parse({**request, "prior": None}) if isinstance(request, dict) else None
    except (Refused, TypeError, ValueError, AttributeError):
        return None  # made by another version, or by hand: a set without a link


def _show(name: str) -> str:
    return repr(name)[:80]
