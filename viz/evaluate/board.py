"""Boards: what one visitor's evaluations found, in tables of what compares."""

import csv
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import numpy as np

from distiller.data.registry import DATASETS
from distiller.evaluation.protocol import PROTOCOLS
from distiller.evaluation.result import Evaluation, join

from .. import payloads

__all__ = ["Board", "Contest", "Entry", "mean_of_full"]

TABLES = 6  # that a board keeps


@dataclass(frozen=True)
class Contest:
    """What accuracies must share to compare: a table holds those of one contest."""

    dataset: str
    classes: tuple[int, ...]
    protocol: str
    net: str

    def caption(self) -> str:
        """The same in words."""
        source = DATASETS[self.dataset]
        count, every = len(self.classes), len(source.classes)
        classes = f"{every} classes" if count == every else f"{count} of {every} classes"
        words = [f"{source.title}, {classes}", self.net, f"protocol {self.protocol}"]
        return " · ".join([*words, f"{self.labels} labels"])

    @property
    def labels(self) -> str:
        """ "hard" or "soft"."""
        return PROTOCOLS[self.protocol].labels


@dataclass(eq=False)
class Entry:
    """One line of a table: a set, or random real images as many as some set has."""

    name: str
    kind: str  # "set" or "random"
    counts: tuple[int, ...]  # images of each class
    link: dict[str, str] | None = None
    results: dict[int, Evaluation] = field(default_factory=dict)  # by seed
    curves: dict[int, list[list[float]]] = field(
        default_factory=dict
    )  # by seed: [epoch, accuracy, mean loss]

    @property
    def images(self) -> str:
        """How many images a class has, in words."""
        low, high = min(self.counts), max(self.counts)
        return f"{low}" if low == high else f"{low} to {high}"


class Board:
    """What one visitor's evaluations found: a table for each contest, the oldest make way."""

    def __init__(self) -> None:
        self.tables: dict[Contest, dict[str, Entry]] = {}
        self.full: dict[Contest, dict[int, float]] = {}

    def put(self, contest: Contest, table: dict[str, Entry]) -> None:
        """Keeps the table of a contest, from now on the newest."""
        self.tables.pop(contest, None)
        self.tables[contest] = table
        while len(self.tables) > TABLES:
            oldest = next(iter(self.tables))
            del self.tables[oldest]
            self.full.pop(oldest, None)

    def rows(self) -> list[payloads.Table]:
        """All tables, the newest first, as plain values."""
        shown: list[payloads.Table] = []
        for contest, table in reversed(self.tables.items()):
            rows = [_row(entry, _baseline(entry, table)) for entry in table.values()]
            rows = [row for row in rows if row["seeds"]]
            full = self.full.get(contest)
            if rows:
                shown.append(
                    {"caption": contest.caption(), "rows": rows, "full": mean_of_full(full)}
                )
        return shown

    def csv(self) -> str:
        """All tables as one text of comma-separated values, a line for each set."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(COLUMNS)
        for contest, table in reversed(self.tables.items()):
            full = mean_of_full(self.full.get(contest))
            for entry in table.values():
                row = _row(entry, _baseline(entry, table))
                if row["seeds"]:
                    writer.writerow(_line(contest, entry, row, full))
        return text.getvalue()


COLUMNS = (
    "dataset", "classes", "net", "protocol", "labels", "report", "set", "images_per_class",
    "epochs", "seeds", "accuracy_mean", "accuracy_low_95", "accuracy_high_95", "accuracies",
    "difference_to_random_real", "difference_low_95", "difference_high_95", "full_data_mean",
    "link",
)  # fmt: skip


def _line(
    contest: Contest, entry: Entry, row: payloads.Row, full: payloads.Full | None
) -> list[Any]:
    names = DATASETS[contest.dataset].classes
    return [
        contest.dataset,
        " ".join(names[label] for label in contest.classes),
        contest.net,
        contest.protocol,
        contest.labels,
        "last",
        entry.name,
        entry.images,
        row["epochs"],
        row["seeds"],
        row["mean"],
        row["low"],
        row["high"],
        " ".join(f"{a:.3f}" for a in row["each"]),
        row["difference"],
        row["difference_low"],
        row["difference_high"],
        None if full is None else full["mean"],
        "" if entry.link is None else "?" + urlencode(entry.link),
    ]


def _baseline(entry: Entry, table: Mapping[str, Entry]) -> Entry | None:
    others = (e for e in table.values() if e.kind == "random" and e.counts == entry.counts)
    return next(others, None) if entry.kind == "set" else None


def mean_of_full(known: Mapping[int, float] | None) -> payloads.Full | None:
    """What nets reach that were trained on all real images, in percent; None where unknown."""
    if not known:
        return None
    each = [round(known[seed], 3) for seed in sorted(known)]
    return {"mean": round(float(np.mean(each)), 3), "each": each}


def _row(entry: Entry, baseline: Entry | None) -> payloads.Row:
    """A line of a table: accuracies in percent, intervals of 95 %; None where unknown."""
    seeds = sorted(entry.results)
    row: payloads.Row = {
        "name": entry.name, "kind": entry.kind, "images": entry.images, "link": entry.link,
        "seeds": len(seeds), "epochs": None, "mean": None, "low": None, "high": None, "each": [],
        "difference": None, "difference_low": None, "difference_high": None, "verdict": "",
        "grade": "like",
    }  # fmt: skip
    if not seeds:
        return row
    whole = join([entry.results[k] for k in seeds])
    row["epochs"], row["mean"] = whole.epochs, round(whole.mean, 3)
    row["each"] = [round(a, 3) for a in whole.accuracies]
    row["low"], row["high"] = map(_plain, whole.interval)
    both = [k for k in seeds if baseline is not None and k in baseline.results]
    if baseline is None or not both:
        return row
    mine, its = (join([e.results[k] for k in both]) for e in (entry, baseline))
    mean, low, high = (_plain(v) for v in mine.against(its))
    row["difference"], row["difference_low"], row["difference_high"] = mean, low, high
    row["verdict"], row["grade"] = _verdict(low, high)
    return row


def _plain(value: float) -> float | None:
    return round(value, 3) if math.isfinite(value) else None


def _verdict(low: float | None, high: float | None) -> tuple[str, payloads.Grade]:
    """What an interval of the difference says, and a word for its colour."""
    if low is None or high is None:
        return "one seed says nothing", "like"
    if low > 0:
        return "better than random real", "better"
    if high < 0:
        return "worse than random real", "worse"
    return "not told apart from random real", "like"
