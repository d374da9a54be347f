"""ImageNet: its subsets by their class lists, at any size, as the papers take them.

    ROOT/train/<wnid>/*.JPEG     ROOT/val/<wnid>/*.JPEG              as most keep it
    ROOT/val/*.JPEG              ROOT/LOC_val_solution.csv           as Kaggle gives it

DISTILLER_IMAGENET names the root. Only the folders of a subset's classes are looked at. Without a
root a subset is read from a folder or an archive in the folder that DISTILLER_DATA names, which is
fewer pictures a class than the papers train on; Imagenette and Imagewoof are public and downloaded.
"""

import csv
import os
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..errors import Refused
from ..event import Event
from ..machine.disk import cache_folder
from ..machine.web import download
from .archive import open_tree
from .class_folders import Pictures, find_pictures, load_pictures
from .class_list import ClassList, class_list
from .layout import PictureFile, not_a_picture
from .photographs import ARCHIVES
from .report import Report
from .streamed import stream_pictures
from .tree import Bounds, Leaf, Tree, stamp, too_large

__all__ = ["SUBSETS", "Subset", "imagenet_root", "load_subset", "place_of"]

VARIABLE = "DISTILLER_IMAGENET"
INSIDE = ("", "ILSVRC/Data/CLS-LOC", "Data/CLS-LOC")  # where train/ and val/ lie below a root
SOLUTION = "LOC_val_solution.csv"  # ImageId,PredictionString: the WordNet ID comes first
ANNOTATIONS = "val_annotations.txt"  # of Tiny ImageNet: file name, WordNet ID, and more
BOUNDS = Bounds()


@dataclass(frozen=True)
class Subset:
    """Some classes of ImageNet that are a data set."""

    name: str
    title: str
    archives: tuple[str, ...] = ()  # names of an archive or a folder that hold it; the best first
    url: str = ""  # where it is public
    checksum: str = ""
    size: int = 256  # pixels, where no other size is asked for
    own: bool = False  # whether its pictures are its own, and not those of an ImageNet root

    @property
    def classes(self) -> ClassList:
        """Its classes, in the order of their labels."""
        return class_list(self.name)


_FASTAI = "https://s3.amazonaws.com/fast-ai-imageclas/"

SUBSETS = {
    subset.name: subset
    for subset in (
        Subset(
            "imagenette",
            "Imagenette",
            ("imagenette2", "imagenette2-320", "imagenette", "imagenette2-160", "imagenette128"),
            _FASTAI + "imagenette2-320.tgz",
            "3df6f0d01a2c9592104656642f5e78a3",  # MD5, which torchvision publishes too
        ),
        Subset(
            "imagewoof",
            "Imagewoof",
            ("imagewoof2", "imagewoof2-320", "imagewoof", "imagewoof2-160"),
            _FASTAI + "imagewoof2-320.tgz",
            # SHA-256, as the registries of FastAI.jl and MLDatasets state it
            "4e4905ed7643120daaf9bf3b2ef7f3a7e8396d9bdaf254a38c6f01f618b4973d",
        ),
        Subset("imageidc", "ImageIDC", ("imageidc", "imagenet-10")),
        *(Subset(f"imagenet-{k}", f"ImageNet-{k.upper()}", (f"imagenet-{k}",)) for k in "abcde"),
        Subset("imagenet-100", "ImageNet-100", ("imagenet-100", "imagenet100")),
        Subset("imagenet-1k", "ImageNet-1K", ("imagenet-1k",)),
        Subset(
            "tiny-imagenet",
            "Tiny ImageNet",
            ("tiny-imagenet-200", "tiny-imagenet"),
            "http://cs231n.stanford.edu/tiny-imagenet-200.zip",
            "90528d7ca1a48142e341f4ef8d21d0de",  # MD5, as many projects state it
            size=64,
            own=True,
        ),
    )
}
"""The subsets by name. Imagenette at 128 pixels, with its prior, is one of the photographs."""


def imagenet_root() -> Path | None:
    """The folder with train/ and val/ below what DISTILLER_IMAGENET names; None if it names none.

    Raises:
        Refused: if there is no such folder, or it has no train/.
    """
    named = os.environ.get(VARIABLE)
    if not named:
        return None
    for inside in INSIDE:
        if (Path(named) / inside / "train").is_dir():
            return Path(named) / inside
    raise Refused(
        f"{VARIABLE} names {named}, which has no train/ with a folder for each class, such as "
        "train/n01440764/. Name the folder of ImageNet, or none."
    )


def place_of(subset: Subset) -> Path | None:
    """Where a subset can be read from on this machine: the root, else a folder or an archive.

    Raises:
        Refused: as `imagenet_root` does.
    """
    root = None if subset.own else imagenet_root()
    if root is not None:
        return root
    named = os.environ.get("DISTILLER_DATA")
    known = [name + suffix for name in subset.archives for suffix in ("", *ARCHIVES)]
    found: dict[str, Path] = {}
    with suppress(OSError):  # a folder that is not there holds nothing
        found = {path.name.lower(): path for path in sorted(Path(named).iterdir())} if named else {}
    kept = cache_folder() / subset.url.rpartition("/")[2]
    return next((found[name] for name in known if name in found), None) or (
        kept if subset.url and kept.is_file() else None
    )


def load_subset(
    subset: Subset, size: int, folder: Path | None = None
) -> Generator[Event, None, Pictures]:
    """Reads a subset at a size into `folder`, else into the cache; goes on from what is there.

    Raises:
        Refused: if it is not on this machine and cannot be downloaded, lacks a class, or the disk
            has no room.
        OSError: if something cannot be written.
    """
    place = place_of(subset)
    if place is None:
        place = yield from _fetched(subset)
    report = Report()
    if not subset.own and place == imagenet_root():
        tree, files = _from_root(place, subset)
    else:
        tree, files = _from_archive(place, subset, report)
    folder = folder or cache_folder() / f"{subset.name}-{size}-{tree.key}"
    if folder.is_dir():
        kept = load_pictures(folder)
        if kept.key == tree.key and kept.train.shape[1] == size:
            return kept
    return (yield from stream_pictures(tree, files, subset.classes.names, size, folder, report))


def _fetched(subset: Subset) -> Generator[Event, None, Path]:
    """The archive of a public subset, in the cache.

    Raises:
        Refused: if it is not public, or cannot be downloaded.
    """
    named = os.environ.get("DISTILLER_DATA")
    where = f"{named} (DISTILLER_DATA)" if named else "a folder, and name it in DISTILLER_DATA"
    remedy = (
        f"put a folder or an archive {subset.archives[0]} with train/<wnid>/ and val/<wnid>/ into "
        f"{where}."
    )
    if not subset.own:
        remedy = f"name the folder of ImageNet, with train/ and val/, in {VARIABLE}, or {remedy}"
    remedy = remedy[0].upper() + remedy[1:]
    if not subset.url:
        raise Refused(f"{subset.title} is not on this machine, and is not public. {remedy}")
    archive = cache_folder() / subset.url.rpartition("/")[2]
    try:
        yield from download(subset.url, archive, subset.checksum, f"download {subset.name}")
    except Refused as error:
        raise Refused(
            f"{subset.title} is not on this machine, and getting it failed: {error} {remedy}"
        ) from error
    return archive


# --------------------------------------------------------------------------------- from a root


def _from_root(root: Path, subset: Subset) -> tuple[Tree, list[PictureFile]]:
    """The pictures of a subset's classes below a root, with the files that hold them."""
    classes = subset.classes
    places: dict[str, Path] = {}
    files: list[PictureFile] = []
    for leaf, path, split, label in _listed(root, classes):
        places[leaf.name] = path
        files.append(PictureFile(leaf, split, classes.names[label]))

    def read(chosen: Sequence[Leaf]) -> Iterator[tuple[Leaf, bytes | Refused]]:
        for leaf in chosen:
            try:
                yield leaf, places[leaf.name].read_bytes()
            except OSError as error:
                yield leaf, Refused(f"cannot be read: {error.strerror or error}")

    key = stamp((name, path.stat()) for name, path in places.items())
    return Tree(root, tuple(file.leaf for file in files), key, read), files


def _listed(root: Path, classes: ClassList) -> Iterator[tuple[Leaf, Path, str, int]]:
    """The pictures of some classes: leaf, place, split and label.

    Raises:
        Refused: if the folder of a class is missing.
    """
    flat = None if _has_folders(root / "val") else _flat_tests(root, classes)
    for label, (wnid, name) in enumerate(zip(classes.wnids, classes.names, strict=True)):
        for split in ("train", "val"):
            if split == "val" and flat is not None:
                paths = flat[wnid]
            else:
                paths = _pictures_in(root / split / wnid, name)
            for path in paths:
                size = path.stat().st_size
                leaf = Leaf(f"{split}/{wnid}/{path.name}", size, too_large(size, BOUNDS))
                if not not_a_picture(leaf):
                    yield leaf, path, "test" if split == "val" else "train", label


def _pictures_in(folder: Path, name: str) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise Refused(
            f"The pictures of {name!r} cannot be read in {folder}: {error.strerror or error}."
        ) from error


def _has_folders(folder: Path) -> bool:
    try:
        with os.scandir(folder) as entries:
            return any(entry.is_dir() for entry in entries)
    except OSError as error:
        raise Refused(
            f"The test pictures cannot be read in {folder}: {error.strerror or error}."
        ) from error


def _flat_tests(root: Path, classes: ClassList) -> dict[str, list[Path]]:
    """The test pictures of each class where val/ has no folders, by Kaggle's table.

    Raises:
        Refused: if there is no such table.
    """
    tables = [folder / SOLUTION for folder in (root, *root.parents[:3])]
    table = next((path for path in tables if path.is_file()), None)
    if table is None:
        raise Refused(
            f"{root / 'val'} has no folder for each class, such as {classes.wnids[0]}/, and there "
            f"is no {SOLUTION} in {root} that says which picture is of which class. Sort the test "
            "pictures into folders, or put that table there."
        )
    found: dict[str, list[Path]] = {wnid: [] for wnid in classes.wnids}
    with table.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            wnid = row["PredictionString"].split(" ")[0]
            if wnid in found:
                found[wnid].append(root / "val" / f"{row['ImageId']}.JPEG")
    lost = [path for paths in found.values() for path in paths if not path.is_file()]
    if lost:
        raise Refused(f"{table} names {lost[0]}, which is not there; copy the pictures anew.")
    return {wnid: sorted(paths) for wnid, paths in found.items()}


# ---------------------------------------------------------------------------- from an archive


def _from_archive(place: Path, subset: Subset, report: Report) -> tuple[Tree, list[PictureFile]]:
    """The pictures of a subset in a folder or an archive; a class is a WordNet ID or a name.

    Raises:
        Refused: if a class is missing.
    """
    classes = subset.classes
    names = dict(zip(classes.wnids, classes.names, strict=True))
    names |= {name.casefold().replace("-", " "): name for name in classes.names}
    tree = open_tree(place, follow=True)
    if flat := next((leaf for leaf in tree.leaves if leaf.parts[-1] == ANNOTATIONS), None):
        return tree, _annotated(tree, flat, names)
    return tree, find_pictures(tree, report, names=names)[0]


def _annotated(tree: Tree, flat: Leaf, names: Mapping[str, str]) -> list[PictureFile]:
    """The pictures of Tiny ImageNet: train/<wnid>/images/, and val/images/ by a table beside it."""
    rows = [line.split("\t") for line in tree.read(flat).decode().splitlines() if line]
    wnids = {row[0]: row[1] for row in rows}
    tests = [*flat.parts[:-1], "images"]
    found = []
    for leaf in tree.leaves:
        *folders, file = leaf.parts
        if folders == tests and wnids.get(file) in names:
            found.append(PictureFile(leaf, "test", names[wnids[file]]))
        elif folders[-3:-2] == ["train"] and folders[-1] == "images" and folders[-2] in names:
            found.append(PictureFile(leaf, "train", names[folders[-2]]))
    return found
