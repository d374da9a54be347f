"""Results: what nets that were trained on a set reach on real images, with what is sure of it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import Refused
from .classifier import Classifier

__all__ = ["Evaluation", "join", "spread"]


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
    nets: tuple[Classifier, ...] = field(repr=False, compare=False)
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
