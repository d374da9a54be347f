"""Photographs: CIFAR and Imagenette, as they lie on the machine or from where they are public.

Looked for in the folder that DISTILLER_DATA names, as a zip or a folder with class folders; else
downloaded once. Decoded pixels are kept in the cache under a key of the files they came from,
and mapped into memory: the second time nothing is decoded. The first time a process of its own
decodes them.
"""

import os
import re
import shutil
import tarfile
import zipfile
from collections.abc import Callable, Collection, Generator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import Refused
from ..event import Event
from ..machine.disk import cache_folder, written_whole
from ..machine.web import download
from .apart import check_classes, read_apart
from .archive import key_of
from .class_folders import Pictures, load_pictures, read_pictures, save_pictures
from .class_list import class_list
from .report import Report

__all__ = [
    "ARCHIVES", "CIFAR10", "CIFAR100", "IMAGENETTE", "IMAGENETTE64", "Photographs",
    "also_called", "find", "load_photographs",
]  # fmt: skip


ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz")
KEPT = 3  # archives of one set at one size whose arrays stay in the cache
APART = 4 * 2**20  # bytes of an archive; a smaller one is read sooner than a process starts


@dataclass(frozen=True)
class Photographs:
    """A public set of photographs: what it is called, and where it is had."""

    name: str
    title: str
    size: int  # pixels, height and width
    folders: Mapping[str, str]  # class folder, in small letters, to class name
    known_as: tuple[str, ...]  # names of an archive or a folder that hold it, without .zip
    url: str
    md5: str  # as published
    unpack: Callable[[Path, "Photographs"], Pictures | None]
    """Turns the download into pictures, or into a zip beside it that holds them."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The class names, in order."""
        return tuple(dict.fromkeys(self.folders.values()))

    @property
    def repacked(self) -> Path:
        """The zip that a download was turned into, the same for every size."""
        return cache_folder() / f"{self.known_as[0]}.zip"


def find(which: Photographs) -> Path | None:
    """Where a set lies on this machine, unless it has yet to be downloaded."""
    named = os.environ.get("DISTILLER_DATA")
    known = {name + suffix for name in which.known_as for suffix in ("", *ARCHIVES)}
    try:
        for path in sorted(Path(named).iterdir()) if named else ():
            if path.name.lower() in known:
                return path
    except OSError:  # a folder that is not there holds nothing
        pass
    ready = (_kept(which, which.md5), which.repacked)
    return next((path for path in ready if path.exists()), None)


def also_called(classes: Collection[str]) -> dict[str, str]:
    """WordNet IDs, by which ImageNet names its folders, to those of the classes that have one."""
    known = class_list("imagenet-1k")
    return {w: name for w, name in zip(known.wnids, known.names, strict=True) if name in classes}


def load_photographs(which: Photographs) -> Generator[Event, None, Pictures]:
    """Finds, downloads, decodes a set, as far as that has not been done.

    Raises:
        Refused: if it is not on the machine and cannot be downloaded, or lacks a class.
    """
    path = find(which)
    if path is None:
        pictures = yield from _fetched(which)
        if pictures is not None:
            return pictures
        path = which.repacked
    if (path / "pictures.json").is_file():
        return load_pictures(path)
    kept = _kept(which, key_of(path))
    if kept.is_dir():
        with suppress(Refused):  # damaged, it is made anew
            return load_pictures(kept, checked=True)
    _make_way(which)
    lacking = f"{path} is not all of {which.title}:"
    if path.is_dir() or path.stat().st_size > APART:
        with suppress(OSError):  # a cache that cannot be written is done without
            return (
                yield from read_apart(
                    path, which.size, names=which.folders, classes=which.classes,
                    lacking=lacking, folder=kept,
                )
            )  # fmt: skip
    pictures = yield from read_pictures(path, which.size, names=which.folders)
    check_classes(pictures, which.classes, lacking)
    return _keep(pictures, kept)


def _kept(which: Photographs, key: str) -> Path:
    return cache_folder() / f"{which.name}-{which.size}-{key[:16]}"


def _make_way(which: Photographs) -> None:
    """Removes the arrays of other archives of a set but for the newest, so one more has room."""
    name = re.compile(re.escape(f"{which.name}-{which.size}-") + "[0-9a-f]{16}")
    with suppress(OSError):  # another process may remove them, too
        found = [path for path in cache_folder().glob("*") if name.fullmatch(path.name)]
        found.sort(key=lambda path: path.stat().st_mtime_ns)
        for folder in found[: 1 - KEPT]:
            shutil.rmtree(folder, ignore_errors=True)


def _keep(pictures: Pictures, folder: Path) -> Pictures:
    """The pictures from the cache; a cache that cannot be written is done without."""
    try:
        save_pictures(pictures, folder)
    except OSError:
        return pictures
    return load_pictures(folder)


def _fetched(which: Photographs) -> Generator[Event, None, Pictures | None]:
    archive = cache_folder() / which.url.rpartition("/")[2]
    try:
        yield from download(which.url, archive, which.md5, f"download {which.name}")
        return which.unpack(archive, which)
    except (Refused, OSError, tarfile.TarError, ValueError) as error:
        named = os.environ.get("DISTILLER_DATA")
        where = f"{named} (DISTILLER_DATA)" if named else "a folder, and name it in DISTILLER_DATA"
        raise Refused(
            f"{which.title} is not on this machine, and getting it failed: {error} Put "
            f"{which.known_as[0]}.zip, or a folder {which.known_as[0]} with "
            f"train/<class>/ and test/<class>/, into {where}."
        ) from error
    finally:
        archive.unlink(missing_ok=True)


# ---------------------------------------------------------------------------- CIFAR-10 and -100


def _cifar(archive: Path, which: Photographs) -> Pictures:
    """Reads the binary version: records of labels and 3072 bytes, red, green, blue planes.

    CIFAR-10 has one label, CIFAR-100 a coarse one and then the class.
    """
    n = len(which.classes)
    before = 0 if n == 10 else 1  # bytes before the class
    parts: dict[str, list[NDArray[np.uint8]]] = {"train": [], "test": []}
    with tarfile.open(archive) as file:
        for member in sorted(file.getmembers(), key=lambda member: member.name):
            content = file.extractfile(member)
            if content is not None and member.name.endswith(".bin"):
                records = np.frombuffer(content.read(), np.uint8).reshape(-1, before + 3073)
                parts["test" if "test" in member.name else "train"].append(records[:, before:])
    (train, train_labels), (test, test_labels) = (_records(parts[name]) for name in parts)
    counts = zip(
        *(np.bincount(labels, minlength=n) for labels in (train_labels, test_labels)), strict=True
    )
    kept = {name: [int(k) for k in pair] for name, pair in zip(which.classes, counts, strict=True)}
    report = Report(kept=kept)
    pictures = Pictures(which.classes, train, train_labels, test, test_labels, which.md5, report)
    return _keep(pictures, _kept(which, which.md5))


def _records(parts: list[NDArray[np.uint8]]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Pixels (n, 32, 32, 3) and labels (n,), sorted by label."""
    records = np.concatenate(parts)
    records = records[np.argsort(records[:, 0], kind="stable")]
    images = records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(images), records[:, 0].astype(np.int64)


CIFAR10 = Photographs(
    name="cifar10",
    title="CIFAR-10",
    size=32,
    folders={
        name: name
        for name in (
            "airplane", "automobile", "bird", "cat", "deer",
            "dog", "frog", "horse", "ship", "truck",
        )
    },
    known_as=("cifar10", "cifar-10", "cifar10-images", "cifar-10-images"),
    # The binary version: the same pixels as the Python one, and no pickle to be trusted.
    url="https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    md5="c32a1d4ab5d03f1284b67883e8d87530",
    unpack=_cifar,
)  # fmt: skip
"""https://www.cs.toronto.edu/~kriz/cifar.html, where the checksum stands too."""

CIFAR100 = Photographs(
    name="cifar100",
    title="CIFAR-100",
    size=32,
    folders={name: name for name in class_list("cifar100").names},
    known_as=("cifar100", "cifar-100", "cifar100-images", "cifar-100-images"),
    url="https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
    md5="03b5dce01913d631647c71ecec9e9cb8",
    unpack=_cifar,
)
"""From the same place."""


# ----------------------------------------------------------------------------------- Imagenette


def _imagenette(archive: Path, which: Photographs) -> None:
    """Packs the tar's pictures into a zip, which can be listed before it is read."""
    with (
        written_whole(which.repacked) as partial,
        tarfile.open(archive) as tar,
        zipfile.ZipFile(partial, "w") as packed,
    ):
        for member in tar:
            content = tar.extractfile(member)
            if content is not None and member.name.lower().endswith((".jpeg", ".jpg", ".png")):
                packed.writestr(member.name, content.read())


_WORDNET = dict(zip(class_list("imagenette").wnids, class_list("imagenette").names, strict=True))

IMAGENETTE = Photographs(
    name="imagenette",
    title="Imagenette",
    size=128,
    folders={**_WORDNET, **{name.casefold(): name for name in _WORDNET.values()}},
    known_as=(
        "imagenette", "imagenette128", "imagenette2-160", "imagenette2-320", "imagenette2",
        "imagenette-160", "imagenette-320",
    ),
    url="https://s3.amazonaws.com/fast-ai-imageclas/imagenette2-160.tgz",
    md5="e793b78cc4c9e9a4ccc0c1155377a412",
    unpack=_imagenette,
)  # fmt: skip
"""https://github.com/fastai/imagenette; the checksum is the one torchvision publishes."""

IMAGENETTE64 = replace(IMAGENETTE, name="imagenette64", title="Imagenette, 64 pixels", size=64)
"""The same photographs, in the same split, at half the side."""
