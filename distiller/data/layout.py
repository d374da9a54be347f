"""Layouts: which file of a tree is a picture of which class and split.

    cats/a.jpg  dogs/b.png                     no splits
    train/cats/a.jpg  test/dogs/b.png          splits, by the names that are in use for them
    cats/train/a.jpg  cats/test/b.jpg          the same the other way round
    photo/cats/a.jpg  sketch/cats/b.jpg        domains: with class level 2
    train/a.jpg  train/metadata.jsonl          classes by metadata, as Hugging Face has them
    anything/train/cats/a.jpg                  folders around it all are opened

Nothing is read but the metadata. What is left out, and what may not be meant so, is reported.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..errors import Refused
from .metadata import is_metadata, labels_of, read_metadata
from .report import Report
from .splits import split_names
from .tree import Leaf, Tree, is_leftover

__all__ = ["SUFFIXES", "PictureFile", "lay_out", "not_a_picture"]

SUFFIXES = (
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif",
    ".ppm", ".pgm", ".pbm", ".pnm",
)  # fmt: skip
OTHER_PICTURES = (
    ".heic", ".heif", ".jp2", ".j2k", ".jxl", ".tga", ".psd", ".svg", ".eps", ".exr", ".hdr",
    ".dcm", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".ico", ".pcx", ".xcf",
)  # fmt: skip
ARCHIVES = (".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".7z", ".rar", ".zst")
ARRAYS = (
    ".parquet", ".arrow", ".npy", ".npz", ".mat", ".h5", ".hdf5", ".pkl", ".pickle", ".pt",
    ".pth", ".tfrecord", ".lmdb", ".mdb", ".idx", ".bin", ".rec",
)  # fmt: skip


@dataclass(frozen=True)
class PictureFile:
    """A picture of a tree that is yet to be read."""

    leaf: Leaf
    split: str  # "train", "test", or "" where none is given
    name: str  # of its class folder, or its class


@dataclass(frozen=True)
class _Found:
    """A picture and the folders that it lies in, without those that were opened, and its name."""

    leaf: Leaf
    parts: tuple[str, ...]


def lay_out(
    tree: Tree, report: Report, class_level: int = 1
) -> tuple[list[PictureFile], list[str] | None]:
    """The pictures of a tree with their classes, and the order of these where one is given.

    Classes are named by the first folder below those that are opened and those of splits, or by
    that of another level.
    """
    report.notes.extend(tree.notes)
    found = _pictures(tree, report)
    labels, order = _labels(tree, found, report)
    if labels:
        return _with_tests(_by_metadata(found, labels, report), report), order
    placed = _placed(found, report)
    _warn_of_domains([one for _, one in placed], class_level, report)
    return _with_tests(_by_folders(placed, class_level, report), report), None


def _placed(found: list[_Found], report: Report) -> list[tuple[str, _Found]]:
    """The pictures with their splits, and with the folders that are left below those."""
    found = _opened(found, report)
    if splits := _splits(found):
        return _below_splits(found, splits, report)
    return _splits_below_classes(found) or [("", one) for one in found]


# ------------------------------------------------------------------------------------- pictures


def _pictures(tree: Tree, report: Report) -> list[_Found]:
    """The files that may be pictures; others go into the report, but for systems' leftovers."""
    found, hidden = [], Counter[str]()
    for leaf in tree.leaves:
        *folders, _ = leaf.parts
        if is_leftover(leaf.parts) or is_metadata(leaf):
            continue
        dotted = next((k for k, part in enumerate(folders, 1) if part.startswith(".")), 0)
        if dotted:
            hidden["/".join(folders[:dotted])] += not not_a_picture(leaf)
        elif reason := not_a_picture(leaf):
            report.left_out.append([leaf.name, reason])
        else:
            found.append(_Found(leaf, leaf.parts))
    for folder, n in hidden.items():
        if n:
            report.notes.append(
                f"The folder {folder!r} and the {n:,} pictures in it are left out, for its name "
                "begins with a dot. If it is a class, rename it."
            )
    return found


def not_a_picture(leaf: Leaf) -> str:
    """Why a file is left out unread, or nothing."""
    suffix = leaf.suffix
    if leaf.barred:
        return leaf.barred
    if suffix in OTHER_PICTURES:
        return f"{suffix[1:].upper()} is not read here; save it as JPEG or PNG"
    if suffix in ARCHIVES:
        return "an archive inside, which is not opened; unpack it first"
    if suffix in ARRAYS:
        return f"a {suffix[1:]} file is not read here; save its pictures in a folder for each class"
    if suffix not in SUFFIXES:
        return f"not a picture file ({suffix or 'no suffix'})"
    return "" if leaf.size else "empty"


def _opened(found: list[_Found], report: Report) -> list[_Found]:
    """The pictures without the folders around them all; what lies beside those is reported."""
    while True:
        tops = {one.parts[0] for one in found if len(one.parts) > 1}
        if len(tops) != 1 or not any(len(one.parts) > 2 for one in found):
            return found
        for one in found:
            if len(one.parts) == 1:
                report.left_out.append([one.leaf.name, "in no class folder"])
        found = [_Found(one.leaf, one.parts[1:]) for one in found if len(one.parts) > 1]


def _folders_in(found: Sequence[_Found], top: str) -> set[str]:
    """The folders with pictures directly below a top folder."""
    return {one.parts[1] for one in found if one.parts[0] == top and len(one.parts) > 2}


# --------------------------------------------------------------------------------------- splits


def _splits(found: Sequence[_Found]) -> dict[str, str]:
    """The top folders that are splits, to which, if there is one for training."""
    tops = sorted({one.parts[0] for one in found if len(one.parts) > 1})
    splits = split_names(tops)
    if "train" not in splits.values():
        return {}
    others = [top for top in tops if top not in splits]
    inside = {top: _folders_in(found, top) for top in tops}
    trained = set[str]().union(*(inside[top] for top, split in splits.items() if split == "train"))
    shares = any(inside[top] & trained for top, split in splits.items() if split in ("test", "val"))
    flat = len(trained) > 1 and not any(inside[top] for top in others)
    return splits if not others or shares or flat else {}


def _below_splits(
    found: Sequence[_Found], splits: dict[str, str], report: Report
) -> list[tuple[str, _Found]]:
    """The pictures with their splits, below the folders of these; others are reported."""
    beside, placed = Counter[str](), []
    trained = set[str]().union(*(_folders_in(found, k) for k, s in splits.items() if s == "train"))
    for top in sorted({one.parts[0] for one in found if len(one.parts) > 1}):
        group = [
            _Found(one.leaf, one.parts[1:])
            for one in found
            if one.parts[0] == top and len(one.parts) > 1
        ]
        if splits.get(top) in (None, "unlabelled"):
            beside[top] = len(group)
            continue
        if not (splits[top] != "train" and _tops(group) & trained):
            group = _opened(group, report)
        placed += [(splits[top], one) for one in group]
    for one in found:
        if len(one.parts) == 1:
            report.left_out.append([one.leaf.name, "in no class folder"])
    for top, n in beside.items():
        report.notes.append(
            f"The folder {top!r} is left out, {n:,} pictures: it lies beside those for training "
            "and testing, and is neither."
        )
    return placed


def _tops(found: Sequence[_Found]) -> set[str]:
    return {one.parts[0] for one in found if len(one.parts) > 1}


def _splits_below_classes(found: Sequence[_Found]) -> list[tuple[str, _Found]]:
    """The pictures with their splits where every class folder holds the same splits, else none."""
    deep = [one for one in found if len(one.parts) > 2]
    splits = split_names({one.parts[1] for one in deep})
    if (
        not deep
        or any(len(one.parts) == 2 for one in found)
        or any(one.parts[1] not in splits for one in deep)
        or any(
            "train" not in {splits[folder] for folder in _folders_in(found, top)}
            for top in _tops(found)
        )
    ):
        return []
    return [
        (splits[one.parts[1]], _Found(one.leaf, (one.parts[0], *one.parts[2:])))
        for one in deep
        if splits[one.parts[1]] != "unlabelled"
    ]


def _with_tests(named: list[PictureFile], report: Report) -> list[PictureFile]:
    """The pictures for training and testing: of the test split, else of the validation split.

    A split that has none of the training classes is none.
    """
    if not any(file.split for file in named):
        return named
    trained = {file.name for file in named if file.split == "train"}
    for wanted in ("test", "val"):
        split = [file for file in named if file.split == wanted]
        tested = [file for file in split if file.name in trained]
        others = sorted({file.name for file in split} - trained)
        if others:
            report.notes.append(
                f"{len(split) - len(tested):,} files of the {_called(wanted)} split are left out: "
                f"there are no training pictures of {', '.join(others[:5])}"
                + ("..." if len(others) > 5 else ".")
            )
        if tested:
            break
    else:
        report.notes.append(
            "There are no pictures for testing of the training classes: a tenth of those for "
            "training is taken."
        )
        return [file for file in named if file.split == "train"]
    spare = sum(file.split == "val" for file in named) if wanted == "test" else 0
    if spare:
        report.notes.append(f"{spare:,} files of the validation split are not used.")
    return [file for file in named if file.split == "train"] + [
        replace(file, split="test") for file in tested
    ]


def _called(split: str) -> str:
    return {"val": "validation"}.get(split, split)


# -------------------------------------------------------------------------------------- classes


def _by_folders(
    placed: Sequence[tuple[str, _Found]], class_level: int, report: Report
) -> list[PictureFile]:
    """The pictures that lie deep enough, with the folder of their class."""
    for _, one in placed:
        if len(one.parts) <= class_level:
            report.left_out.append([one.leaf.name, "in no class folder"])
    return [
        PictureFile(one.leaf, split, one.parts[class_level - 1])
        for split, one in placed
        if len(one.parts) > class_level
    ]


def _warn_of_domains(found: Sequence[_Found], class_level: int, report: Report) -> None:
    """Says where the folders of two levels could be the classes."""
    inside = {top: _folders_in(found, top) for top in sorted(_tops(found))}
    inside = {top: folders for top, folders in inside.items() if folders}
    shared = [
        name for name, n in sorted(Counter(x for s in inside.values() for x in s).items())
        if n > 1 and n >= len(inside) / 2
    ]  # fmt: skip
    if not shared or class_level > 1 or 2 * len(inside) < len(_tops(found)):
        return
    report.notes.append(
        f"Is it meant so? The classes are {_few(list(inside))}, and in these are folders that they "
        f"share: {_few(shared)}. If those are the classes, train with --class-level 2."
    )


def _few(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names[:4])) + (", ..." if len(names) > 4 else "")


def _labels(
    tree: Tree, found: Sequence[_Found], report: Report
) -> tuple[dict[str, str], list[str] | None]:
    """The classes of pictures by metadata, and their order, where it is to be gone by."""
    given = [leaf.name for leaf in tree.leaves if is_metadata(leaf)]
    if not given:
        return {}, None
    try:
        rows = read_metadata(tree)
    except Refused as refused:
        report.left_out.append([given[0], str(refused)])
        return {}, None
    names = [one.leaf.name for one in found]
    labels, order, field = labels_of(rows, names)
    reason = ""
    if len(order) < 2:
        reason = "names no two classes of the pictures in a field class_name, category or label"
    elif len(labels) < len(names) and not _is_flat(found):
        reason = "names not all of the pictures; folders name the classes"
    if reason:
        report.left_out.extend([name, reason] for name in given)
        return {}, None
    report.notes.append(f"The classes are those of the field {field!r} in {_few(given)}.")
    return labels, order


def _is_flat(found: Sequence[_Found]) -> bool:
    """Whether there are fewer than two class folders, splits aside."""
    return len(_tops([one for _, one in _placed(list(found), Report())])) < 2


def _by_metadata(
    found: Sequence[_Found], labels: dict[str, str], report: Report
) -> list[PictureFile]:
    """The pictures that have a class in the metadata, with the split that a folder names."""
    splits = split_names({folder for one in found for folder in one.parts[:-1]})
    if "train" not in splits.values():
        splits = {}
    files = []
    for one in found:
        if one.leaf.name in labels:
            split = next((splits[folder] for folder in one.parts[:-1] if folder in splits), "")
            files.append(PictureFile(one.leaf, split, labels[one.leaf.name]))
        else:
            report.left_out.append([one.leaf.name, "without a class in the metadata"])
    return files
