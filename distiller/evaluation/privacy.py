"""Privacy: whether a set, or a net trained on it, gives away which images it was made from.

Two questions. Are the set's images nearer to training images than chance makes them? Can an
attacker tell training images from others by the net's loss? How much noise hides one image is
computed in `distiller.recipes.gaussian_mechanism`.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..data.dataset import Dataset, Split
from ..errors import Refused
from ..image import to_tensor
from ..scores.kernel import squared_distance
from .classifier import LabelledSet, predict

__all__ = [
    "Membership", "Memorisation", "audit_privacy", "averaged", "membership_inference",
    "memorisation",
]  # fmt: skip

F = nn.functional


# -------------------------------------------------------------------------------- memorisation


@dataclass(frozen=True)
class Memorisation:
    """How much nearer a set lies to the training images than to held-out ones."""

    log_ratio: float  # mean of log(distance to train / to held-out), less what chance gives
    p_value: float  # one-sided: of a value as low by chance, were train and held-out alike
    images: int

    def table(self) -> dict[str, float]:
        """The same as plain values."""
        return asdict(self)


def memorisation(
    x: Tensor,
    labels: NDArray[np.int64],
    train: Tensor,
    train_labels: NDArray[np.int64],
    held_out: Tensor,
    held_out_labels: NDArray[np.int64],
    *,
    permutations: int = 999,
    seed: int = 0,
) -> Memorisation:
    """Tests whether a set's features x (n, d) lie nearer to train than to held-out features.

    After Meehan et al., "A Non-Parametric Test to Detect Data-Copying in Generative Models"
    (2020): data is copied where it lies nearer to training images than fresh images of the same
    distribution explain. Here each image of the set is compared with those of its class, and the
    p-value is that of a permutation test: if the set does not depend on which images were held
    out, they and the training images can change places. So it is exact, whatever the two numbers
    of images, and though images of the set share neighbours, which a test of independent signs
    or ranks would not allow. All training images take part: a copy of any is seen. Of n training
    and k held-out images of one class, m copies fall among n random ones with a chance of about
    (n / (n + k))^m, and no p-value for so few images is much below it.

    Raises:
        Refused: if a class of the set has no training or no held-out images.
    """
    rng = np.random.default_rng(seed)
    totals = np.zeros(1 + permutations)
    for label in np.unique(labels):
        rows = [np.flatnonzero(where == label) for where in (labels, train_labels, held_out_labels)]
        if not (len(rows[1]) and len(rows[2])):
            raise Refused(
                f"The memorisation test needs training and held-out images of every class of the "
                f"set; class {label} has {len(rows[1])} and {len(rows[2])}."
            )
        real = torch.cat([train[rows[1]], held_out[rows[2]]])
        distances = squared_distance(x[rows[0]].double(), real.double()).sqrt().numpy()
        totals += _log_ratios(distances, len(rows[1]), permutations, rng)
    means = totals / len(labels)
    p_value = float((means[1:] <= means[0] + 1e-12).sum() + 1) / (1 + permutations)
    return Memorisation(float(means[0] - means[1:].mean()), p_value, len(labels))


def averaged(images: NDArray[np.uint8], side: int = 16) -> Tensor:
    """Pixels (n, h, w, 3) averaged down to side x side: features (n, 3 side^2).

    A space that nothing was learnt from. One learnt from the training images, as a classifier's
    features are, lays those out unlike others, and the test would find that.
    """
    parts = [
        F.interpolate(to_tensor(images[k : k + 500]), size=(side, side), mode="area").flatten(1)
        for k in range(0, len(images), 500)
    ]
    return torch.cat(parts)


def _log_ratios(
    distances: NDArray[np.float64], n: int, permutations: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Sums over rows of log(nearest of n columns / nearest of the rest): (1 + permutations,).

    The first is that of the first n columns, the others those of n random ones.
    """
    floor = 1e-6 * max(float(np.median(distances)), 1e-300)  # a copy is at no distance at all
    logs = np.log(np.maximum(distances, floor))
    sums = np.empty(1 + permutations)
    inside = np.arange(logs.shape[1]) < n
    for k in range(1 + permutations):
        sums[k] = (logs[:, inside].min(1) - logs[:, ~inside].min(1)).sum()
        inside = rng.permutation(inside)
    return sums


# -------------------------------------------------------------------------- membership inference


@dataclass(frozen=True)
class Membership:
    """What an attacker who sees a net's losses learns of who was a member."""

    advantage: float  # true minus false positive rate, -1 ... 1; 0 is chance
    interval: tuple[float, float]  # 95 %, by bootstrap
    auc: float  # the chance that a member's loss is below a non-member's; 0.5 is chance
    threshold: float  # of the loss; members are those below

    def table(self) -> dict[str, float | list[float]]:
        """The same as plain values."""
        return {**asdict(self), "interval": list(self.interval)}


def membership_inference(
    net: nn.Module, members: Split, others: Split, *, seed: int = 0, resamples: int = 1000
) -> Membership:
    """The advantage of the loss-threshold attack on a net: a low loss says member.

    Yeom et al. (2018), Def. 4 and Adversary 1, with the threshold chosen on a random half of the
    images and the advantage measured on the other, so that chance alone gives none. For a net
    trained on a distilled set, members are the images that the set was distilled from.

    Raises:
        Refused: if there are fewer than four of either.
    """
    return attack(_losses(net, members), _losses(net, others), seed=seed, resamples=resamples)


def _losses(net: nn.Module, split: Split) -> NDArray[np.float64]:
    logits = predict(net, split.images)
    losses: NDArray[np.float64] = F.cross_entropy(
        logits.double(), torch.from_numpy(split.labels), reduction="none"
    ).numpy()
    return losses


def attack(
    members: NDArray[np.float64],
    others: NDArray[np.float64],
    *,
    seed: int = 0,
    resamples: int = 1000,
) -> Membership:
    """The attack on losses (n,) of members and (m,) of others.

    Raises:
        Refused: if there are fewer than four of either.
    """
    if min(len(members), len(others)) < 4:
        raise Refused(
            f"The attack needs at least four members and four others; got {len(members)} and "
            f"{len(others)}."
        )
    rng = np.random.default_rng(seed)
    first, second = zip(*(_halves(losses, rng) for losses in (members, others)), strict=True)
    threshold = best_threshold(*first)
    inside = [losses <= threshold for losses in second]
    draws = [
        np.subtract(*(rng.choice(hits, len(hits)).mean() for hits in inside))
        for _ in range(resamples)
    ]
    low, high = np.quantile(draws, [0.025, 0.975])
    return Membership(
        float(inside[0].mean() - inside[1].mean()),
        (float(low), float(high)),
        area_under_curve(members, others),
        threshold,
    )


def _halves(
    values: NDArray[np.float64], rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    shuffled = rng.permutation(values)
    return shuffled[: len(values) // 2], shuffled[len(values) // 2 :]


def best_threshold(members: NDArray[np.float64], others: NDArray[np.float64]) -> float:
    """Of losses (n,) and (m,), that at which members below exceed others below most, in shares."""
    at = np.unique(members)
    below = [
        np.searchsorted(np.sort(losses), at, side="right") / len(losses)
        for losses in (members, others)
    ]
    return float(at[np.argmax(below[0] - below[1])])


def area_under_curve(members: NDArray[np.float64], others: NDArray[np.float64]) -> float:
    """The chance that a member's loss, of (n,), is below another's, of (m,), ties counting half.

    It is the statistic of Mann & Whitney (1947) over n m.
    """
    from scipy.stats import rankdata

    ranks = rankdata(np.concatenate([members, others]))[: len(members)]
    m, n = len(members), len(others)
    return float(1 - (ranks.sum() - m * (m + 1) / 2) / (m * n))


def audit_privacy(
    net: nn.Module, chosen: LabelledSet, data: Dataset, seed: int = 0
) -> dict[str, dict[str, Any]]:
    """Both tests as plain values, of a set and of a net trained on it.

    Members are training images, others are test images, equally many of both.
    """
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.permutation(len(data.train.labels))[: len(data.test.labels)])
    members = Split(data.train.images[rows], data.train.labels[rows])
    copies = memorisation(
        averaged(chosen.images),
        chosen.labels,
        averaged(data.train.images),
        data.train.labels,
        averaged(data.test.images),
        data.test.labels,
        seed=seed,
    )
    leaks = membership_inference(net, members, data.test, seed=seed)
    return {"memorisation": copies.table(), "membership_inference": leaks.table()}
