"""Real images, chosen by simple rules: accuracies beside those that papers print.

    python -m bench.published --out runs/published [--rows dc:random:10,...] [--seeds 3]
    python -m bench.published --out runs/published --dataset imagenette --net resnet-18

Of Imagenette only random images, at 128 px, where papers have 224: another pool and another size.

Random, Herding and K-Center are the baselines of every distillation paper, and the papers do not
agree about the last. Rules choose within each class, in the features of a ConvNet-3 trained on
the whole training split, as Zhao et al. (2021) say they do; the others vary what they leave open:

    herding              the mean of the features so far nearest to the class's mean
    nearest              the images nearest to the class's mean, each by itself
    k-center             the most central image, then the farthest from those chosen
    k-center-random      the same from a random first image
    k-center-pixels      the same among pixels
    k-means              the image nearest to each of k means

A row is protocol:rule:images per class. What is there is not trained again. A study of each
protocol and number of images is written beside the records; `--ship` puts its rows into
assets/results/ too. `--jpeg 40` compresses
all images once more, training and test, to see what lossy copies of a data set cost.
"""

import argparse
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from sklearn.cluster import KMeans
from torch import Tensor

from distiller import load
from distiller.data.dataset import Dataset, Split
from distiller.evaluation.accuracy import draw_real, evaluate
from distiller.evaluation.classifier import Classifier, LabelledSet
from distiller.evaluation.nets import ConvNet, make_net
from distiller.evaluation.plan import EvaluationPlan
from distiller.evaluation.protocol import PROTOCOLS
from distiller.evaluation.study import Column, Study, StudyRow, figure_of
from distiller.event import finish
from distiller.image import to_tensor
from distiller.methods.k_center import farthest_first
from distiller.scores.kernel import distance

from . import tables

ROWS = {
    "imagenette": ("hard:random:1", "hard:random:10"),
    "cifar10": (
        *(f"dc:{rule}:{n}" for n in (1, 10, 50) for rule in ("random", "herding", "k-center")),
        *(f"dc:{rule}:10" for rule in ("k-means", "nearest", "k-center-random", "k-center-pixels")),
        *(f"dc:{rule}:50" for rule in ("k-means", "nearest")),
        "dc:k-means:1",
        *(
            f"dsa:{rule}:{n}"
            for n in (1, 10)
            for rule in ("random", "herding", "k-center", "k-means")
        ),
    ),
}
PRINTED = {  # Zhao et al. (2021), Tab. 1, and for K-Center what later papers have; DAP, Tab. 3
    "dc:random:1": "14.4 ± 2.0", "dc:random:10": "26.0 ± 1.2", "dc:random:50": "43.4 ± 1.0",
    "dc:herding:1": "21.5 ± 1.2", "dc:herding:10": "31.6 ± 0.7", "dc:herding:50": "40.4 ± 0.6",
    "dc:k-center:1": "21.5; later 23.3", "dc:k-center:10": "14.7; later 36.4",
    "dc:k-center:50": "27.0; later 48.7",
    "hard:random:10:convnet-6": "46.0", "hard:random:10:resnetap-10": "54.2",
    "hard:random:10:resnet-18": "55.8",
}  # fmt: skip
BY_CHANCE = ("random", "k-center-random", "k-means")  # rules that give every seed its own set
Rule = Callable[[Tensor, int, int], Sequence[int]]
"""Maps (points (m, d) of a class, n, seed) to n of its rows."""


def herd(x: Tensor, n: int, seed: int) -> list[int]:
    """Rows whose mean is nearest to the mean of all, one by one."""
    picked: list[int] = []
    for k in range(n):
        behind = (k + 1) * x.mean(0) - x[picked].sum(0)
        apart = distance(x, behind[None])[:, 0]
        apart[picked] = torch.inf
        picked.append(int(apart.argmin()))
    return picked


def nearest(x: Tensor, n: int, seed: int) -> list[int]:
    """Rows nearest to the mean of all."""
    return distance(x, x.mean(0)[None])[:, 0].argsort()[:n].tolist()


def from_random(x: Tensor, n: int, seed: int) -> list[int]:
    """Farthest first, after a random row."""
    picked = [int(np.random.default_rng(seed).integers(len(x)))]
    apart = distance(x, x[picked])[:, 0]
    while len(picked) < n:
        picked.append(int(apart.argmax()))
        apart = apart.minimum(distance(x, x[picked[-1:]])[:, 0])
    return picked


def nearest_to_means(x: Tensor, n: int, seed: int) -> list[int]:
    """The row nearest to each mean of k-means, none twice."""
    means = torch.from_numpy(KMeans(n, random_state=seed).fit(x.numpy()).cluster_centers_)
    apart = distance(x, means.to(x))
    picked: list[int] = []
    for k in range(n):
        apart[picked] = torch.inf
        picked.append(int(apart[:, k].argmin()))
    return picked


RULES: dict[str, Rule] = {
    "herding": herd,
    "nearest": nearest,
    "k-center": lambda x, n, seed: farthest_first(x, x, n),
    "k-center-random": from_random,
    "k-center-pixels": lambda x, n, seed: farthest_first(x, x, n),
    "k-means": nearest_to_means,
}


def trained_net(data: Dataset, folder: Path, epochs: int) -> tuple[Classifier, float]:
    """A ConvNet-3 trained on the whole training split by `dc`, and its test accuracy."""
    path = folder / f"whole-{epochs}.pt"
    if not path.exists():
        everything = LabelledSet(data.train.images, data.train.labels)
        plan = EvaluationPlan(PROTOCOLS["dc"], seeds=1, epochs=epochs, compiled=True)
        found = finish(evaluate(everything, data.test, plan))
        torch.save((found.nets[0].net.state_dict(), found.mean), path)
    weights, accuracy = torch.load(path, weights_only=True)
    net = make_net("convnet-3", data.size, len(data.classes))
    net.load_state_dict(weights)
    return Classifier(net, PROTOCOLS["dc"], data.size).eval(), accuracy


@torch.no_grad()
def features_of(classifier: Classifier, images: NDArray[np.uint8]) -> Tensor:
    """What the head sees of pixels (n, h, w, 3): (n, d)."""
    net = classifier.net
    assert isinstance(net, ConvNet)
    parts = [
        net.blocks(classifier.normalise(to_tensor(images[k : k + 250]))).flatten(1)
        for k in range(0, len(images), 250)
    ]
    return torch.cat(parts)


@dataclass(frozen=True)
class Points:
    """The training images as points that a rule chooses from, made when one is asked for."""

    data: Dataset
    folder: Path
    epochs: int

    @cached_property
    def pixels(self) -> Tensor:
        """Pixels, (n, d)."""
        return to_tensor(self.data.train.images).flatten(1)

    @cached_property
    def features(self) -> Tensor:
        """Features of a net trained on all of them, (n, d)."""
        classifier, accuracy = trained_net(self.data, self.folder, self.epochs)
        print(f"whole training split, {self.epochs} epochs: {accuracy:.1f}", flush=True)
        return features_of(classifier, self.data.train.images)


def compressed(split: Split, quality: int) -> Split:
    """The split with every image written as JPEG and read again."""
    images = np.empty_like(split.images)
    for i, pixels in enumerate(split.images):
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, format="JPEG", quality=quality)
        images[i] = np.asarray(Image.open(buffer))
    return replace(split, images=images)


def choose(rule: str, data: Dataset, every: Points, ipc: int, seed: int) -> LabelledSet:
    """Real training images chosen by a rule, `ipc` of each class."""
    if rule == "random":
        return draw_real(data, np.repeat(np.arange(len(data.classes)), ipc), seed)
    points, rows = every.pixels if rule.endswith("pixels") else every.features, []
    for label in range(len(data.classes)):
        members = data.train.of(label)
        rows.append(members[list(RULES[rule](points[members], ipc, seed))])
    order = np.sort(np.concatenate(rows))
    return LabelledSet(np.ascontiguousarray(data.train.images[order]), data.train.labels[order])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--dataset", default="cifar10", choices=ROWS)
    parser.add_argument("--rows", help="(all of the data set)")
    parser.add_argument("--net", help="(the protocol's)")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--whole", type=int, default=20, help="epochs on the whole split")
    parser.add_argument("--jpeg", type=int, help="the quality to compress all images at once more")
    parser.add_argument("--ship", action="store_true", help="put the rows into assets/results/")
    given = parser.parse_args()
    if given.ship and given.jpeg:
        parser.error("what was compressed once more does not stand beside what was not")
    data = load(given.dataset)
    if given.jpeg:
        given.out /= f"jpeg-{given.jpeg}"
        train, test = (compressed(split, given.jpeg) for split in (data.train, data.test))
        data = replace(data, train=train, test=test)
    given.out.mkdir(parents=True, exist_ok=True)
    rows = given.rows.split(",") if given.rows else ROWS[given.dataset]
    points = Points(data, given.out, given.whole)
    print("| protocol | rule | images a class | accuracy, % | printed |\n|---|---|---|---|---|")
    for row in rows:
        protocol, rule, ipc = row.split(":")
        found = [taught(given, data, points, row, seed) for seed in range(given.seeds)]
        figure = figure_of(found, 1, "sets" if rule in BY_CHANCE else "nets")
        printed = PRINTED.get(f"{row}:{given.net}" if given.net else row, "")
        print(f"| {protocol} | {rule} | {ipc} | {tables.said(figure, 1)} | {printed} |", flush=True)
        kept = study_of(given, protocol, int(ipc), StudyRow(rule, {"accuracy": figure}, printed))
        tables.keep(kept, given.out, ship=given.ship)


def taught(given: argparse.Namespace, data: Dataset, points: Points, row: str, seed: int) -> float:
    """The accuracy of a net of a seed, in percent; trained where it is not on record."""
    protocol, rule, ipc = row.split(":")
    tag = "" if given.dataset == "cifar10" else f"{given.dataset}-"
    net = f"-{given.net}" if given.net else ""
    record = given.out / f"{tag}{protocol}{net}-{rule}-{ipc}-{seed}.json"
    if not record.exists():
        chosen = choose(rule, data, points, int(ipc), seed)
        plan = EvaluationPlan(PROTOCOLS[protocol], given.net, 1, seed, compiled=True)
        record.write_text(json.dumps(finish(evaluate(chosen, data.test, plan)).table()))
    return float(json.loads(record.read_text())["accuracy_mean"])


def study_of(given: argparse.Namespace, protocol: str, ipc: int, row: StudyRow) -> Study:
    """A row as the study that it stands in."""
    net = given.net or PROTOCOLS[protocol].net
    command = f"python -m bench.published --out runs/published --dataset {given.dataset}"
    conditions = [
        "Real images, chosen within each class in the features of a ConvNet-3 that was trained on "
        "all real images.",
        f"{given.seeds} nets, each tested once on all test images. Each net of random images has "
        "its own draw; a rule that leaves nothing to chance has one set.",
    ]
    conditions += tables.OF_IMAGES.get(given.dataset, ())
    if given.jpeg:
        conditions.append(f"All images were compressed once more, at quality {given.jpeg}.")
    return Study(
        f"{given.dataset}-{ipc}-{protocol}-rules", given.dataset, ipc, protocol, net,
        command, tuple(conditions), {"accuracy": Column("accuracy, %", 1)}, (row,),
    )  # fmt: skip


if __name__ == "__main__":
    main()
