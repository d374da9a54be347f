"""Pictures: any folder or archive of pictures of several classes, read into arrays of one size.

What counts as a class and as a split is told by `layout`. A file that cannot be read is left out
and named in the report, never replaced.
"""

import json
import unicodedata
from collections.abc import Generator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import Refused
from ..event import Event
from ..machine.disk import written_whole
from ..machine.seal import check_seal, seal
from .archive import open_tree
from .layout import PictureFile, lay_out
from .picture import decode, depth
from .report import LEAST, Report, shown
from .tree import Tree

__all__ = [
    "Pictures", "Report", "find_pictures", "load_pictures", "read_pictures", "save_pictures",
]  # fmt: skip

TEST_SHARE = 0.1  # of a class, where no test split is given
MAX_MEMORY = 8 * 2**30  # bytes of all pictures at their final size
ARRAYS = ("train", "train_labels", "test", "test_labels")
JPEG = b"\xff\xd8\xff"  # how a file begins whose greys never have 16 bits
DARK = 25  # of 255: a picture without a brighter pixel is nearly black


@dataclass(frozen=True)
class Pictures:
    """Pictures of several classes at one size, in a train and a test split."""

    classes: tuple[str, ...]
    train: NDArray[np.uint8]  # (n, size, size, 3)
    train_labels: NDArray[np.int64]  # (n,)
    test: NDArray[np.uint8]  # (m, size, size, 3)
    test_labels: NDArray[np.int64]  # (m,)
    key: str  # of the tree that they were read from: changes with its names, sizes and times
    report: Report
    class_level: int = 1  # of the folders that name the classes

    def are(self, other: "Pictures") -> bool:
        """Whether these are the same pictures of the same classes, wherever they lay."""
        return self.classes == other.classes and all(
            np.array_equal(getattr(self, name), getattr(other, name))
            for name in ("train_labels", "test_labels", "train", "test")
        )


# -------------------------------------------------------------------------------------- reading


def read_pictures(
    path: Path,
    size: int,
    *,
    names: Mapping[str, str] | None = None,
    seed: int = 0,
    class_level: int = 1,
    without: Path | None = None,
) -> Generator[Event, None, Pictures]:
    """Reads a folder, a zip or a tar of pictures, yielding an event per file.

    With `names`, from class folders in small letters to class names, just those classes are
    expected, in that order; else every folder of the `class_level` is a class, in the order of
    their names. What lies in the folder `without` is left out.

    Raises:
        Refused: if there is nothing of the kind, it was made to harm, or fewer than two classes
            have enough pictures that can be read.
    """
    tree = open_tree(path, without=without)
    report = Report()
    files, classes = find_pictures(tree, report, names=names, class_level=class_level)
    if len(files) * size * size * 3 > MAX_MEMORY:
        raise Refused(
            f"{path} holds {len(files):,} pictures, more than fit into "
            f"{MAX_MEMORY // 2**30} GB at {size} x {size}; take fewer, or smaller."
        )
    images, kept = yield from _decoded(tree, files, size, report)
    labels = np.array([classes.index(files[i].name) for i in kept], np.int64)
    given = [files[i].split for i in kept]
    test = _tested(given, labels, seed)
    _note_untested(given, labels, classes, report)
    offered = np.array([split != "test" for split in given], bool)
    found = _assembled(tree, classes, images, labels, test, offered, report)
    return replace(found, class_level=class_level)


def find_pictures(
    tree: Tree,
    report: Report,
    *,
    names: Mapping[str, str] | None = None,
    class_level: int = 1,
) -> tuple[list[PictureFile], list[str]]:
    """The pictures of a tree, named after their classes, and these in order; none is read.

    Raises:
        Refused: if there are fewer than two classes, or not those that are expected.
    """
    files, order = lay_out(tree, report, class_level)
    return _named(tree, files, order, names, report)


def _decoded(
    tree: Tree, files: Sequence[PictureFile], size: int, report: Report
) -> Generator[Event, None, tuple[NDArray[np.uint8], list[int]]]:
    """The pictures that can be read, (n, size, size, 3), and which of the files they are."""
    place = {file.leaf.name: i for i, file in enumerate(files)}
    images = np.empty((len(files), size, size, 3), np.uint8)
    reasons: dict[int, str] = {}
    deep: dict[int, int] = {}  # bits that are in use, of greys of 16 bits
    for n, (leaf, content) in enumerate(tree.contents([file.leaf for file in files])):
        i = place[leaf.name]
        try:
            if isinstance(content, Refused):
                raise content
            images[i] = decode(content, size)
            if not content.startswith(JPEG) and (bits := depth(content)):
                deep[i] = bits
        except Refused as refused:
            reasons[i] = str(refused)
        yield Event("read", n, len(files))
    report.left_out.extend([files[i].leaf.name, reasons[i]] for i in sorted(reasons))
    if deep and (bits := max(8, *deep.values())) < 16:
        for leaf, content in tree.contents([files[i].leaf for i in sorted(deep)]):
            if isinstance(content, bytes):
                images[place[leaf.name]] = decode(content, size, bits)
        report.notes.append(
            f"{len(deep):,} pictures are greys of 16 bits, of which none uses more than {bits}: "
            f"{2**bits - 1:,} is shown as white."
        )
    kept = [i for i in range(len(files)) if i not in reasons]
    for to, i in enumerate(kept):
        images[to] = images[i]
    images = images[: len(kept)]
    if (dark := sum(int(image.max() <= DARK) for image in images)) > len(kept) / 2:
        report.notes.append(
            f"{dark:,} of {len(kept):,} pictures are nearly black: no pixel is brighter than "
            f"{DARK} of 255. If they should not be, save them anew with 8 bits from 0 to 255."
        )
    return images, kept


def _named(
    tree: Tree,
    files: list[PictureFile],
    order: list[str] | None,
    names: Mapping[str, str] | None,
    report: Report,
) -> tuple[list[PictureFile], list[str]]:
    """The files of expected classes with their class names, and these in order.

    Raises:
        Refused: if there are fewer than two classes, or not those that are expected.
    """
    folders = sorted({file.name for file in files}, key=(order or []).index if order else None)
    if names is not None:
        called = {f: names[_plain(f)] for f in folders if _plain(f) in names}
        classes = list(dict.fromkeys(names.values()))
        missing = sorted(set(classes) - set(called.values()))
        if missing:
            first = (
                f"{tree.path} has no folder with pictures of {', '.join(missing[:10])}; "
                f"found: {', '.join(map(shown, folders[:10])) or 'none'}."
            )
            raise Refused("\n".join([first, *report.lines()[1:]]))
        return [replace(f, name=called[f.name]) for f in files if f.name in called], classes
    if len(folders) < 2:
        first = (
            f"{tree.path} needs a folder of pictures for each of at least two classes, such as "
            f"cats/ and dogs/, or a metadata.csv with the columns file_name and label; "
            f"found {f'only {shown(folders[0])!r}' if folders else 'none'}."
        )
        raise Refused("\n".join([first, *report.lines()[1:]]))
    seen: dict[str, str] = {}
    for folder in folders:
        other = seen.setdefault(_class_name(folder).casefold(), folder)
        if other != folder:
            raise Refused(
                f"The class folders {other!r} and {folder!r} are named alike; rename one."
            )
    return [replace(f, name=_class_name(f.name)) for f in files], [*map(_class_name, folders)]


def _plain(folder: str) -> str:
    return folder.replace("_", " ").replace("-", " ").casefold()


def _class_name(folder: str) -> str:
    """A folder's name as a class name: commas separate names elsewhere, and control is no text."""
    text = unicodedata.normalize("NFC", folder)
    text = "".join(c if c.isprintable() and c not in ',/\\:*?"<>|' else " " for c in text)
    return " ".join(text.split())[:80].strip(". ") or "unnamed"


def _tested(splits: Sequence[str], labels: NDArray[np.int64], seed: int) -> NDArray[np.bool_]:
    """Which pictures are for testing: of a class the test split, else a seeded share of it."""
    test = np.array([split == "test" for split in splits], bool)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        if not test[members].any():
            n = max(1, round(TEST_SHARE * len(members)))
            test[np.random.default_rng([seed, label]).permutation(members)[:n]] = True
    return test


def _note_untested(
    splits: Sequence[str], labels: NDArray[np.int64], classes: Sequence[str], report: Report
) -> None:
    """Says which classes a given test split lacks."""
    tested = {int(label) for label, split in zip(labels, splits, strict=True) if split == "test"}
    untested = [classes[k] for k in np.unique(labels) if int(k) not in tested]
    if tested and untested:
        report.notes.append(
            f"There are no test pictures of {', '.join(untested[:10])}: a tenth of the training "
            "pictures is taken."
        )


def _assembled(
    tree: Tree,
    called: Sequence[str],
    images: NDArray[np.uint8],
    labels: NDArray[np.int64],
    test: NDArray[np.bool_],
    offered: NDArray[np.bool_],
    report: Report,
) -> Pictures:
    """Pictures of the classes that have enough of them, sorted by split and class.

    Enough is counted before a share is taken for testing.
    """
    counts = [
        (int((~test[labels == k]).sum()), int(test[labels == k].sum())) for k in range(len(called))
    ]
    sizes = [int((offered & (labels == k)).sum()) for k in range(len(called))]
    enough = [k for k, n in enumerate(sizes) if n >= LEAST]
    report.small.update({called[k]: n for k, n in enumerate(sizes) if n < LEAST})
    report.kept.update({called[k]: list(counts[k]) for k in enough})
    if len(enough) < 2:
        first = (
            f"{tree.path} has {len(enough)} classes with at least {LEAST} pictures that can be "
            "read and trained on; two are needed."
        )
        raise Refused("\n".join([first, *report.lines()[1:]]))

    def part(chosen: NDArray[np.bool_]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        rows = [np.flatnonzero(chosen & (labels == k)) for k in enough]
        return images[np.concatenate(rows)], np.repeat(np.arange(len(rows)), [*map(len, rows)])

    classes = tuple(called[k] for k in enough)
    return Pictures(classes, *part(~test), *part(test), tree.key, report)


# -------------------------------------------------------------------------------------- on disk


def save_pictures(pictures: Pictures, folder: Path) -> None:
    """Writes pictures as a folder of plain arrays, whole or not at all.

    Raises:
        OSError: if it cannot be written.
    """
    with written_whole(folder) as partial:
        partial.mkdir()
        for name in ARRAYS:
            with (partial / f"{name}.npy").open("w+b") as file:
                np.save(file, getattr(pictures, name))
                seal(file)
        about = {name: getattr(pictures, name) for name in ("classes", "key", "class_level")}
        about["report"] = asdict(pictures.report)
        (partial / "pictures.json").write_text(json.dumps(about, indent=1), encoding="utf-8")


def load_pictures(folder: Path, *, checked: bool = False) -> Pictures:
    """Maps what `save_pictures` wrote into memory: nothing is read before it is used.

    Checked, all is read once and compared with its checksums: a gigabyte takes about a second.

    Raises:
        Refused: if something is missing or broken.
    """
    try:
        if checked:
            for name in ARRAYS:
                check_seal(folder / f"{name}.npy")
        about: dict[str, Any] = json.loads((folder / "pictures.json").read_text(encoding="utf-8"))
        arrays = {
            name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
            for name in ARRAYS
        }
        labels = {k: np.asarray(v, np.int64) for k, v in arrays.items() if k.endswith("_labels")}
        for name in ("train", "test"):
            images = arrays[name]
            if (
                images.ndim != 4
                or images.dtype != np.uint8
                or len(images) != len(labels[f"{name}_labels"])
            ):
                raise ValueError(f"{name}.npy has shape {images.shape}")
        return Pictures(
            classes=tuple(map(str, about["classes"])),
            train=arrays["train"],
            test=arrays["test"],
            **labels,
            key=str(about["key"]),
            report=Report(**about["report"]),
            class_level=int(about.get("class_level", 1)),  # there was no choice once
        )
    except (OSError, ValueError, KeyError, TypeError, EOFError, RecursionError) as error:
        raise Refused(
            f"{folder} does not hold pictures that can be read: {error}. Delete that folder, and "
            "run again what made it."
        ) from error
