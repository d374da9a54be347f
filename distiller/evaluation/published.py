"""Published accuracies: the papers' tables as data, to stand beside one's own, never among them.

    assets/papers/accuracies.tsv    source, data set, labels, net, images per class, method, value
    assets/papers/sources.tsv       what each source is, and how it was read

They are of the papers' images, at 224 or 256 pixels, and most report the best test of a training.
Two papers print numbers for the same method on the same data that lie several points apart, so a
number compares only with others of its own source.
"""

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from ..data.class_list import class_list
from ..data.dataset import Dataset
from ..machine.assets import ASSETS

__all__ = ["Published", "PublishedTable", "beside", "published", "sources", "tables_of"]

FOLDER = ASSETS / "papers"
ALL = "all"  # images per class: the whole training split


@dataclass(frozen=True)
class Published:
    """An accuracy that a paper prints, in percent."""

    source: str
    dataset: str
    labels: str  # "hard" or "soft", which do not compare
    net: str
    ipc: int | None  # images per class; None is all of them
    method: str  # as the source calls it
    accuracy: float
    spread: float | None  # what stands behind the plus-minus sign

    def __str__(self) -> str:
        return f"{self.accuracy:.1f}" + ("" if self.spread is None else f" ± {self.spread:.1f}")


@cache
def published() -> tuple[Published, ...]:
    """All of them, source by source."""
    return tuple(
        Published(
            row["source"], row["dataset"], row["labels"], row["net"],
            None if row["ipc"] == ALL else int(row["ipc"]), row["method"],
            float(row["accuracy"]), float(row["spread"]) if row["spread"] else None,
        )
        for row in _rows("accuracies")
    )  # fmt: skip


@cache
def sources() -> Mapping[str, tuple[str, str]]:
    """Of each source what it is, and how it was read."""
    return {row["source"]: (row["about"], row["read"]) for row in _rows("sources")}


def beside(data: Dataset, labels: str, net: str, images: int) -> list[Published]:
    """What papers print for a net and as many images of the same classes, and for all of them.

    The classes are known by their WordNet IDs. `images` is how many a set has in all.
    """
    each = images / len(data.classes)
    return [
        p
        for p in published()
        if (p.labels, p.net) == (labels, net)
        and (p.ipc is None or math.isclose(p.ipc, each))
        and class_list(p.dataset).wnids == data.wnids
    ]


@dataclass(frozen=True)
class PublishedTable:
    """What one source prints for one data set."""

    about: str  # what the source is
    read: str  # how it was read
    labels: str  # "hard" or "soft"
    methods: tuple[str, ...]
    rows: tuple[tuple[str, int | None], ...]  # net and images per class
    cells: Mapping[tuple[str, int | None, str], Published]  # by net, images per class, method


def tables_of(dataset: str) -> list[PublishedTable]:
    """The tables of a data set that the papers use, by its class list's name; one per source."""
    found = []
    for source, (about, read) in sources().items():
        mine = [p for p in published() if (p.dataset, p.source) == (dataset, source)]
        if not mine:
            continue
        nets = list(dict.fromkeys(p.net for p in mine))
        rows = sorted(
            {(p.net, p.ipc) for p in mine}, key=lambda row: (nets.index(row[0]), row[1] or math.inf)
        )
        methods = tuple(dict.fromkeys(p.method for p in mine))
        cells = {(p.net, p.ipc, p.method): p for p in mine}
        found.append(PublishedTable(about, read, mine[0].labels, methods, tuple(rows), cells))
    return found


def _rows(name: str) -> Sequence[Mapping[str, str]]:
    with (FOLDER / f"{name}.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))
