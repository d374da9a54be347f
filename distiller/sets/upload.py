"""Uploads: a distilled set in an archive that nobody vouches for.

    [FOLDER/]<class name>/<name>.png             or .jpg, .webp, of the data set's size
    [FOLDER/]metadata.jsonl                      if there: the field `weight` of each image
    [FOLDER/]manifest.json                       if there: the data set and the request

The file is read in memory, within bounds that hold whatever it says of itself; nothing of it is
written to disk and nothing executed. What else lies beside the class folders is left unread.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.archive import open_tree
from ..data.metadata import parse_metadata
from ..data.picture import decode_whole
from ..data.registry import DATASETS
from ..data.tree import Bounds, Leaf, Tree
from ..errors import Refused, unknown
from ..limits import choice
from .class_images import FORMATS, class_folder, find_images
from .folder import SetOnDisk, weights_of
from .request import Request

__all__ = ["LIMITS", "Limits", "Uploaded", "read_upload"]


@dataclass(frozen=True)
class Limits:
    """How much an upload may hold."""

    packed: int = 20_000_000  # bytes of the file
    unpacked: int = 40_000_000  # bytes of all that is in it
    entries: int = 2_500  # files in it
    images: int = 1_000
    each: int = 2_000_000  # bytes of one file in it


LIMITS = Limits()


@dataclass(frozen=True)
class Uploaded:
    """A set that was uploaded, and how it was made where its manifest says so."""

    found: SetOnDisk
    request: Request | None


def read_upload(path: Path, dataset: str, limits: Limits = LIMITS) -> Uploaded:
    """Reads an archive of class folders of images of the data set's size.

    Raises:
        Refused: saying what is wrong with it.
    """
    source = DATASETS[choice("data set", dataset, DATASETS)]
    bounds = Bounds(limits.entries, limits.each, limits.unpacked, limits.packed)
    if path.is_dir():
        raise Refused("A set is uploaded as a ZIP file, and this is a folder.")
    tree = open_tree(path, bounds, "The file")
    found = find_images(tree, source.classes)
    folders = [class_folder(name) for name in source.classes]
    if found.unknown:
        raise Refused(unknown("class folder", next(iter(found.unknown)), folders))
    for leaf in (*found.others, *found.leaves):
        if leaf.barred:
            raise Refused(f"{_show(leaf.name)} cannot be read: {leaf.barred}.")
    if found.others:
        raise Refused(
            f"{_show(found.others[0].name)} is no .png, .jpg or .webp file; only those are read."
        )
    if not 1 <= len(found.leaves) <= limits.images:
        raise Refused(
            f"Between 1 and {limits.images:,} images in class folders can be read; got "
            f"{len(found.leaves):,}. The folders must be named {', '.join(folders)}."
        )
    images = _images(tree, found.leaves, source.size)
    metadata = _named(tree, found.root, "metadata.jsonl")
    rows = {} if metadata is None else parse_metadata(metadata, "metadata.jsonl")
    weights = weights_of(rows, found.files)
    on_disk = SetOnDisk(images, np.array(found.labels), found.files, weights, found.notes)
    return Uploaded(on_disk, _manifest(_named(tree, found.root, "manifest.json"), dataset))


def _images(tree: Tree, leaves: Sequence[Leaf], size: int) -> NDArray[np.uint8]:
    """The images (n, size, size, 3); a size is read before the pixels are.

    Raises:
        Refused: if one cannot be read, or is of another size.
    """
    images = {}
    for leaf, content in tree.contents(leaves):
        try:
            if isinstance(content, Refused):
                raise content
            images[leaf.name] = decode_whole(content, [FORMATS[leaf.suffix]], (size, size))
        except Refused as refused:
            wrong = str(refused)
            form = f"not a {FORMATS[leaf.suffix]} image that can be read: {wrong}"
            sized = wrong.endswith(("are needed", "are read"))
            raise Refused(f"{_show(leaf.name)} is {wrong if sized else form}.") from refused
    return np.stack([images[leaf.name] for leaf in leaves])


def _named(tree: Tree, root: str, name: str) -> bytes | None:
    """A text file beside the class folders, else at the top of the archive, if it is there."""
    found = {leaf.name: leaf for leaf in tree.leaves}
    leaf = found.get(root + name) or found.get(name)
    if leaf is None:
        return None
    try:
        return tree.read(leaf)
    except Refused as refused:
        raise Refused(f"{name} cannot be read: {refused}.") from refused


def _manifest(text: bytes | None, dataset: str) -> Request | None:
    """How the set was made, where it says so and can be made again.

    Raises:
        Refused: if it is of another data set.
    """
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
