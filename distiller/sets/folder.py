"""Distilled sets on disk, as they are read.

DIR/<class name>/<k>.png      the images
DIR/metadata.jsonl            one line per image: label, seed, method, nearest real, place
DIR/manifest.json             last: versions, the prior's hash, every parameter, scores
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.archive import open_tree
from ..data.layout import SUFFIXES
from ..data.metadata import parse_metadata
from ..data.picture import decode_whole
from ..data.registry import DATASETS
from ..data.report import shown
from ..data.tree import Tree
from ..errors import Refused
from ..limits import number
from ..machine.json_file import json_object, read_json
from .class_images import FORMATS, ClassImages, class_folder, find_images

__all__ = ["SetOnDisk", "dataset_of", "file_names", "read_json", "read_set", "weights_of"]

MAX_PIXELS = 4096 * 4096


@dataclass(frozen=True)
class SetOnDisk:
    """A distilled set as it lies in a folder."""

    images: NDArray[np.uint8]  # (n, h, w, 3)
    labels: NDArray[np.int64]  # (n,)
    files: tuple[str, ...]  # (n,) relative paths
    weights: NDArray[np.float64] | None = None  # (n,) of each image's loss, where the set has any
    notes: tuple[str, ...] = ()  # what was left out, and what is doubtful


def file_names(labels: NDArray[np.int64], classes: Sequence[str]) -> tuple[str, ...]:
    """The relative paths (n,) of images with labels (n,), numbered within their class."""
    seen: dict[int, int] = {}
    files = []
    for label in labels.tolist():
        files.append(f"{class_folder(classes[label])}/{seen.get(label, 0)}.png")
        seen[label] = seen.get(label, 0) + 1
    return tuple(files)


def read_set(path: Path, classes: Sequence[str]) -> SetOnDisk:
    """Reads a folder or an archive of images of one size, in a folder for each class.

    What class a folder is of is told by `find_images`. What is left out is said in the notes.

    Raises:
        Refused: if there is nothing of the kind, no image in it, or one cannot be read.
    """
    tree = open_tree(path, follow=True)
    found = find_images(tree, classes)
    expected = ", ".join(class_folder(name) for name in classes[:20]) + ", ..." * (
        len(classes) > 20
    )
    unknown = ", ".join(f"{shown(folder)}/ ({n:,})" for folder, n in found.unknown.items())
    if not found.leaves:
        others = f" Its folders with images are {unknown[:300]}." if unknown else ""
        raise Refused(
            f"{path} holds no images of these classes: it needs a folder of PNG, JPEG or WebP "
            f"files for each class, named {expected}.{others}"
        )
    notes = list(found.notes)
    if unknown:
        notes.append(f"Left out, for they name no class: {unknown[:300]}. Expected: {expected}.")
    notes += [
        f"Left out: {shown(leaf.name)}, which is not a PNG, JPEG or WebP file."
        for leaf in found.others
        if leaf.suffix in SUFFIXES
    ]
    images = _read_images(tree, found)
    sizes = {image.shape for image in images}
    if len(sizes) > 1:
        raise Refused(f"The images in {path} have different sizes: {sorted(sizes)[:4]}.")
    weights = weights_of(_metadata(tree, found), found.files)
    labels = np.array(found.labels)
    return SetOnDisk(np.stack(images), labels, found.files, weights, tuple(notes))


def _read_images(tree: Tree, found: ClassImages) -> list[NDArray[np.uint8]]:
    """The images (h, w, 3), in the order of their files.

    Raises:
        Refused: if one cannot be read.
    """
    images = {}
    for leaf, content in tree.contents(found.leaves):
        form = FORMATS[leaf.suffix]
        try:
            if isinstance(content, Refused):
                raise content
            images[leaf.name] = decode_whole(content, [form], most=MAX_PIXELS)
        except Refused as refused:
            raise Refused(
                f"{tree.path / leaf.name} is not a {form} image that can be read: {refused}."
            ) from refused
    return [images[leaf.name] for leaf in found.leaves]


def _metadata(tree: Tree, found: ClassImages) -> dict[str, dict[str, Any]]:
    """The lines of the set's metadata.jsonl by the image's path below the root."""
    place = f"{found.root}metadata.jsonl"
    leaf = next((leaf for leaf in tree.leaves if leaf.name == place), None)
    return {} if leaf is None else parse_metadata(tree.read(leaf), "metadata.jsonl")


def weights_of(
    rows: Mapping[str, Mapping[str, Any]], files: Sequence[str]
) -> NDArray[np.float64] | None:
    """The field `weight` of metadata by file, for some files: (n,), or None where it has none.

    DDOQ (ICLR 2026) weights the loss of each image by the share of the class that it stands for.

    Raises:
        Refused: if some of the files have a weight and others have not.
    """
    found = {
        name: number(f"weight of {name[:60]}", row["weight"], 0, 1e12)
        for name, row in rows.items()
        if row.get("weight") is not None
    }
    lacking = [name for name in files if name not in found]
    if len(lacking) == len(files):
        return None
    if lacking:
        raise Refused(
            f"metadata.jsonl weights some images and not others; without a weight: {lacking[:4]}."
        )
    return np.array([found[name] for name in files])


def dataset_of(path: Path) -> str:
    """The data set that a distilled set in a folder or an archive belongs to, by its manifest.

    Raises:
        Refused: if it has none that can be read.
    """
    tree = open_tree(path, follow=True)
    manifests = [leaf for leaf in tree.leaves if leaf.parts[-1] == "manifest.json"]
    if not manifests:
        raise Refused(f"{path} has no manifest.json; name its data set with --dataset.")
    leaf = min(manifests, key=lambda leaf: len(leaf.parts))
    called = path / leaf.name
    dataset = json_object(tree.read(leaf), called).get("dataset")
    name = dataset.get("name") if isinstance(dataset, dict) else None
    if name not in list(DATASETS):
        raise Refused(
            f"{called} names no known data set: {str(name)[:60]!r}. If it is one of your own, name "
            "its folder with --dataset."
        )
    return str(name)
