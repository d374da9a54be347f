"""Distilled sets on disk, as they are read.

DIR/<class name>/<k>.png      the images
DIR/metadata.jsonl            one line per image: label, seed, method, nearest real, place
DIR/manifest.json             last: versions, the prior's hash, every parameter, scores
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..data.registry import DATASETS
from ..errors import Refused
from ..limits import number

__all__ = [
    "SetOnDisk", "class_folder", "dataset_of", "file_names", "read_json", "read_set", "weights_of",
]  # fmt: skip

MAX_PIXELS = 4096 * 4096


@dataclass(frozen=True)
class SetOnDisk:
    """A distilled set as it lies in a folder."""

    images: NDArray[np.uint8]  # (n, h, w, 3)
    labels: NDArray[np.int64]  # (n,)
    files: tuple[str, ...]  # (n,) relative paths
    weights: NDArray[np.float64] | None = None  # (n,) of each image's loss, where the set has any


def file_names(labels: NDArray[np.int64], classes: Sequence[str]) -> tuple[str, ...]:
    """The relative paths (n,) of images with labels (n,), numbered within their class."""
    seen: dict[int, int] = {}
    files = []
    for label in labels.tolist():
        files.append(f"{class_folder(classes[label])}/{seen.get(label, 0)}.png")
        seen[label] = seen.get(label, 0) + 1
    return tuple(files)


def class_folder(name: str) -> str:
    """The folder name of a class: its name, without what a path gives a meaning to."""
    return "".join("_" if c in '/\\:*?"<>|' or ord(c) < 32 else c for c in name).strip(". ") or "_"


def read_set(folder: Path, classes: Sequence[str]) -> SetOnDisk:
    """Reads a folder of class folders of images of one size.

    Raises:
        Refused: if there is no such folder, no image in it, or one cannot be read.
    """
    if not folder.is_dir():
        raise Refused(f"There is no folder {folder}.")
    images, labels, files = [], [], []
    for label, name in enumerate(classes):
        paths = sorted((folder / class_folder(name)).glob("*.png"), key=_natural)
        for path in paths:
            images.append(_read_image(path))
            labels.append(label)
            files.append(f"{class_folder(name)}/{path.name}")
    if not images:
        raise Refused(f"{folder} holds no images: it needs a folder of PNG files for each class.")
    sizes = {image.shape for image in images}
    if len(sizes) > 1:
        raise Refused(f"The images in {folder} have different sizes: {sorted(sizes)[:4]}.")
    return SetOnDisk(np.stack(images), np.array(labels), tuple(files), _read_weights(folder, files))


def _read_weights(folder: Path, files: Sequence[str]) -> NDArray[np.float64] | None:
    path = folder / "metadata.jsonl"
    if not path.is_file():
        return None
    try:
        return weights_of(path.read_text(encoding="utf-8"), files)
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"{path} cannot be read as text.") from error


def weights_of(text: str, files: Sequence[str]) -> NDArray[np.float64] | None:
    """The field `weight` of a metadata.jsonl for some files: (n,), or None where it has none.

    DDOQ (ICLR 2026) weights the loss of each image by the share of the class that it stands for.

    Raises:
        Refused: if a line is not JSON, or some of the files have a weight and others have not.
    """
    found: dict[str, float] = {}
    for i, line in enumerate(filter(str.strip, text.splitlines()), 1):
        try:
            row = json.loads(line)
            name, weight = str(row["file_name"]), row.get("weight")
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise Refused(
                f"Line {i} of metadata.jsonl is not a JSON object with a file_name."
            ) from error
        if weight is not None:
            found[name] = number(f"weight of {name[:60]}", weight, 0, 1e12)
    lacking = [name for name in files if name not in found]
    if len(lacking) == len(files):
        return None
    if lacking:
        raise Refused(
            f"metadata.jsonl weights some images and not others; without a weight: {lacking[:4]}."
        )
    return np.array([found[name] for name in files])


def _natural(path: Path) -> tuple[int, str]:
    return (int(path.stem) if path.stem.isdigit() else 1 << 30, path.name)


def _read_image(path: Path) -> NDArray[np.uint8]:
    try:
        with Image.open(path, formats=["PNG"]) as image:
            if image.width * image.height > MAX_PIXELS:
                raise Refused(f"{path} is too large: {image.width} x {image.height} pixels.")
            return np.asarray(image.convert("RGB"))
    except (OSError, SyntaxError, ValueError) as error:
        raise Refused(f"{path} is not a PNG image that can be read.") from error


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object in a file.

    Raises:
        Refused: if it cannot be read, or holds something else.
    """
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Refused(f"{path} cannot be read as JSON.") from error
    if not isinstance(read, dict):
        raise Refused(f"{path} is not a JSON object.")
    return read


def dataset_of(folder: Path) -> str:
    """The data set that a distilled folder belongs to, by its manifest.

    Raises:
        Refused: if it has none that can be read.
    """
    path = folder / "manifest.json"
    if not path.is_file():
        raise Refused(f"{folder} has no manifest.json; name its data set with --dataset.")
    dataset = read_json(path).get("dataset")
    name = dataset.get("name") if isinstance(dataset, dict) else None
    if name not in list(DATASETS):
        raise Refused(
            f"{path} names no known data set: {str(name)[:60]!r}. If it is one of your own, name "
            "its folder with --dataset."
        )
    return str(name)
