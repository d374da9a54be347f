"""The registry: the data sets by name, those that come with distiller and one's own."""

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import Refused, unknown
from ..machine.arrays import keep_array, load_array
from ..machine.disk import cache_folder
from ..machine.json_file import read_json
from ..progress import show
from .class_folders import Pictures, load_pictures
from .class_list import class_list
from .dataset import Absent, Dataset, Source, Split
from .imagenet import SUBSETS, Subset, load_subset, place_of
from .photographs import (
    CIFAR10,
    CIFAR100,
    IMAGENETTE,
    IMAGENETTE64,
    Photographs,
    find,
    load_photographs,
)  # fmt: skip

__all__ = [
    "DATASETS", "Registry", "dataset_table", "discover", "from_pictures", "load", "load_here",
    "own_folder", "render_solids",
]  # fmt: skip


class Registry(Mapping[str, Source]):
    """Data sets by name, read as a dictionary is; one's own are added while a program runs.

    Whoever goes through it while another thread adds sees it as it was.
    """

    def __init__(self, sources: Mapping[str, Source]) -> None:
        self._sources = dict(sources)

    def __getitem__(self, name: str) -> Source:
        return self._sources[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._sources)

    def __len__(self) -> int:
        return len(self._sources)

    def add(self, folder: Path) -> str:
        """Adds a data set of one's own, made by `train-prior --data`.

        Returns its name, which is the folder's.

        Raises:
            Refused: if the folder does not hold one, or another data set has that name.
        """
        folder = folder.resolve()
        source = _own(folder)
        if folder.name in self and self[folder.name].folder != folder:
            other = self[folder.name].folder or "one that comes with distiller"
            raise Refused(
                f"{folder} would be the data set {folder.name!r}, and so is {other}; rename the "
                "folder."
            )
        self._sources = {**self._sources, folder.name: source}  # another, for who reads this one
        return folder.name

    def resolve(self, name: str | Path) -> str:
        """The name of a data set that is given by its name or by the folder of one's own.

        What is neither is returned as it is. Only for what a user of this machine says: a visitor
        of the page must not choose folders.

        Raises:
            Refused: if it is a folder, but not of a data set.
        """
        text = str(name)
        try:
            is_folder = text not in self and bool(text) and Path(text).is_dir()
        except OSError:  # a name too long to be that of a folder
            is_folder = False
        return self.add(Path(text)) if is_folder else text


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
    shape = (per_class * len(scenes), solids.SIZE, solids.SIZE, 3)
    images = load_array(path, mapped=True)
    if images is None or images.shape != shape or images.dtype != np.uint8:
        images = np.concatenate([solids.render(scene) for scene in scenes])
        keep_array(path, images)
    labels = np.concatenate([scene.labels for scene in scenes])
    return Split(images, labels, np.concatenate([scene.modes for scene in scenes]))


def from_pictures(
    name: str, pictures: Pictures, wnids: tuple[str, ...] = (), latents: Path | None = None
) -> Dataset:
    """The data set of pictures, under a name."""
    train = Split(pictures.train, pictures.train_labels)
    test = Split(pictures.test, pictures.test_labels)
    return Dataset(name, pictures.classes, train, test, wnids=wnids, latents=latents)


def _public(which: Photographs, about: str, wnids: tuple[str, ...] = ()) -> Source:
    return Source(
        which.title,
        about,
        which.classes,
        which.size,
        load=lambda: from_pictures(which.name, show(load_photographs(which)), wnids),
        here=lambda: find(which) is not None,
        ships=False,
        wnids=wnids,
    )


def _subset(subset: Subset) -> Source:
    n, wnids = len(subset.classes.names), subset.classes.wnids

    def here() -> bool:
        with suppress(Refused):  # what is wrong with the root is said where the images are needed
            return place_of(subset) is not None
        return False

    def read() -> Dataset:
        return from_pictures(subset.name, show(load_subset(subset, subset.size)), wnids)

    return Source(
        subset.title,
        f"{subset.title}: {n:,} classes of ImageNet, at {subset.size} x {subset.size}",
        subset.classes.names,
        subset.size,
        load=read,
        here=here,
        public=bool(subset.url),
        ships=False,
        wnids=wnids,
    )


NETTE = class_list("imagenette").wnids

DATASETS = Registry({
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
    "cifar10": _public(
        CIFAR10, "CIFAR-10: 60,000 photographs of ten kinds of animals and vehicles"
    ),
    "imagenette": _public(
        IMAGENETTE,
        "Imagenette: 13,394 photographs of ten classes of ImageNet, at 128 x 128",
        NETTE,
    ),
    "imagenette64": _public(IMAGENETTE64, "Imagenette: the same photographs, at 64 x 64", NETTE),
    "cifar100": _public(CIFAR100, "CIFAR-100: 60,000 photographs of a hundred classes"),
    **{name: _subset(subset) for name, subset in SUBSETS.items() if name != "imagenette"},
})  # fmt: skip
"""The data sets by name."""


def load_here(name: str) -> Dataset:
    """A data set as far as it is on this machine: nothing is downloaded.

    Without its images it has its classes, which is enough for a method that looks at none.

    Raises:
        Refused: if there is no data set of that name.
    """
    source = DATASETS.get(name)
    if source is None or source.here():
        return load(name)
    why = f"This needs the images of {source.title}, which are not on this machine: " + (
        "its folder came without `pictures`."
        if source.folder is not None
        else "put them into the folder that DISTILLER_DATA names, or fetch them with "
        f"`python -m distiller distill --dataset {name} --method random --out DIR`."
        if source.public
        else "name the folder of ImageNet in DISTILLER_IMAGENET."
    )
    split = Absent(source.size, why)
    return Dataset(name, source.classes, split, split, source.modes, source.wnids)


def load(name: str) -> Dataset:
    """Loads a data set by name, or by the folder of one's own.

    One that is public and not on this machine is downloaded once.

    Raises:
        Refused: if there is no data set of that name, or its images cannot be had.
    """
    name = DATASETS.resolve(name)
    if name not in DATASETS:
        raise Refused(unknown("data set", name, DATASETS))
    return DATASETS[name].load()


def dataset_table() -> dict[str, dict[str, Any]]:
    """The data sets as plain values, for the command line and the API."""
    return {
        name: {
            "title": s.title,
            "about": s.about,
            "classes": list(s.classes),
            "size": s.size,
            "here": s.here(),
        }
        for name, s in DATASETS.items()
    }


# ------------------------------------------------------------------------------------ one's own


def own_folder() -> Path:
    """Where one's own data sets lie: DISTILLER_PRIORS, else `runs`; it need not exist."""
    return Path(os.environ.get("DISTILLER_PRIORS") or "runs")


def discover() -> list[str]:
    """Adds one's own data sets, the folders in `own_folder`.

    Returns what was wrong with those that could not be added.
    """
    wrong = []
    try:
        found = sorted(own_folder().iterdir())
    except OSError:  # there need be none
        return []
    for folder in found:
        if (folder / "dataset.json").is_file():
            try:
                DATASETS.add(folder)
            except Refused as refused:
                wrong.append(str(refused))
    return wrong


def _own(folder: Path) -> Source:
    path = folder / "dataset.json"
    if not path.is_file():
        raise Refused(
            f"{folder} is a folder without a dataset.json, and so not a data set; "
            "`python -m distiller train-prior --data PICTURES --out DIR` makes one."
        )
    try:
        about = read_json(path)
        words, size = str(about["about"]), int(about["size"])
        classes = tuple(map(str, about["classes"]))
        wnids = tuple(map(str, about.get("wnids", ())))
        prior, licence = about.get("prior"), about.get("licence")
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(
            f"{folder} is not a data set: its dataset.json cannot be read ({str(error)[:80]}). "
            "Run the `train-prior --data` that made it again."
        ) from error
    latents = folder / "latents" if (folder / "latents").is_dir() else None
    return Source(
        folder.name,
        words,
        classes,
        size,
        load=lambda: from_pictures(folder.name, load_pictures(folder / "pictures"), wnids, latents),
        here=lambda: (folder / "pictures" / "pictures.json").is_file(),
        folder=folder,
        wnids=wnids,
        prior=prior,
        licence=licence,
    )
