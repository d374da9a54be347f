"""Class images: which files of a folder or an archive are images of which class of a data set.

    [anything/]<class>/<name>.png      by the name of the class, of its folder, or its WordNet ID
    train/<class>/<name>.png           beside val/ or test/, train/ is the set
    <name>.png  metadata.jsonl         without class folders, by the fields class_name or label

What systems leave behind, and folders whose names begin with a dot, are no part of a set. The rest
is named, for its reader to judge.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from ..data.layout import SUFFIXES
from ..data.metadata import read_metadata
from ..data.photographs import also_called
from ..data.splits import split_names
from ..data.tree import Leaf, Tree, is_leftover
from ..errors import Refused

__all__ = ["FORMATS", "ClassImages", "class_folder", "find_images"]

FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}


@dataclass(frozen=True)
class ClassImages:
    """The images of a set that are yet to be read, class by class, in the order of their names."""

    root: str  # the folder that holds the class folders: nothing, or with a / at its end
    leaves: tuple[Leaf, ...]  # (n,)
    labels: tuple[int, ...]  # (n,)
    unknown: Mapping[str, int]  # folders that name no class, to their images
    others: tuple[Leaf, ...]  # files in class folders that are not images of a format that is read
    notes: tuple[str, ...]

    @property
    def files(self) -> tuple[str, ...]:
        """The paths (n,) of the images below the root."""
        return tuple(leaf.name.removeprefix(self.root) for leaf in self.leaves)


def class_folder(name: str) -> str:
    """The folder name of a class: its name, without what a path gives a meaning to."""
    return "".join("_" if c in '/\\:*?"<>|' or ord(c) < 32 else c for c in name).strip(". ") or "_"


def find_images(tree: Tree, classes: Sequence[str]) -> ClassImages:
    """The images of a tree that lie in folders named after classes, or that metadata names.

    Raises:
        Refused: if class folders lie in several places, or metadata that is needed is broken.
    """
    label_of = _labels(classes)
    leaves = [
        leaf
        for leaf in tree.leaves
        if not is_leftover(leaf.parts) and not any(part.startswith(".") for part in leaf.parts)
    ]
    roots = {leaf.parts[:-2] for leaf in leaves if len(leaf.parts) > 1 and label_of(leaf.parts[-2])}
    root, notes = _root(tree, [*roots])
    labelled: dict[str, int] = {}
    inside = [leaf for leaf in leaves if leaf.parts[: len(root)] == root]
    if roots:
        for leaf in inside:
            if len(leaf.parts) == len(root) + 2 and (found := label_of(leaf.parts[-2])):
                labelled[leaf.name] = found[0]
    else:
        labelled = _by_metadata(tree, inside, label_of, len(classes))
    images = [leaf for leaf in inside if leaf.name in labelled and leaf.suffix in FORMATS]
    images.sort(key=lambda leaf: (labelled[leaf.name], *_natural(leaf.parts[-1])))
    unknown = Counter(
        "/".join(leaf.parts[len(root) : -1])
        for leaf in inside
        if leaf.name not in labelled and len(leaf.parts) > len(root) + 1 and leaf.suffix in SUFFIXES
    )
    return ClassImages(
        root="".join(f"{part}/" for part in root),
        leaves=tuple(images),
        labels=tuple(labelled[leaf.name] for leaf in images),
        unknown=unknown,
        others=tuple(
            leaf for leaf in inside if leaf.name in labelled and leaf.suffix not in FORMATS
        ),
        notes=(*tree.notes, *notes),
    )


def _labels(classes: Sequence[str]) -> Callable[[str], tuple[int, ...]]:
    """From a folder's name to the label of its class, if it names one."""
    exact = {name: k for k, name in enumerate(classes)}
    exact |= {class_folder(name): k for k, name in enumerate(classes)}
    exact |= {folder: exact[name] for folder, name in also_called(classes).items()}
    alike: dict[str, set[int]] = {}
    for name, k in exact.items():
        alike.setdefault(_plain(name), set()).add(k)

    def label_of(folder: str) -> tuple[int, ...]:
        if folder in exact:
            return (exact[folder],)
        found = tuple(alike.get(_plain(folder), ()))
        return found if len(found) == 1 else ()

    return label_of


def _plain(name: str) -> str:
    return name.replace("_", " ").replace("-", " ").casefold()


def _root(tree: Tree, roots: Sequence[tuple[str, ...]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The folder that holds the class folders, and a sentence if others do so too.

    Raises:
        Refused: if several do, and none of them is for training.
    """
    if not roots:
        return (), ()
    depth = min(map(len, roots))
    highest = sorted(root for root in roots if len(root) == depth)
    if len(highest) > 1:
        splits = split_names(root[-1] for root in highest)
        train = [root for root in highest if splits.get(root[-1]) == "train"]
        others = ", ".join("/".join(root) + "/" for root in highest if root not in train)
        if len(train) != 1:
            raise Refused(
                f"{tree.path.name} has class folders in several places: {others[:200]}. Which of "
                "them is the set? Give only that one."
            )
        return train[0], (f"The set is {'/'.join(train[0])}/; {others} is not read.",)
    return highest[0], ()


def _by_metadata(
    tree: Tree, leaves: Sequence[Leaf], label_of: Callable[[str], tuple[int, ...]], classes: int
) -> dict[str, int]:
    """The labels of images by `class_name`, else by `label`: a name, or a place among classes."""
    rows = read_metadata(tree)

    def label(row: Mapping[str, Any]) -> tuple[int, ...]:
        name, value = row.get("class_name"), row.get("label")
        if isinstance(name, str) and (found := label_of(name)):
            return found
        if isinstance(value, str) and (found := label_of(value)):
            return found
        if isinstance(value, int | str) and str(value).isdecimal() and int(value) < classes:
            return (int(value),)
        return ()

    return {
        leaf.name: found[0]
        for leaf in leaves
        if leaf.suffix in SUFFIXES and (found := label(rows.get(leaf.name, {})))
    }


def _natural(name: str) -> tuple[int, str]:
    stem = PurePosixPath(name).stem
    return (int(stem) if stem.isdecimal() and len(stem) < 19 else 1 << 62, name)
