"""Pictures: any folder or zip with a folder for each class, read into arrays of one size.

A file that cannot be read is left out and named in the report, never replaced.

    cats/a.jpg  dogs/b.png                     split by a seed into train and test
    train/cats/a.jpg  test/dogs/b.png          the splits as they are (test, val or validation)
    anything/train/cats/a.jpg                  one folder around it all is looked through
"""

import json
import os
import shutil
import unicodedata
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import Refused
from ..event import Event
from .archive import Leaf, Tree, open_tree
from .picture import decode

__all__ = ["Pictures", "Report", "load_pictures", "read_pictures", "save_pictures"]

SUFFIXES = (".jpg", ".jpeg", ".jfif", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff")
SPLITS = {
    "train": "train", "training": "train", "test": "test", "testing": "test",
    "val": "val", "valid": "val", "validation": "val",
}  # fmt: skip
LEAST = 10  # training pictures of a class
TEST_SHARE = 0.1  # of a class, where no test split is given
MAX_MEMORY = 8 * 2**30  # bytes of all pictures at their final size


@dataclass(frozen=True)
class Report:
    """What became of every file."""

    kept: dict[str, list[int]] = field(default_factory=dict)  # class to [training, test] pictures
    small: dict[str, int] = field(default_factory=dict)  # class left out to its training pictures
    left_out: list[list[str]] = field(default_factory=list)  # [file, reason]
    notes: list[str] = field(default_factory=list)

    def lines(self, most: int = 20) -> list[str]:
        """The report in words; at most so many files are named, the reasons are counted."""
        train, test = (sum(pair[k] for pair in self.kept.values()) for k in (0, 1))
        said = [f"{train:,} training and {test:,} test pictures of {len(self.kept)} classes."]
        said += self.notes
        for name, n in self.small.items():
            said.append(f"Class {name!r} left out: {n} training pictures; {LEAST} are needed.")
        if self.left_out:
            n = len(self.left_out)
            said.append(f"{n:,} file{'s' * (n > 1)} left out:")
            said += [f"  {_shown(name)}: {reason}" for name, reason in self.left_out[:most]]
        if len(self.left_out) > most:
            rest = Counter(reason for _, reason in self.left_out[most:])
            said += [f"  and {n:,} more: {reason}" for reason, n in rest.most_common(5)]
        return said


def _shown(name: str) -> str:
    """A file's name for a terminal, which takes no control characters and no stray bytes."""
    return "".join(c if c.isprintable() else "?" for c in name)


@dataclass(frozen=True)
class Pictures:
    """Pictures of several classes at one size, in a train and a test split."""

    classes: tuple[str, ...]
    train: NDArray[np.uint8]  # (n, size, size, 3)
    train_labels: NDArray[np.int64]  # (n,)
    test: NDArray[np.uint8]  # (m, size, size, 3)
    test_labels: NDArray[np.int64]  # (m,)
    key: str  # of the tree that they were read from
    report: Report


@dataclass(frozen=True)
class _File:
    leaf: Leaf
    split: str  # "train", "test", or "" where none is given
    name: str  # of its class folder, then of its class


# -------------------------------------------------------------------------------------- reading


def read_pictures(
    path: Path, size: int, *, names: Mapping[str, str] | None = None, seed: int = 0
) -> Generator[Event, None, Pictures]:
    """Reads a folder or a zip with class folders, yielding an event per file.

    With `names`, from class folders in small letters to class names, just those classes are
    expected, in that order; else every folder is a class, in the order of their names.

    Raises:
        Refused: if there is nothing of the kind, it was made to harm, or fewer than two classes
            have enough pictures that can be read.
    """
    tree = open_tree(path)
    report = Report()
    files, classes = _labelled(tree, _layout(tree, report), names)
    if len(files) * size * size * 3 > MAX_MEMORY:
        raise Refused(
            f"{path} holds {len(files):,} pictures, more than fit into "
            f"{MAX_MEMORY // 2**30} GB at {size} x {size}; take fewer, or smaller."
        )
    images = np.empty((len(files), size, size, 3), np.uint8)
    kept: list[int] = []
    for i, file in enumerate(files):
        try:
            images[len(kept)] = decode(tree.read(file.leaf), size)
            kept.append(i)
        except Refused as refused:
            report.left_out.append([file.leaf.name, str(refused)])
        yield Event("read", i, len(files))
    labels = np.array([classes.index(files[i].name) for i in kept], np.int64)
    test = _tested([files[i].split for i in kept], labels, seed)
    return _assembled(tree, classes, images[: len(kept)], labels, test, report)


def _layout(tree: Tree, report: Report) -> list[_File]:
    """Which file is a picture of which class and split; what is not goes into the report."""
    found: list[tuple[Leaf, list[str]]] = []
    for leaf in tree.leaves:
        parts = leaf.name.split("/")
        if _hidden(parts):
            continue
        reason = _not_a_picture(leaf)
        if reason:
            report.left_out.append([leaf.name, reason])
        else:
            found.append((leaf, parts))
    while len({parts[0] for _, parts in found}) == 1 and any(len(p) > 2 for _, p in found):
        found = [(leaf, parts[1:]) for leaf, parts in found]
    tops = {parts[0].lower() for _, parts in found if len(parts) > 1}
    if tops <= set(SPLITS) and "train" in {SPLITS[top] for top in tops}:
        return _as_split(found, report)
    return [_File(leaf, "", parts[0]) for leaf, parts in _in_folders(found, 1, report)]


def _in_folders(
    found: Sequence[tuple[Leaf, list[str]]], folders: int, report: Report
) -> list[tuple[Leaf, list[str]]]:
    """The files that lie so many folders deep; others go into the report."""
    for leaf, parts in found:
        if len(parts) <= folders:
            report.left_out.append([leaf.name, "in no class folder"])
    return [(leaf, parts) for leaf, parts in found if len(parts) > folders]


def _as_split(found: Sequence[tuple[Leaf, list[str]]], report: Report) -> list[_File]:
    """Files below folders named after splits. Beside a test split, a validation split is spare."""
    found = _in_folders(found, 2, report)
    splits = [SPLITS[parts[0].lower()] for _, parts in found]
    tested = "test" if "test" in splits else "val"
    spare = sum(split not in ("train", tested) for split in splits)
    if spare:
        report.notes.append(f"{spare:,} files of the validation split are not used.")
    return [
        _File(leaf, "train" if split == "train" else "test", parts[1])
        for (leaf, parts), split in zip(found, splits, strict=True)
        if split in ("train", tested)
    ]


def _hidden(parts: Sequence[str]) -> bool:
    """What systems leave behind: nobody misses it in a report."""
    return any(part.startswith(".") or part == "__MACOSX" for part in parts) or (
        parts[-1].lower() in {"thumbs.db", "desktop.ini"}
    )


def _not_a_picture(leaf: Leaf) -> str:
    """Why a file is left out unread, or nothing."""
    suffix = Path(leaf.name).suffix.lower()
    if leaf.barred:
        return leaf.barred
    if suffix in (".heic", ".heif", ".avif"):
        return f"{suffix[1:].upper()} is not read here; save it as JPEG or PNG"
    if suffix not in SUFFIXES:
        return f"not a picture file ({suffix or 'no suffix'})"
    return "" if leaf.size else "empty"


def _labelled(
    tree: Tree, files: list[_File], names: Mapping[str, str] | None
) -> tuple[list[_File], list[str]]:
    """The files of expected classes with their class names, and these in order.

    Raises:
        Refused: if there are fewer than two class folders, or not those that are expected.
    """
    folders = sorted({file.name for file in files})
    if names is not None:
        called = {f: names[_plain(f)] for f in folders if _plain(f) in names}
        classes = list(dict.fromkeys(names.values()))
        missing = sorted(set(classes) - set(called.values()))
        if missing:
            raise Refused(
                f"{tree.path} has no folder with pictures of {', '.join(missing[:10])}; "
                f"found: {', '.join(map(_shown, folders[:10])) or 'none'}."
            )
        return [replace(f, name=called[f.name]) for f in files if f.name in called], classes
    if len(folders) < 2:
        raise Refused(
            f"{tree.path} needs a folder of pictures for each of at least two classes, such as "
            f"cats/ and dogs/; found {f'only {folders[0]!r}' if folders else 'none'}."
        )
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
    """Which pictures are for testing: those of a test split, else a seeded share of each class."""
    if "test" in splits:
        return np.array([split == "test" for split in splits])
    test = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        n = max(1, round(TEST_SHARE * len(members)))
        test[np.random.default_rng([seed, label]).permutation(members)[:n]] = True
    return test


def _assembled(
    tree: Tree,
    called: Sequence[str],
    images: NDArray[np.uint8],
    labels: NDArray[np.int64],
    test: NDArray[np.bool_],
    report: Report,
) -> Pictures:
    """Pictures of the classes that have enough of them, sorted by split and class."""
    counts = [
        (int((~test[labels == k]).sum()), int(test[labels == k].sum())) for k in range(len(called))
    ]
    enough = [k for k, (n, _) in enumerate(counts) if n >= LEAST]
    report.small.update({called[k]: n for k, (n, _) in enumerate(counts) if n < LEAST})
    report.kept.update({called[k]: list(counts[k]) for k in enough})
    if len(enough) < 2:
        first = (
            f"{tree.path} has {len(enough)} classes with at least {LEAST} training pictures that "
            "can be read; two are needed."
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
    partial = folder.with_name(f"{folder.name}.{os.getpid()}.partial")
    try:
        partial.mkdir(parents=True, exist_ok=True)
        for name in ("train", "train_labels", "test", "test_labels"):
            np.save(partial / f"{name}.npy", getattr(pictures, name))
        about = {"classes": pictures.classes, "key": pictures.key}
        about["report"] = asdict(pictures.report)  # type: ignore[assignment]
        (partial / "pictures.json").write_text(json.dumps(about, indent=1), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        partial.replace(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def load_pictures(folder: Path) -> Pictures:
    """Maps what `save_pictures` wrote into memory: nothing is read before it is used.

    Raises:
        Refused: if something is missing or broken.
    """
    try:
        about: dict[str, Any] = json.loads((folder / "pictures.json").read_text(encoding="utf-8"))
        arrays = {
            name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
            for name in ("train", "train_labels", "test", "test_labels")
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
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Refused(f"{folder} does not hold pictures that can be read: {error}.") from error
