"""DD-Ranking's scores: how good the images are, apart from soft labels and augmentation.

Li et al., "DD-Ranking: Rethinking the Evaluation of Dataset Distillation" (2025, arXiv
2505.13300). With accuracies as shares, of the set and of as many random real images,

    IOR   = Acc(set, its labels) - Acc(random, the same labels)   improvement over random
    HLR   = Acc(all real, hard) - Acc(set, hard)                  hard label recovery
    alpha = w IOR - (1 - w) HLR
    beta  = g (Acc(set, aug) - Acc(random, aug)) + (1 - g) (Acc(set) - Acc(random))

and a score of (e^alpha - 1/e) / (e - 1/e): 1 at alpha = 1, 0 at -1, and 0.27 at 0. Here "aug" is
the protocol as it is, and the other term the same without augmentation and without CutMix.
"""

import math
from collections.abc import Generator

from ..data.dataset import Dataset
from ..errors import Refused
from ..event import Event
from .accuracy import evaluate, evaluate_random
from .classifier import LabelledSet
from .plan import EvaluationPlan
from .result import Evaluation

__all__ = ["augmentation_robust", "label_robust", "rank_set"]


def _score(exponent: float) -> float:
    return (math.exp(exponent) - math.exp(-1)) / (math.e - math.exp(-1))


def label_robust(improvement: float, recovery: float, w: float = 0.5) -> float:
    """The label-robust score of IOR and HLR, both as shares in [-1, 1]."""
    return _score(w * improvement - (1 - w) * recovery)


def augmentation_robust(augmented: float, plain: float, g: float = 0.5) -> float:
    """The augmentation-robust score of the improvements over random with and without it."""
    return _score(g * augmented + (1 - g) * plain)


def rank_set(
    result: Evaluation,
    baseline: Evaluation,
    full: float,
    chosen: LabelledSet,
    data: Dataset,
    plan: EvaluationPlan,
) -> Generator[Event, None, dict[str, float]]:
    """Both scores, and the four numbers (in percent) that they are made of.

    `result` and `baseline` are those of the plan; `full` is the accuracy of all real images with
    hard labels, in percent. What is missing is trained.

    Raises:
        Refused: if result and baseline are of different protocols.
    """
    if (result.protocol, result.net) != (baseline.protocol, baseline.net):
        raise Refused("A ranking needs a set and a baseline of one protocol and net.")
    plain = plan.without_augmentation()
    bare = yield from evaluate(chosen, data.test, plain)
    bare_random = yield from evaluate_random(data, chosen.labels, plain)
    own = result
    if plan.protocol.temperature is not None:
        own = yield from evaluate(chosen, data.test, plan.with_hard_labels())
    improvement, recovery = result.mean - baseline.mean, full - own.mean
    unaugmented = bare.mean - bare_random.mean
    return {
        "improvement_over_random": improvement,
        "hard_label_recovery": recovery,
        "improvement_without_augmentation": unaugmented,
        "full_data": full,
        "label_robust_score": label_robust(improvement / 100, recovery / 100),
        "augmentation_robust_score": augmentation_robust(improvement / 100, unaugmented / 100),
    }
