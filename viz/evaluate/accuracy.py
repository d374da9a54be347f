"""Accuracies: sets beside random real images of the same number, net by net, as values to show.

What is trained, and in which order, is `distiller.evaluation.comparison`; a board keeps what is
finished, and nothing on it is trained again.
"""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from distiller.data.dataset import Split
from distiller.errors import Refused
from distiller.evaluation.accuracy import check, of_classes
from distiller.evaluation.classifier import LabelledSet
from distiller.evaluation.comparison import Line, Step, compare, counts_of
from distiller.evaluation.full_data import full_accuracies
from distiller.evaluation.nets import make_net
from distiller.evaluation.plan import EvaluationPlan
from distiller.evaluation.teacher import teacher_for
from distiller.event import Event, Pace, translated
from distiller.lab import Lab
from distiller.machine.compiled import training_work

from .. import payloads
from ..settings import WORK
from .board import Board, Contest, Entry, mean_of_full
from .candidate import Candidate, complete

__all__ = ["evaluate_sets", "waiting"]

PAUSE = 0.25  # seconds between two steps that are shown, at least
WATCHED = 200  # test images that a curve is drawn by
ENTRIES = 24  # that a table keeps


def evaluate_sets(
    lab: Lab, candidates: Sequence[Candidate], board: Board, plan: EvaluationPlan
) -> Generator[payloads.EvaluationState, None, None]:
    """Evaluates sets beside random real images, yielding what to show; fills the board.

    The plan's device, teacher and images to watch are those of the lab.

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
    data = of_classes(lab.data, classes)
    contest = Contest(lab.name, classes, plan.protocol.name, plan.architecture)
    table = dict(board.tables.get(contest, {}))
    entries = _entries(table, candidates, classes)
    for chosen in entries.values():
        if chosen is not None:
            check(chosen, data.test)
    _check_work(lab, plan, len(classes), list(entries))
    device = str(lab.prior.device)
    teacher = teacher_for(plan.protocol, lab.data, classes, device)
    plan = replace(plan, device=device, teacher=teacher, watch=_watched(data.test))
    board.put(contest, table)  # only now: what is refused displaces nothing
    if len(classes) == len(lab.data.classes):
        board.full[contest] = full_accuracies(lab.data, plan.protocol, plan.architecture)
    lines = {Line(e.counts, chosen, e.results): e for e, chosen in entries.items()}
    show = _Progress(board, contest, lines, plan)
    yield show.now("begins")
    try:
        steps = compare(list(lines), data, plan)
        yield from translated(steps, show.step, show.pace, show.note)
    finally:
        for entry in entries:  # a curve that was stopped ends nowhere
            entry.curves = {k: curve for k, curve in entry.curves.items() if k in entry.results}
    yield show.now("", live=False)


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
) -> dict[Entry, LabelledSet | None]:
    """Entries of the table to fill, a baseline before the sets it is for; None: random real."""
    runs: dict[Entry, LabelledSet | None] = {}
    for candidate in candidates:
        chosen = candidate.labelled(classes)
        counts = counts_of(chosen, len(classes))
        key = f"random {counts}"
        runs[table.setdefault(key, Entry("random real images", "random", counts))] = None
        key = f"{candidate.name} {candidate.digest()}"
        entry = table.setdefault(key, Entry(candidate.name, "set", counts, candidate.link()))
        runs[entry] = chosen
    for key in [key for key, entry in table.items() if entry not in runs]:
        if len(table) > ENTRIES:
            del table[key]
    return runs


def _check_work(lab: Lab, plan: EvaluationPlan, classes: int, entries: Sequence[Entry]) -> None:
    device, protocol, net = lab.prior.device.type, plan.protocol, plan.architecture
    size = min(lab.data.size, protocol.largest or lab.data.size)
    passes = 0
    for entry in entries:
        n = sum(entry.counts)
        passes += n * plan.epochs_for(n, classes) * (plan.seeds - len(entry.results))
    work = training_work(make_net(net, size, classes), size, max(passes, 0))
    if work > (most := WORK.get(device, WORK["cpu"])):
        raise Refused(
            f"{net} under protocol {protocol.name} takes {work:.0e} operations; at most {most:.0e} "
            "are done here. Choose another protocol, a smaller net or fewer seeds, or use "
            "`python -m distiller evaluate`."
        )


class _Progress:
    """What the page shows of an evaluation that goes on."""

    def __init__(
        self, board: Board, contest: Contest, lines: Mapping[Line, Entry], plan: EvaluationPlan
    ) -> None:
        self.board, self.contest, self.lines, self.plan = board, contest, lines, plan
        self.left = sum(k not in e.results for e in lines.values() for k in plan.every_seed)
        self.done, self.pace = 0, Pace(PAUSE)
        self.losses: list[float] = []  # since the last point of the curve

    def note(self, step: Step) -> bool:
        """Keeps a result, or adds to a curve; whether it is worth showing at once.

        A point is [epoch, accuracy on the watched images, mean loss since the last].
        """
        entry = self._entry(step)
        if step.result is not None:
            entry.results[step.seed] = replace(step.result, nets=())
            self.done += 1
            self.losses.clear()
            return True
        curve = entry.curves.setdefault(step.seed, [])
        self.losses.append(step.event.scalars["loss"])
        accuracy = step.event.scalars.get("accuracy")
        if accuracy is None:
            return False
        epochs = self.plan.epochs_for(sum(entry.counts), len(entry.counts))
        point = [epochs * step.share, accuracy, float(np.mean(self.losses))]
        curve.append([round(v, 4) for v in point])
        self.losses.clear()
        return True

    def _entry(self, step: Step) -> Entry:
        assert step.line is not None
        return self.lines[step.line]

    def step(self, step: Step) -> payloads.EvaluationState:
        """A step as it is shown."""
        text = f"seed {step.seed + 1} of {self.plan.seeds}: {self._entry(step).name}"
        return self.now(text, 0.0 if step.result else step.share)

    def now(self, text: str, share: float = 0.0, *, live: bool = True) -> payloads.EvaluationState:
        """Curves, tables and how far it is; `share` of the net in training is done."""
        self.pace.mark()
        progress = (self.done + share) / self.left if self.left else 1.0
        lines: list[payloads.Line] = [
            {
                "name": e.name,
                "kind": e.kind,
                "images": e.images,
                "curves": list(e.curves.values()),
                "ends": [[r.epochs, *r.accuracies] for r in e.results.values()],
            }
            for e in self.lines.values()
        ]
        full = mean_of_full(self.board.full.get(self.contest))
        chart: payloads.Chart = {"title": self.contest.caption(), "lines": lines, "full": full}
        return _shown(self.board, text, progress, live=live, chart=chart)


def _shown(
    board: Board, text: str, progress: float, *, live: bool, chart: payloads.Chart | None
) -> payloads.EvaluationState:
    return {
        "live": live,
        "now": text,
        "progress": round(progress, 4),
        "chart": chart,
        "tables": board.rows(),
        "csv": board.csv(),
    }


def waiting(board: Board, words: str) -> payloads.EvaluationState:
    """What is shown before anything is trained."""
    return _shown(board, words, 0, live=True, chart=None)


def _completing(
    candidate: Candidate, lab: Lab, board: Board
) -> Generator[payloads.EvaluationState, None, None]:
    """Makes the missing classes of a set; what is shown meanwhile."""
    missing = candidate.missing()

    def show(event: Event) -> payloads.EvaluationState:
        name = "" if event.label is None else f" {lab.data.classes[event.label]}"
        text = f"makes {candidate.name}: {event.stage}{name} {event.i + 1} of {event.n}"
        left = len(candidate.missing()) - (event.i + 1) / event.n
        return _shown(board, text, 1 - left / len(missing), live=True, chart=None)

    yield from translated(complete(candidate, lab), show, Pace(PAUSE))


def _watched(test: Split) -> Split:
    """The test images that the curves are drawn by, drawn with a fixed seed."""
    rows = np.sort(np.random.default_rng(0).permutation(len(test.labels))[:WATCHED])
    return Split(test.images[rows], test.labels[rows])
