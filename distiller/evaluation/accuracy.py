"""Accuracy: train nets on a set from scratch, test them on real images.

Nothing is chosen on the test set: the last epoch counts, and each net is tested once. Only where
`report` asks for it is the best of many tests taken, as papers do, and the result says so. Images
to `watch` by, for a curve, decide nothing. Accuracies of different protocols, or of sets of
different sizes, do not compare.
"""

import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..data.dataset import Dataset, Split
from ..errors import Refused
from ..event import Event, translated
from ..machine.compiled import training_work
from .classifier import Classifier, LabelledSet, predict, train
from .nets import make_net
from .ongoing import BestTest, checkpoint_of
from .plan import EvaluationPlan
from .result import Evaluation

__all__ = ["check", "compile_pays", "draw_real", "evaluate", "evaluate_random", "of_classes"]

WORK = 5e12  # operations from which compiling, which takes 10 to 50 s, saves more than it costs
LOOKS = 100  # tests during a training that reports the best: every epochs // 100 epochs, as IDC
POINTS = 12  # of a curve, about


def evaluate(
    chosen: LabelledSet, test: Split, plan: EvaluationPlan
) -> Generator[Event, None, Evaluation]:
    """Trains one net for each of the plan's seeds on a set, and tests each once.

    Yields an event for every training step, with the loss; at about twelve of them, the last
    included, also with the accuracy on the plan's images to watch, in percent.

    Raises:
        Refused: if the images, the labels or the weights do not fit one another or the test, or a
            teacher is needed and not there.
    """
    return (yield from _evaluate(lambda seed: chosen, test, plan, "train"))


def evaluate_random(
    data: Dataset, labels: NDArray[np.int64], plan: EvaluationPlan
) -> Generator[Event, None, Evaluation]:
    """The same for real training images with the given labels (n,), drawn anew for every seed.

    Seed by seed it starts from the same weights as `evaluate`: `Evaluation.against` pairs them.
    """
    draw = lambda seed: draw_real(data, labels, seed)  # noqa: E731
    return (yield from _evaluate(draw, data.test, plan, "train on random real"))


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
    draw: Callable[[int], LabelledSet], test: Split, plan: EvaluationPlan, stage: str
) -> Generator[Event, None, Evaluation]:
    start, compiled, nets, tables = time.perf_counter(), plan.compiled, [], []
    for k, seed in enumerate(plan.every_seed):
        chosen = draw(seed)
        check(chosen, test)
        if compiled is None:
            compiled = compile_pays(plan, test, len(chosen.labels))
        one = _train_and_test(chosen, test, replace(plan, compiled=compiled), seed, stage)
        net, table = yield from translated(one, partial(_among, k, plan.seeds))
        nets.append(net)
        tables.append(table)
    return Evaluation(
        plan.architecture,
        plan.protocol.name,
        plan.epochs_for(len(chosen.labels), _classes(test)),
        tuple(map(_share, tables)),
        np.sum(tables, axis=0),
        time.perf_counter() - start,
        bool(compiled),
        tuple(nets),
        plan.report,
        plan.protocol.labels,
    )


def _among(k: int, n: int, event: Event) -> Event:
    """An event of the kth of n equal parts, counted over all of them."""
    return replace(event, i=k * event.n + event.i, n=n * event.n)


def _train_and_test(
    chosen: LabelledSet, test: Split, plan: EvaluationPlan, seed: int, stage: str
) -> Generator[Event, None, tuple[Classifier, NDArray[np.int64]]]:
    """Trains one net; returns it with the confusion table of the test that counts."""
    protocol, compiled = plan.protocol.for_net(plan.architecture), bool(plan.compiled)
    n, classes = len(chosen.labels), _classes(test)
    passes, batches = plan.epochs_for(n, classes), -(-n // protocol.batch_for(n / classes))
    steps, best = passes * batches, BestTest()
    at, tests = _looks(passes, batches, POINTS), _looks(passes, batches, LOOKS)
    classifier = _classifier(plan, chosen.images.shape[1], classes, seed)
    checkpoint = checkpoint_of(plan, chosen, test, seed, best)
    losses = train(classifier, protocol, chosen, passes, seed, compiled, plan.teacher, checkpoint)
    i = -1
    for loss in losses:
        i = max(i + 1, checkpoint.step * batches)  # it may be gone on from
        scalars = {"loss": loss}
        if plan.watch is not None and i in at:
            scalars["accuracy"] = _share(_tested(classifier, plan.watch, compiled))
        if i + 1 == steps or (plan.report != "last" and i in tests):
            best.take(_tested(classifier, test, compiled))
        classifier.train()
        yield Event(stage, i, steps, scalars=scalars)
    checkpoint.step = passes
    checkpoint.save()
    assert best.table is not None
    return classifier.eval(), best.table


def compile_pays(plan: EvaluationPlan, test: Split, images: int) -> bool:
    """Whether training on a set of so many images, once for each seed, is worth compiling for."""
    classes = _classes(test)
    net = _classifier(plan, test.size, classes, plan.seed)
    passes = plan.epochs_for(images, classes) * plan.seeds
    return training_work(net.net, net.size, passes * images) > WORK


def _classes(split: Split) -> int:
    return int(split.labels.max()) + 1


def _classifier(plan: EvaluationPlan, side: int, classes: int, seed: int) -> Classifier:
    """A net that has not learnt yet, for images of that side, on the device."""
    size = min(side, plan.protocol.largest or side)
    net = make_net(plan.architecture, size, classes, norm=plan.protocol.norm, seed=seed)
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
    if list(labels) == list(range(len(data.classes))):
        return data
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
