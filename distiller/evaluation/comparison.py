"""Comparisons: sets beside random real images of the same number, net by net.

Seed by seed every set and its baseline are trained, so that whatever is there when a comparison is
stopped compares.
"""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from ..data.dataset import Dataset
from ..event import Event, translated
from .accuracy import compile_pays, evaluate, evaluate_random
from .classifier import LabelledSet
from .full_data import evaluate_full
from .plan import EvaluationPlan
from .privacy import audit_privacy
from .published import Published, beside
from .ranking import rank_set
from .result import Evaluation, join
from .robustness import measure_robustness

__all__ = ["Asked", "Line", "Step", "compare", "counts_of", "evaluate_set"]


@dataclass(frozen=True, eq=False)
class Line:
    """A set to train on, or random real images, as many as some set has."""

    counts: tuple[int, ...]  # images of each class
    chosen: LabelledSet | None = None  # None: random real images, drawn anew for every seed
    known: Mapping[int, Evaluation] = field(default_factory=dict)  # by seed: not trained again


@dataclass(frozen=True, slots=True)
class Step:
    """An event of a comparison, and which net it is of."""

    event: Event  # counted over all seeds of a line
    line: Line | None = None  # None: of no line's own net
    seed: int = 0
    share: float = 0.0  # of the net's own training that is done
    result: Evaluation | None = None  # with the last event of a net: what it reaches


@dataclass(frozen=True)
class Asked:
    """What is to be known of a set besides its accuracies."""

    baseline: bool = False  # those of random real images, as many
    full: bool = False  # those of all real images
    ranking: bool = False  # DD-Ranking's scores, which take the baseline and all real images too
    robust: bool = False  # the first net's accuracies under attack and corruption
    privacy: bool = False  # whether the set holds copies, and what the first net gives away


def counts_of(chosen: LabelledSet, classes: int) -> tuple[int, ...]:
    """How many images of each class a set has."""
    return tuple(np.bincount(chosen.labels, minlength=classes).tolist())


def compare(
    lines: Sequence[Line], data: Dataset, plan: EvaluationPlan
) -> Generator[Step, None, list[Evaluation]]:
    """Trains what is not known of the lines, seed by seed; returns what each of them reaches.

    Raises:
        Refused: if a set does not fit the test images, or a class has too few real images.
    """
    results = [dict(line.known) for line in lines]
    for seed in plan.every_seed:
        for line, found in zip(lines, results, strict=True):
            if seed not in found:
                found[seed] = yield from _one(line, data, plan, seed)
    return [join([found[seed] for seed in plan.every_seed]) for found in results]


def _one(
    line: Line, data: Dataset, plan: EvaluationPlan, seed: int
) -> Generator[Step, None, Evaluation]:
    """Trains a line's net of one seed."""
    first, seeds = plan.seed, plan.seeds
    if plan.compiled is None:  # decided for all seeds together, whichever are left
        plan = replace(plan, compiled=compile_pays(plan, data.test, sum(line.counts)))
    if line.chosen is None:
        labels = np.repeat(np.arange(len(line.counts)), line.counts)
        events = evaluate_random(data, labels, plan.of_seed(seed))
    else:
        events = evaluate(line.chosen, data.test, plan.of_seed(seed))
    last = Event("train", 0, 1)

    def step(event: Event) -> Step:
        nonlocal last
        done = (seed - first) * event.n + event.i
        last = replace(event, i=done, n=seeds * event.n)
        return Step(last, line, seed, (event.i + 1) / event.n)

    result = yield from translated(events, step)
    yield Step(last, line, seed, 1.0, result)
    return result


def evaluate_set(
    chosen: LabelledSet, data: Dataset, plan: EvaluationPlan, asked: Asked = Asked()
) -> Generator[Step, None, dict[str, Any]]:
    """All that is asked about a set, for one net, as a table of plain values.

    Raises:
        Refused: as `compare` does, and if what is asked for cannot be had.
    """
    counts = counts_of(chosen, len(data.classes))
    random = [Line(counts)] if asked.baseline or asked.ranking else []
    result, *beside = yield from compare([Line(counts, chosen), *random], data, plan)
    baseline = beside[0] if beside else None
    table = {"dataset": data.name, "classes": data.classes, **result.table(baseline)}
    table["size"] = min(data.size, plan.protocol.largest or data.size)
    table["published"] = [asdict(p) for p in _published(chosen, data, plan)]
    if asked.full or asked.ranking:
        table["full"] = yield from translated(evaluate_full(data, plan), Step)
    if asked.ranking and baseline is not None:
        full = float(np.mean(table["full"]))
        events = rank_set(result, baseline, full, chosen, data, plan)
        table["ranking"] = yield from translated(events, Step)
    if asked.robust:
        table["robustness"] = yield from translated(
            measure_robustness(result.nets[0], data.test), Step
        )
    if asked.privacy:
        table["privacy"] = audit_privacy(result.nets[0], chosen, data)
    return table


def _published(chosen: LabelledSet, data: Dataset, plan: EvaluationPlan) -> list[Published]:
    """What papers print for the same net, labels and number of images, where they do."""
    if plan.protocol.name not in ("hard", "soft"):
        return []
    return beside(data, plan.protocol.labels, plan.architecture, len(chosen.labels))
