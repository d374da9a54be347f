"""Data sets: real images with their classes, in a train and a test split."""

import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import Refused, unknown

__all__ = ["DATASETS", "Dataset", "Source", "Split", "cache_folder", "dataset_table", "load"]


@dataclass(frozen=True)
class Split:
    """Some images of a data set, in a fixed order."""

    images: NDArray[np.uint8]  # (n, size, size, 3)
    labels: NDArray[np.int64]  # (n,)
    modes: NDArray[np.int64] | None = None  # (n,) where the modes inside a class are known

    def of(self, label: int) -> NDArray[np.int64]:
        """The indices of a class's images."""
        return np.flatnonzero(self.labels == label)

    def fingerprint(self) -> str:
        """A hash of all images and labels, as 24 hexadecimal digits."""
        content = hashlib.sha256(repr(self.images.shape).encode())
        for k in range(0, len(self.images), 1000):
            content.update(np.ascontiguousarray(self.images[k : k + 1000]).tobytes())
        content.update(np.ascontiguousarray(self.labels, "<i8").tobytes())
        return content.hexdigest()[:24]


@dataclass(frozen=True)
class Dataset:
    """A data set in memory."""

    name: str
    classes: tuple[str, ...]
    train: Split
    test: Split
    modes: tuple[str, ...] = ()  # names of the known modes, the same in every class

    @property
    def size(self) -> int:
        """Height and width of an image in pixels."""
        return int(self.train.images.shape[1])

    def choose_from(self, label: int, n: int) -> NDArray[np.int64]:
        """The indices of a class's training images, of which n are to be chosen.

        Raises:
            Refused: if there are fewer.
        """
        members = self.train.of(label)
        if n > len(members):
            raise Refused(
                f"The class {self.classes[label]!r} has {len(members)} training images; "
                f"{n} were asked for."
            )
        return members


@dataclass(frozen=True)
class Source:
    """Where a data set comes from, known without loading it."""

    title: str
    about: str
    classes: tuple[str, ...]
    size: int
    load: Callable[[], Dataset]
    modes: tuple[str, ...] = ()


def load(name: str) -> Dataset:
    """Loads a data set by name.

    Raises:
        Refused: if there is no data set of that name.
    """
    if name not in DATASETS:
        raise Refused(unknown("data set", name, DATASETS))
    return DATASETS[name].load()


def cache_folder() -> Path:
    """The folder for what can be made again: DISTILLER_CACHE, else the user's cache folder."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("DISTILLER_CACHE") or Path(home) / "distiller")


@cache
def _digits() -> Dataset:
    from PIL import Image
    from sklearn.datasets import load_digits

    bunch = load_digits()
    small = np.rint(bunch.images * (255 / 16)).astype(np.uint8)
    large = [Image.fromarray(image).resize((32, 32), Image.Resampling.BICUBIC) for image in small]
    images = np.stack([np.asarray(image.convert("RGB")) for image in large])
    labels = bunch.target.astype(np.int64)
    test = np.zeros(len(labels), bool)
    rng = np.random.default_rng(0)
    for label in range(10):
        members = rng.permutation(np.flatnonzero(labels == label))
        test[members[: round(len(members) / 5)]] = True
    return Dataset(
        "digits",
        tuple("0123456789"),
        train=Split(images[~test], labels[~test]),
        test=Split(images[test], labels[test]),
    )


@cache
def _solids() -> Dataset:
    from . import solids

    return Dataset(
        "solids",
        solids.CLASSES,
        train=render_solids(per_class=1000, seed=0),
        test=render_solids(per_class=200, seed=1),
        modes=solids.MODES,
    )


def render_solids(per_class: int, seed: int) -> Split:
    """Renders solids, `per_class` of each class in turn, or reads them from the cache."""
    from . import solids

    scenes = [solids.draw(label, per_class, seed) for label in range(len(solids.CLASSES))]
    version = hashlib.sha256(Path(solids.__file__).read_bytes()).hexdigest()[:12]
    path = cache_folder() / f"solids-{version}-{per_class}-{seed}.npy"
    if path.exists():
        images = np.load(path, mmap_mode="r", allow_pickle=False)
    else:
        images = np.concatenate([solids.render(scene) for scene in scenes])
        _save(path, images)
    labels = np.concatenate([scene.labels for scene in scenes])
    return Split(images, labels, np.concatenate([scene.modes for scene in scenes]))


def _save(path: Path, array: NDArray[np.uint8]) -> None:
    """Writes an array whole or not at all; a cache that cannot be written is done without."""
    partial = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:
            np.save(file, array)
        partial.replace(path)
    except OSError:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


DATASETS: dict[str, Source] = {
    "digits": Source(
        "Digits",
        "1,797 real handwritten digits (UCI, through scikit-learn), shown at 32 x 32",
        tuple("0123456789"),
        32,
        _digits,
    ),
    "solids": Source(
        "Solids",
        "12,000 rendered images of 10 shapes, each with 12 known modes in a long-tailed mix",
        (
            "sphere", "cube", "cylinder", "cone", "torus",
            "capsule", "pyramid", "octahedron", "star", "cross",
        ),
        64,
        _solids,
        tuple(
            f"{material} on {floor}"
            for material in ("matte", "glossy", "striped", "checkered")
            for floor in ("plain", "tiles", "planks")
        ),
    ),
}  # fmt: skip


def dataset_table() -> dict[str, dict[str, Any]]:
    """The data sets as plain values, for the command line and the API."""
    return {
        name: {"title": s.title, "about": s.about, "classes": list(s.classes), "size": s.size}
        for name, s in DATASETS.items()
    }
