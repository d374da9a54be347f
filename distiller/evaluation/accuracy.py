"""Evaluation: train nets on a set from scratch, test them on real images.

Nothing is chosen on the test set: the last epoch counts, and each net is tested once. Only where
`report` asks for it is the best of many tests taken, as papers do, and the result says so. Images
to `watch` by, for a curve, decide nothing. Accuracies of different protocols, or of sets of
different sizes, do not compare.
"""

import math
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..data.dataset import Dataset, Split
from ..errors import Refused
from ..event import Event
from ..limits import choice
from ..machine.compiled import training_work
from .classifier import Classifier, LabelledSet, predict, train
from .nets import make_net
from .protocol import Protocol

__all__ = ["REPORTS", "Evaluation", "check", "evaluate", "evaluate_random", "join", "of_classes"]

WORK = 5e12  # operations from which compiling, which takes 10 to 50 s, saves more than it costs
REPORTS = ("last", "best-on-test")
"""Which test counts: the one after the last epoch or, as in the code of IDC (Kim et al., 2022) and
those who took it over, the best of about a hundred during training, which is chosen on the very
images it is measured with."""
LOOKS = 100  # tests during a training that reports the best: every epochs // 100 epochs, as IDC
POINTS = 12  # of a curve, about


@dataclass(frozen=True)
class Evaluation:
    """What nets trained on a set reach on the real test images, one net for each seed."""

    net: str
    protocol: str
    epochs: int
    accuracies: tuple[float, ...]  # in percent, after the last epoch or as `report` says
    confusion: NDArray[np.int64]  # (classes, classes), true by predicted, summed over the nets
    seconds: float
    compiled: bool  # whether trained compiled, where it is faster in bfloat16
    nets: tuple["Classifier", ...] = field(repr=False, compare=False)
    report: str = "last"  # or "best-on-test"
    labels: str = "hard"  # or "soft": the two do not compare

    @property
    def mean(self) -> float:
        """The mean accuracy over the seeds, in percent."""
        return float(np.mean(self.accuracies))

    @property
    def std(self) -> float:
        """The sample standard deviation over the seeds, in percent; NaN for one seed."""
        return spread(self.accuracies)[0]

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % confidence interval of the mean, by Student's t; NaN for one seed."""
        half = spread(self.accuracies)[1]
        return self.mean - half, self.mean + half

    @property
    def by_class(self) -> NDArray[np.float64]:
        """The accuracy on each class's test images, in percent, over all nets: (classes,)."""
        share: NDArray[np.float64] = self.confusion.diagonal() / self.confusion.sum(1)
        return 100 * share

    def against(self, baseline: "Evaluation") -> tuple[float, float, float]:
        """The mean of the differences to a baseline, seed by seed, and its 95 % interval.

        Raises:
            Refused: if the two were not made alike, with the same number of seeds.
        """
        mine, its = (
            (e.net, e.protocol, e.epochs, e.report, len(e.accuracies)) for e in (self, baseline)
        )
        if mine != its:
            raise Refused(
                "A difference needs the same net, protocol, epochs, report and number of seeds on "
                f"both sides; got {mine} and {its}."
            )
        differences = np.subtract(self.accuracies, baseline.accuracies)
        mean, half = float(differences.mean()), spread(differences.tolist())[1]
        return mean, mean - half, mean + half

    def table(self, baseline: "Evaluation | None" = None) -> dict[str, Any]:
        """Everything but the nets as plain values, accuracies in percent; null where unknown."""
        row: dict[str, Any] = {
            "net": self.net,
            "protocol": self.protocol,
            "epochs": self.epochs,
            "labels": self.labels,
            "report": self.report,
            "accuracies": list(self.accuracies),
            "accuracy_mean": self.mean,
            "accuracy_std": _plain(self.std),
            "accuracy_interval": [_plain(v) for v in self.interval],
            "accuracy_by_class": self.by_class.tolist(),
            "confusion": self.confusion.tolist(),
            "seconds": self.seconds,
            "compiled": self.compiled,
            "baseline": None,
        }
        if baseline is not None:
            mean, low, high = self.against(baseline)
            row["baseline"] = baseline.table()
            row["difference_mean"] = mean
            row["difference_interval"] = [_plain(low), _plain(high)]
        return row


def _plain(value: float) -> float | None:
    return value if math.isfinite(value) else None


def spread(values: tuple[float, ...] | list[float]) -> tuple[float, float]:
    """The sample standard deviation, and half the 95 % interval of the mean (Student's t)."""
    from scipy.stats import t

    n = len(values)
    if n < 2:
        return math.nan, math.nan
    std = float(np.std(values, ddof=1))
    return std, float(t.ppf(0.975, n - 1)) * std / math.sqrt(n)


def join(parts: Sequence[Evaluation]) -> Evaluation:
    """One evaluation of several that differ in their seeds alone.

    Raises:
        Refused: if there is none, or they were not made alike.
    """
    if len({(e.net, e.protocol, e.epochs, e.report) for e in parts}) != 1:
        raise Refused(
            "To be joined, evaluations need the same net, protocol, epochs and report; got "
            f"{[(e.net, e.protocol, e.epochs, e.report) for e in parts][:4]}."
        )
    return replace(
        parts[0],
        accuracies=tuple(a for e in parts for a in e.accuracies),
        confusion=np.sum([e.confusion for e in parts], axis=0),
        seconds=sum(e.seconds for e in parts),
        compiled=any(e.compiled for e in parts),
        nets=tuple(net for e in parts for net in e.nets),
    )


# ---------------------------------------------------------------------------------- evaluation


@dataclass(frozen=True)
class _Plan:
    """What all nets of an evaluation share."""

    test: Split
    protocol: Protocol
    net: str | None
    seeds: range
    epochs: int | None
    device: str
    compiled: bool | None
    watch: Split | None
    report: str
    teacher: Classifier | None


def evaluate(
    chosen: LabelledSet,
    test: Split,
    protocol: Protocol,
    *,
    net: str | None = None,
    seeds: int = 3,
    epochs: int | None = None,
    seed: int = 0,
    device: str = "cpu",
    compiled: bool | None = False,
    watch: Split | None = None,
    report: str = "last",
    teacher: Classifier | None = None,
) -> Generator[Event, None, Evaluation]:
    """Trains one net for each of the seeds seed, seed + 1 ... on a set, and tests each once.

    Yields an event for every training step, with the loss; at about twelve of them, the last
    included, also with the accuracy on the images to `watch`, in percent. `net` and `epochs`
    default to the protocol's. `compiled` trains compiled and, where faster, in bfloat16; None:
    where the work is worth the time to compile. `report` is one of `REPORTS`. A protocol of soft
    labels takes them from the `teacher`.

    Raises:
        Refused: if the images, the labels or the weights do not fit one another or the test, or a
            teacher is needed and not there.
    """
    seen = range(seed, seed + seeds)
    plan = _Plan(test, protocol, net, seen, epochs, device, compiled, watch, report, teacher)
    return (yield from _evaluate(lambda k: chosen, plan, "train"))


def evaluate_random(
    data: Dataset,
    labels: NDArray[np.int64],
    protocol: Protocol,
    *,
    net: str | None = None,
    seeds: int = 3,
    epochs: int | None = None,
    seed: int = 0,
    device: str = "cpu",
    compiled: bool | None = False,
    watch: Split | None = None,
    report: str = "last",
    teacher: Classifier | None = None,
) -> Generator[Event, None, Evaluation]:
    """The same for real training images with the given labels, drawn anew for every seed.

    Seed by seed it starts from the same weights as `evaluate`: `Evaluation.against` pairs them.
    """
    seen = range(seed, seed + seeds)
    plan = _Plan(data.test, protocol, net, seen, epochs, device, compiled, watch, report, teacher)
    stage = "train on random real"
    return (yield from _evaluate(lambda k: draw_real(data, labels, k), plan, stage))


def draw_real(data: Dataset, labels: NDArray[np.int64], seed: int) -> LabelledSet:
    """Real training images drawn at random, as many of each class as `labels` has.

    Raises:
        Refused: if a class has fewer.
    """
    rows = []
    for label, n in zip(*np.unique(labels, return_counts=True), strict=True):
        members = data.choose_from(int(label), int(n))
        rng = np.random.default_rng(np.random.SeedSequence([seed, int(label)]))
        rows.append(rng.choice(members, int(n), replace=False))
    order = np.sort(np.concatenate(rows))
    return LabelledSet(np.ascontiguousarray(data.train.images[order]), data.train.labels[order])


def _evaluate(
    draw: Callable[[int], LabelledSet], plan: _Plan, stage: str
) -> Generator[Event, None, Evaluation]:
    if len(plan.seeds) < 1:
        raise Refused(f"seeds must be at least 1; got {len(plan.seeds)}.")
    choice("report", plan.report, REPORTS)
    start, compiled, parts = time.perf_counter(), plan.compiled, []
    protocol = plan.protocol.for_net(plan.net or plan.protocol.net)
    for k, seed in enumerate(plan.seeds):
        chosen = draw(seed)
        check(chosen, plan.test)
        n = len(chosen.labels)
        passes = plan.epochs or protocol.epochs_for(n / _classes(plan.test))
        classifier = _classifier(plan, chosen, seed)
        if compiled is None:
            images = len(plan.seeds) * passes * n
            compiled = training_work(classifier.net, classifier.size, images) > WORK
        losses = train(classifier, protocol, chosen, passes, seed, compiled, plan.teacher)
        batches = -(-n // protocol.batch_for(n / _classes(plan.test)))
        steps, best = passes * batches, None
        at, tests = _looks(passes, batches, POINTS), _looks(passes, batches, LOOKS)
        for i, loss in enumerate(losses):
            scalars = {"loss": loss}
            if plan.watch is not None and i in at:
                scalars["accuracy"] = _share(_tested(classifier, plan.watch, compiled))
            if i + 1 == steps or (plan.report != "last" and i in tests):
                found = _tested(classifier, plan.test, compiled)
                best = found if best is None or _share(found) > _share(best) else best
            classifier.train()
            yield Event(stage, k * steps + i, len(plan.seeds) * steps, scalars=scalars)
        assert best is not None
        parts.append((classifier.eval(), best))
    return Evaluation(
        plan.net or plan.protocol.net,
        plan.protocol.name,
        passes,
        tuple(_share(found) for _, found in parts),
        np.sum([found for _, found in parts], axis=0),
        time.perf_counter() - start,
        bool(compiled),
        tuple(net for net, _ in parts),
        plan.report,
        protocol.labels,
    )


def _classes(split: Split) -> int:
    return int(split.labels.max()) + 1


def _classifier(plan: _Plan, chosen: LabelledSet, seed: int) -> Classifier:
    """A net that has not learnt yet, for images of the set's size, on the device."""
    side = chosen.images.shape[1]
    size = min(side, plan.protocol.largest or side)
    name, norm = plan.net or plan.protocol.net, plan.protocol.norm
    net = make_net(name, size, _classes(plan.test), norm=norm, seed=seed)
    classifier = Classifier(net, plan.protocol, size)
    return classifier.to(plan.device).to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


def _looks(passes: int, batches: int, times: int) -> set[int]:
    """The steps that end every (passes // times)th epoch, counted back from the last."""
    every = max(1, passes // times)
    return {(epoch + 1) * batches - 1 for epoch in range(passes - 1, -1, -every)}


def _tested(classifier: Classifier, split: Split, compiled: bool) -> NDArray[np.int64]:
    """The confusion table of a classifier on a split."""
    return confusion(predict(classifier, split.images, compiled=compiled), split.labels)


def _share(table: NDArray[np.int64]) -> float:
    """The accuracy of a confusion table, in percent."""
    return 100 * float(table.trace() / table.sum())


def of_classes(data: Dataset, labels: Sequence[int]) -> Dataset:
    """A data set of some classes only, with labels 0, 1 ... in their order."""
    return replace(
        data,
        classes=tuple(data.classes[label] for label in labels),
        train=_relabelled(data.train, labels),
        test=_relabelled(data.test, labels),
    )


def _relabelled(split: Split, labels: Sequence[int]) -> Split:
    rows = np.flatnonzero(np.isin(split.labels, labels))
    modes = None if split.modes is None else split.modes[rows]
    return Split(split.images[rows], np.searchsorted(labels, split.labels[rows]), modes)


def confusion(logits: Tensor, labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many images of each class (rows) were taken for each class (columns)."""
    classes = logits.shape[1]
    pairs = labels * classes + logits.argmax(1).numpy()
    return np.bincount(pairs, minlength=classes**2).reshape(classes, classes)


def check(chosen: LabelledSet, test: Split) -> None:
    """Checks that a set can be trained on for a test.

    Raises:
        Refused: saying what does not fit.
    """
    shape, n = chosen.images.shape, len(chosen.labels)
    if len(np.unique(test.labels)) < 2:
        raise Refused("An evaluation needs images of at least two classes; got those of one.")
    if len(shape) != 4 or shape[1:] != test.images.shape[1:] or shape[0] != n:
        raise Refused(
            f"The images must be of shape (n, {', '.join(map(str, test.images.shape[1:]))}) like "
            f"the test images, with n labels; got {shape} and {n} labels."
        )
    tested, made = set(test.labels.tolist()), set(chosen.labels.tolist())
    if tested != made:
        raise Refused(
            "A set must have an image of every class of the test and of no other; "
            f"without any: {sorted(tested - made)[:10]}, not in the test: "
            f"{sorted(made - tested)[:10]}."
        )
    weights = chosen.weights
    if weights is not None and (len(weights) != n or not (0 < np.sum(weights) < np.inf)):
        raise Refused(f"Weights must be {n} finite numbers, one for each image, not all zero.")
    if weights is not None and np.min(weights) < 0:
        raise Refused(f"Weights must not be negative; got {np.min(weights):g}.")
