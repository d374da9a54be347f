"""Class lists: the classes of the papers' data sets, by WordNet ID, index and name.

    wnid        index   name
    n01440764   0       tench

A list is a data file in `class_lists/`; its order is the order of the labels. The index is that of
the class among the 1,000 of ImageNet. A class is found by its WordNet ID or its index, never by
its name alone: two classes of ImageNet are called "crane", and seven more names are shared.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

__all__ = ["AMBIGUOUS", "ClassList", "class_list", "is_imagenet"]

FOLDER = Path(__file__).parent / "class_lists"
AMBIGUOUS = frozenset(
    {
        "crane", "crane bird", "maillot", "maillot tank suit", "partridge", "crayfish", "gong",
        "harp", "tub",
    }
)  # fmt: skip
"""Names that another class of ImageNet has too, as its only one or beside others."""


@dataclass(frozen=True)
class ClassList:
    """Some classes, in the order of their labels."""

    wnids: tuple[str, ...]  # none where the classes are not of WordNet
    indices: tuple[int, ...]  # among the classes of ImageNet-1K; none as well
    names: tuple[str, ...]  # each once


@cache
def class_list(name: str) -> ClassList:
    """The class list of a data set that comes with one."""
    lines = (FOLDER / f"{name}.tsv").read_text(encoding="utf-8").splitlines()[1:]
    rows = [line.split("\t") for line in lines]
    return ClassList(
        tuple(wnid for wnid, _, _ in rows if wnid),
        tuple(int(index) for _, index, _ in rows if index),
        tuple(name for _, _, name in rows),
    )


def is_imagenet(labels: Mapping[str, int]) -> bool:
    """Whether labels, by class name, are the indices of ImageNet-1K.

    They are if every class that the 1,000 names tell apart has its own index.
    """
    known = class_list("imagenet-1k")
    return all(
        labels.get(name) == index
        for name, index in zip(known.names, known.indices, strict=True)
        if name not in AMBIGUOUS
    )
