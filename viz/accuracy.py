"""Accuracies: sets beside random real images of the same number, net by net, as values to show.

Seed by seed every set and its baseline are trained, so that whatever is there when it is stopped
compares. A board keeps what is finished, and nothing on it is trained again.
"""

import csv
import io
import math
import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

import numpy as np

from distiller.data.dataset import Dataset, Split
from distiller.data.registry import DATASETS
from distiller.errors import Refused
from distiller.evaluation.accuracy import (
    Evaluation,
    check,
    evaluate,
    evaluate_random,
    join,
    of_classes,
)
from distiller.evaluation.classifier import Classifier, LabelledSet
from distiller.evaluation.full_data import full_accuracies
from distiller.evaluation.nets import make_net
from distiller.evaluation.protocol import PROTOCOLS, Protocol
from distiller.evaluation.teacher import cached_teacher, of_labels
from distiller.event import Event
from distiller.machine.compiled import training_work

from .candidate import Candidate, complete
from .explore import Lab

__all__ = ["Board", "Contest", "Entry", "evaluate_sets"]

PAUSE = 0.25  # seconds between two steps that are shown, at least
WATCHED = 200  # test images that a curve is drawn by
TABLES = 6  # that a board keeps
ENTRIES = 24  # that a table keeps
WORK = {"cpu": 2e14, "cuda": 1e17}  # operations of one click: about an hour


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


@dataclass
class Entry:
    """One line of a table: a set, or random real images as many as some set has."""

    name: str
    kind: str  # "set" or "random"
    counts: tuple[int, ...]  # images of each class
    link: dict[str, str] | None = None
    results: dict[int, Evaluation] = field(default_factory=dict)  # by seed
    curves: dict[int, list[list[float]]] = field(default_factory=dict)  # by seed: see `_follow`

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

    def rows(self) -> list[dict[str, Any]]:
        """All tables, the newest first, as plain values."""
        shown = []
        for contest, table in reversed(self.tables.items()):
            rows = [_row(entry, _baseline(entry, table)) for entry in table.values()]
            rows = [row for row in rows if row["seeds"]]
            full = self.full.get(contest)
            if rows:
                shown.append({"caption": contest.caption(), "rows": rows, "full": _full(full)})
        return shown

    def csv(self) -> str:
        """All tables as one text of comma-separated values, a line for each set."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(COLUMNS)
        for contest, table in reversed(self.tables.items()):
            full = _full(self.full.get(contest))
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
    contest: Contest, entry: Entry, row: Mapping[str, Any], full: Mapping[str, Any] | None
) -> list[Any]:
    names = DATASETS[contest.dataset].classes
    values = [row[key] for key in ("epochs", "seeds", "mean", "low", "high")]
    differences = [row[key] for key in ("difference", "difference_low", "difference_high")]
    return [
        contest.dataset,
        " ".join(names[label] for label in contest.classes),
        contest.net,
        contest.protocol,
        contest.labels,
        "last",
        entry.name,
        entry.images,
        *values,
        " ".join(f"{a:.3f}" for a in row["each"]),
        *differences,
        None if full is None else full["mean"],
        "" if entry.link is None else "?" + urlencode(entry.link),
    ]


def _baseline(entry: Entry, table: Mapping[str, Entry]) -> Entry | None:
    others = (e for e in table.values() if e.kind == "random" and e.counts == entry.counts)
    return next(others, None) if entry.kind == "set" else None


def _full(known: Mapping[int, float] | None) -> dict[str, Any] | None:
    if not known:
        return None
    each = [round(known[seed], 3) for seed in sorted(known)]
    return {"mean": round(float(np.mean(each)), 3), "each": each}


def _row(entry: Entry, baseline: Entry | None) -> dict[str, Any]:
    """A line of a table: accuracies in percent, intervals of 95 %; None where unknown."""
    seeds = sorted(entry.results)
    row: dict[str, Any] = {
        "name": entry.name, "kind": entry.kind, "images": entry.images, "link": entry.link,
        "seeds": len(seeds), "epochs": None, "mean": None, "low": None, "high": None, "each": [],
        "difference": None, "difference_low": None, "difference_high": None, "verdict": "",
        "grade": "like",
    }  # fmt: skip
    if not seeds:
        return row
    whole = join([entry.results[k] for k in seeds])
    row |= {"epochs": whole.epochs, "mean": round(whole.mean, 3)}
    row |= {"each": [round(a, 3) for a in whole.accuracies]}
    row |= dict(zip(("low", "high"), map(_plain, whole.interval), strict=True))
    both = [k for k in seeds if baseline is not None and k in baseline.results]
    if baseline is None or not both:
        return row
    mine, its = (join([e.results[k] for k in both]) for e in (entry, baseline))
    mean, low, high = (_plain(v) for v in mine.against(its))
    row |= {"difference": mean, "difference_low": low, "difference_high": high}
    row["verdict"], row["grade"] = _verdict(low, high)
    return row


def _plain(value: float) -> float | None:
    return round(value, 3) if math.isfinite(value) else None


def _verdict(low: float | None, high: float | None) -> tuple[str, str]:
    """What an interval of the difference says, and a word for its colour."""
    if low is None or high is None:
        return "one seed says nothing", "like"
    if low > 0:
        return "better than random real", "better"
    if high < 0:
        return "worse than random real", "worse"
    return "not told apart from random real", "like"


# ---------------------------------------------------------------------------------- evaluating


def evaluate_sets(
    lab: Lab,
    candidates: Sequence[Candidate],
    board: Board,
    protocol: Protocol,
    net: str,
    seeds: int,
) -> Generator[dict[str, Any], None, None]:
    """Evaluates sets beside random real images, yielding what to show; fills the board.

    Raises:
        Refused: if there is no set, they differ in their classes, the work is too much, or the
            real images are not on this machine.
    """
    if not candidates:
        raise Refused("Choose at least one set to evaluate; one run on Explore makes one.")
    _ = lab.data.train.labels, lab.data.test.labels  # refused, if absent, before any work is done
    for candidate in candidates:
        yield from _completing(candidate, lab, board)
    classes = _common_classes(candidates)
    data = _of_classes(lab.data, classes)
    contest = Contest(lab.name, classes, protocol.name, net)
    table = dict(board.tables.get(contest, {}))
    runs = _entries(table, candidates, classes)
    for _, chosen in runs:
        if chosen is not None:
            check(chosen, data.test)
    _check_work(lab, protocol, net, len(classes), [e for e, _ in runs], seeds)
    teacher = None
    if protocol.temperature is not None:
        device = str(lab.prior.device)
        teacher = of_labels(cached_teacher(lab.data, device=device), classes)
    board.put(contest, table)  # only now: what is refused displaces nothing
    if len(classes) == len(lab.data.classes):
        board.full[contest] = full_accuracies(lab.data, protocol, net)
    show = _Show(board, contest, [entry for entry, _ in runs], seeds)
    yield show.now("begins")
    for seed in range(seeds):
        for entry, chosen in runs:
            if seed not in entry.results:
                yield from _one(entry, chosen, data, protocol, net, seed, lab, show, teacher)
    yield show.now("", live=False)


def _of_classes(data: Dataset, classes: tuple[int, ...]) -> Dataset:
    return data if len(classes) == len(data.classes) else of_classes(data, classes)


def _common_classes(candidates: Sequence[Candidate]) -> tuple[int, ...]:
    """The classes that all candidates have.

    Raises:
        Refused: if one has classes that another has not, or they are fewer than two.
    """
    each = {c.name: tuple(sorted(c.images)) for c in candidates}
    if len(set(each.values())) > 1:
        counts = "; ".join(f"{name}: {len(labels)} classes" for name, labels in each.items())
        raise Refused(f"Sets compare on the same classes only. Chosen: {counts[:300]}.")
    classes = next(iter(each.values()))
    if len(classes) < 2:
        raise Refused("An evaluation needs images of at least two classes; got those of one.")
    return classes


def _entries(
    table: dict[str, Entry], candidates: Sequence[Candidate], classes: tuple[int, ...]
) -> list[tuple[Entry, LabelledSet | None]]:
    """Lines of the table to fill, a baseline before the sets it is for; None: random real."""
    runs: list[tuple[Entry, LabelledSet | None]] = []
    for candidate in candidates:
        chosen = candidate.labelled(classes)
        counts = tuple(np.bincount(chosen.labels, minlength=len(classes)).tolist())
        if (key := f"random {counts}") not in table:
            table[key] = Entry("random real images", "random", counts)
        if not any(entry is table[key] for entry, _ in runs):
            runs.append((table[key], None))
        key = f"{candidate.name} {candidate.digest()}"
        entry = table.setdefault(key, Entry(candidate.name, "set", counts, candidate.link()))
        runs.append((entry, chosen))
    running = [id(entry) for entry, _ in runs]
    for key in [k for k, entry in table.items() if id(entry) not in running]:
        if len(table) > ENTRIES:
            del table[key]
    return runs


def _check_work(
    lab: Lab, protocol: Protocol, net: str, classes: int, entries: Sequence[Entry], seeds: int
) -> None:
    device = lab.prior.device.type
    size = min(lab.data.size, protocol.largest or lab.data.size)
    passes = 0
    for entry in entries:
        n = sum(entry.counts)
        passes += n * protocol.epochs_for(n / classes) * (seeds - len(entry.results))
    work = training_work(make_net(net, size, classes), size, max(passes, 0))
    if work > (most := WORK.get(device, WORK["cpu"])):
        raise Refused(
            f"{net} under protocol {protocol.name} takes {work:.0e} operations; at most {most:.0e} "
            "are done here. Choose another protocol, a smaller net or fewer seeds, or use "
            "`python -m distiller evaluate`."
        )


class _Show:
    """What the page shows of an evaluation that goes on."""

    def __init__(
        self, board: Board, contest: Contest, entries: Sequence[Entry], seeds: int
    ) -> None:
        self.board, self.contest, self.entries, self.seeds = board, contest, entries, seeds
        self.left = sum(k not in e.results for e in entries for k in range(seeds))
        self.done, self.shown = 0, 0.0

    def due(self) -> bool:
        """Whether it is time to show something again."""
        return time.monotonic() - self.shown > PAUSE

    def now(self, text: str, share: float = 0, *, live: bool = True) -> dict[str, Any]:
        """Curves, tables and how far it is; `share` of the net in training is done."""
        self.shown = time.monotonic()
        progress = (self.done + share) / self.left if self.left else 1.0
        lines = [
            {
                "name": e.name,
                "kind": e.kind,
                "images": e.images,
                "curves": list(e.curves.values()),
                "ends": [[r.epochs, *r.accuracies] for r in e.results.values()],
            }
            for e in self.entries
        ]
        full = _full(self.board.full.get(self.contest))
        chart = {"title": self.contest.caption(), "lines": lines, "full": full}
        return _shown(self.board, text, progress, live=live, chart=chart)


def _shown(
    board: Board, text: str, progress: float, *, live: bool, chart: dict[str, Any] | None
) -> dict[str, Any]:
    return {
        "live": live,
        "now": text,
        "progress": round(progress, 4),
        "chart": chart,
        "tables": board.rows(),
        "csv": board.csv(),
    }


def _completing(
    candidate: Candidate, lab: Lab, board: Board
) -> Generator[dict[str, Any], None, None]:
    """Makes the missing classes of a set; what is shown meanwhile."""
    missing, shown = candidate.missing(), 0.0
    events = complete(candidate, lab)
    try:
        for event in events:
            if time.monotonic() - shown > PAUSE:
                shown = time.monotonic()
                name = "" if event.label is None else f" {lab.data.classes[event.label]}"
                text = f"makes {candidate.name}: {event.stage}{name} {event.i + 1} of {event.n}"
                left = len(candidate.missing()) - (event.i + 1) / event.n
                yield _shown(board, text, 1 - left / len(missing), live=True, chart=None)
    finally:
        events.close()


def _one(
    entry: Entry,
    chosen: LabelledSet | None,
    data: Dataset,
    protocol: Protocol,
    net: str,
    seed: int,
    lab: Lab,
    show: _Show,
    teacher: Classifier | None,
) -> Generator[dict[str, Any], None, None]:
    """Trains one net, and adds its result and its curve to its entry."""
    given: dict[str, Any] = {
        "net": net, "seeds": 1, "seed": seed, "device": str(lab.prior.device),
        "watch": _watched(data.test), "teacher": teacher,
    }  # fmt: skip
    if chosen is None:
        labels = np.repeat(np.arange(len(entry.counts)), entry.counts)
        events = evaluate_random(data, labels, protocol, **given)
    else:
        events = evaluate(chosen, data.test, protocol, **given)
    epochs = protocol.epochs_for(sum(entry.counts) / len(entry.counts))
    text = f"seed {seed + 1} of {show.seeds}: {entry.name}"
    entry.curves[seed] = []
    try:
        result = yield from _follow(events, entry.curves[seed], epochs, text, show)
    except BaseException:
        del entry.curves[seed]  # a line that ends nowhere
        raise
    finally:
        events.close()
    entry.results[seed] = replace(result, nets=())
    show.done += 1
    yield show.now(text)


def _follow(
    events: Generator[Event, None, Evaluation],
    curve: list[list[float]],
    epochs: int,
    text: str,
    show: _Show,
) -> Generator[dict[str, Any], None, Evaluation]:
    """Adds [epoch, accuracy on the watched images, mean loss since the last] to a curve."""
    losses: list[float] = []
    try:
        while True:
            event = next(events)
            losses.append(event.scalars["loss"])
            share = (event.i + 1) / event.n
            accuracy = event.scalars.get("accuracy")
            if accuracy is not None:
                point = [epochs * share, accuracy, float(np.mean(losses))]
                curve.append([round(v, 4) for v in point])
                losses.clear()
            if accuracy is not None or show.due():
                yield show.now(text, share)
    except StopIteration as stop:
        result: Evaluation = stop.value
        return result


def _watched(test: Split) -> Split:
    """The test images that the curves are drawn by, drawn with a fixed seed."""
    rows = np.sort(np.random.default_rng(0).permutation(len(test.labels))[:WATCHED])
    return Split(test.images[rows], test.labels[rows])
