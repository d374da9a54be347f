"""Scores of a distilled set, beside random real images of equal number."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.dataset import Dataset
from ..scores.efficientnet import efficientnet_features, real_efficientnet_features
from ..scores.score import Comparison, Real, compare, discrepancies, join
from .measured import Measured

__all__ = ["Scored", "score_independently", "score_set"]

NEIGHBOURS = 5
"""Nearest real images of each image that are told."""


@dataclass(frozen=True)
class Scored:
    """The scores of a set, by class and over all, in both spaces."""

    measured: Measured
    classes: Mapping[str, Mapping[int, Mapping[str, Comparison]]]  # by space and label
    judged: Mapping[int, Mapping[str, float]]  # by label
    images: Sequence[Mapping[str, Any]]  # what is known of each image

    def discrepancies(self) -> dict[str, Any]:
        """Every discrepancy of the frame by space, as plain numbers, averaged over classes."""
        tables: dict[str, Any] = {}
        reference, members = self.measured.lab.reference, self.measured.classes()
        for space, x in self.measured.points.items():
            classes = {
                label: discrepancies(reference.real(label, space), x[rows])
                for label, rows in members.items()
            }
            tables[space] = {name: _plain(c) for name, c in join(classes).items()}
        return tables

    def table(self) -> dict[str, Any]:
        """The scores as plain numbers, each with that of random real images of equal size."""
        means = {space: join(classes) for space, classes in self.classes.items()}
        keys = next(iter(self.judged.values())).keys()
        return {
            **{
                space: {name: _plain(c) for name, c in mean.items()}
                for space, mean in means.items()
            },
            "judged": {k: float(np.mean([j[k] for j in self.judged.values()])) for k in keys},
        }


def _plain(c: Comparison) -> dict[str, Any]:
    return {
        "value": None if math.isnan(c.value) else c.value,
        "random_real_mean": None if math.isnan(c.mean) else c.mean,
        "random_real_sd": None if math.isnan(c.spread) else c.spread,
        "verdict": c.verdict(),
    }


def score_set(measured: Measured) -> Scored:
    """Scores a set against the real training images of its classes.

    Raises:
        Refused: if it has as many images of a class as the reference.
    """
    reference, verdict = measured.lab.reference, measured.verdict
    classes: dict[str, dict[int, dict[str, Comparison]]] = {s: {} for s in measured.points}
    judged, images = {}, [dict[str, Any]() for _ in measured.labels]
    for label, rows in measured.classes().items():
        for space, x in measured.points.items():
            classes[space][label] = compare(reference.real(label, space), x[rows])
        judged[label] = {"recognised": 100 * float((verdict.classes[rows] == label).mean())}
        if verdict.modes is not None:
            judged[label]["modes"] = float(len(set(verdict.modes[rows].tolist())))
        near, away = reference.nearest(measured.z[rows], label, NEIGHBOURS)
        places = {v: reference.place(measured.z[rows], v, label) for v in reference.maps}
        for j, i in enumerate(rows):
            images[i]["nearest_real"] = int(reference.rows[near[j, 0]])
            images[i]["nearest_distance"] = round(float(away[j, 0]), 4)
            images[i]["neighbours"] = {
                "rows": reference.rows[near[j]].tolist(),
                "distances": [round(float(d), 4) for d in away[j]],
            }
            images[i]["recognised"] = measured.lab.data.classes[verdict.classes[i]]
            if verdict.modes is not None:
                images[i]["mode"] = measured.lab.data.modes[verdict.modes[i]]
            for view, place in places.items():
                images[i][f"{view}_x"], images[i][f"{view}_y"] = (
                    round(float(v), 4) for v in place[j]
                )
    return Scored(measured, classes, judged, images)


def score_independently(
    images: NDArray[np.uint8], labels: NDArray[np.int64], data: Dataset
) -> dict[str, Any]:
    """The scores of a set in features that nobody here trained, averaged over classes.

    `images` is (n, h, w, 3), `labels` (n,). The scores are plain numbers, each with that of random
    real images of equal size. The features of all real images are made once, and kept.

    Raises:
        Refused: if the real images are not here, or the set has as many images as a class.
    """
    real, x = real_efficientnet_features(data.train).float(), efficientnet_features(images)
    classes = {
        int(label): compare(Real(real[data.train.of(int(label))]), x[labels == label])
        for label in np.unique(labels)
    }
    return {name: _plain(c) for name, c in join(classes).items()}
