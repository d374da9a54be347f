"""What samplers reach, and how long they take, beside diffusers' own pipeline.

    python -m bench.samplers --prior solids [--methods dit,dap] [--each 10] [--seeds 3] [--taught]
    python -m bench.samplers --prior solids --seconds

draws as many samples of each class by each sampler, for each seed, and prints per method

    the squared Fréchet distance and the unbiased MMD² (RBF of the median distance) in the judge's
    features, on the 48 directions that hold most of the real images' spread, to real training
    images that were not drawn; the same of as many random real images, drawn as often;
    the share of the images that the judge takes for their class;
    with `--taught`, the accuracy on the real test images of a net that is trained on each set
    (`quick`);
    with `--seconds`, the seconds of ten images of one class, and their share of those of
    `DiTPipeline` with DDIM in 20 steps on the same weights.

A method may have options, such as `mmd:strength=5`. Each set is a cell. What a cell reached is
printed when it is known, and kept in `--out`: the same command goes on with those that are left,
and prints the table when all are there. All samplers begin from the same noise. The seconds are the
best of several rounds in which all take turns, in one process, on a machine that should do nothing
else. `CFG in 100-800` means that class guidance acts while 100 < t <= 800 alone: outside, a step is
one pass of two (Kynkäänniemi et al., 2024, arXiv:2404.07724).
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from distiller import Settings, load, load_prior, make_methods
from distiller.data.dataset import Dataset
from distiller.diffusion.prior import Prior
from distiller.evaluation.accuracy import evaluate
from distiller.evaluation.classifier import LabelledSet
from distiller.evaluation.plan import EvaluationPlan
from distiller.evaluation.protocol import protocol_for
from distiller.event import finish
from distiller.machine.disk import write_whole
from distiller.recipes.loop import draw, fit
from distiller.recipes.recipe import Recipe
from distiller.scores.judge import Judge, load_judge
from distiller.scores.kernel import median_distance, rbf
from distiller.scores.measures import frechet, mmd2

from .costs import best_of
from .methods import parse
from .sampling import their_run
from .tables import lines

DIRECTIONS, OTHERS = 48, 2000
WINDOW = (100, 800)
THEIRS = "diffusers' DiTPipeline, ddim 20"
REAL = "random real images"
FIGURES = {
    "frechet": ("Fréchet", 2), "mmd2": ("MMD²", 4), "recognised": ("recognised, %", 1),
    "accuracy": ("accuracy, %", 1),
}  # fmt: skip


@dataclass(frozen=True)
class Way:
    """A way to sample."""

    sampler: str
    steps: int
    between: tuple[int, int] | None = None  # in which class guidance acts

    @property
    def words(self) -> str:
        """What the table calls it."""
        window = "" if self.between is None else ", CFG in {}-{}".format(*self.between)
        return f"`{self.sampler}` {self.steps}{window}"

    def settings(self, ipc: int, seed: int = 0) -> Settings:
        """How to sample so."""
        return Settings(
            ipc=ipc, steps=self.steps, sampler=self.sampler, seed=seed, cfg_between=self.between
        )


WAYS = (
    Way("ddim", 20), Way("dpm++", 12), Way("dpm++", 8), Way("dpm++", 8, WINDOW), Way("dpm++", 6),
    Way("dpm++", 6, WINDOW), Way("dpm++", 5, WINDOW), Way("dpm++", 10), Way("dpm++", 10, WINDOW),
    Way("dpm++", 12, WINDOW), Way("dpm++", 15), Way("dpm++", 15, WINDOW), Way("ddim", 12),
    Way("ddim", 8),
)  # fmt: skip


class Yardstick:
    """Distances of images to real ones in the judge's features, and what they teach, if wanted."""

    def __init__(self, data: Dataset, judge: Judge, each: int, taught: bool) -> None:
        self.data, self.judge, self.each, self.taught = data, judge, each, taught
        features = judge.judge(data.train.images).features.double()
        self.mean = features.mean(0)
        basis = torch.linalg.svd(features - self.mean, full_matrices=False)[2][:DIRECTIONS].T
        self.real, self.basis = (features - self.mean) @ basis, basis

    def __call__(self, images: NDArray[np.uint8], labels: NDArray[np.int64], seed: int) -> Any:
        """What images (n, h, w, 3) with labels (n,) reach, beside real ones not in `drawn`."""
        rest = np.setdiff1d(np.arange(len(self.real)), self.drawn(seed))
        rest = np.sort(np.random.default_rng(seed).permutation(rest)[:OTHERS])
        verdict = self.judge.judge(images)
        x, y = (verdict.features.double() - self.mean) @ self.basis, self.real[rest]
        seen = verdict.classes == labels
        found = {
            "frechet": float(frechet(y)(x)),
            "mmd2": float(mmd2(rbf(median_distance(y)), x, y, unbiased=True)),
            "recognised": 100 * float(seen.mean()),
        }
        if self.taught:
            plan = EvaluationPlan(protocol_for("quick", self.data.name), seeds=1, seed=seed)
            taught = finish(evaluate(LabelledSet(images, labels), self.data.test, plan))
            found["accuracy"] = taught.mean
        return found

    def drawn(self, seed: int) -> NDArray[np.int64]:
        """The rows of random real images, as many of each class."""
        rng, train = np.random.default_rng([1, seed]), self.data.train
        labels = range(len(self.data.classes))
        return np.concatenate([rng.choice(train.of(k), self.each, replace=False) for k in labels])


@dataclass
class Bench:
    """Cells of a table, made where they are not kept from before."""

    prior: Prior
    data: Dataset
    each: int
    seeds: int
    out: Path
    taught: bool = False

    def __post_init__(self) -> None:
        self._stick: Yardstick | None = None
        self._recipes = dict[str, Recipe]()
        how = f"{self.each}-taught" if self.taught else str(self.each)
        self.file = self.out / f"{self.data.name}-{how}-{self.prior.fingerprint()[:12]}.json"
        self.known: dict[str, Any] = json.loads(self.file.read_text()) if self.file.exists() else {}

    def keep(self, name: str, make: Callable[[], Any]) -> Any:
        """What is kept under a name; it is made, kept and printed where there is nothing."""
        if name not in self.known:
            began = time.perf_counter()
            self.known[name] = make()
            write_whole(self.file, json.dumps(self.known, indent=1).encode())
            print(f"{name}: {self.known[name]}, {time.perf_counter() - began:.0f} s", flush=True)
        return self.known[name]

    def cells(self, method: str, way: Way | None) -> list[Any]:
        """What each seed's set of a way reaches; without a way, real images."""
        words = REAL if way is None else f"{method} {way.words}"
        return [self.keep(f"{words} {seed}", lambda s=seed: self.reached(method, way, s))
                for seed in range(self.seeds)]  # fmt: skip

    def reached(self, method: str, way: Way | None, seed: int) -> Any:
        if self._stick is None:
            self._stick = Yardstick(self.data, load_judge(self.data.name), self.each, self.taught)
        train = self.data.train
        if way is None:
            rows = self._stick.drawn(seed)
            return self._stick(np.ascontiguousarray(train.images[rows]), train.labels[rows], seed)
        recipe, settings = self.recipe(method), way.settings(self.each, seed)
        labels = range(len(self.data.classes))
        parts = [finish(draw(recipe, self.prior, self.data, k, settings)) for k in labels]
        images, of = (np.concatenate([getattr(p, f) for p in parts]) for f in ("images", "labels"))
        return self._stick(images, of, seed)

    def recipe(self, method: str) -> Recipe:
        """A method, fitted once."""
        if method not in self._recipes:
            labels = range(len(self.data.classes))
            events = fit(make_methods(*parse(method)), self.prior, self.data, labels)
            self._recipes[method] = finish(events)
        return self._recipes[method]

    def seconds(self, methods: Sequence[str], ways: Sequence[Way], rounds: int) -> dict[str, float]:
        """Seconds of ten images of the first class, theirs and ours of each method, in turns."""

        def ours(method: str, way: Way) -> Callable[[], object]:
            recipe, settings = self.recipe(method), way.settings(10)
            return lambda: finish(draw(recipe, self.prior, self.data, 0, settings))

        sides = {f"{method} {way.words}": ours(method, way) for method in methods for way in ways}
        return best_of({THEIRS: their_run(self.prior, 10, 20), **sides}, rounds)

    def table(self, method: str, ways: Sequence[Way]) -> Iterator[str]:
        """The table of a method: a row for each way, and one of random real images."""
        spent: dict[str, float] = self.known.get("seconds", {})
        figures = {k: v for k, v in FIGURES.items() if self.taught or k != "accuracy"}
        rows = []
        for way in (*ways, None):
            found = self.cells(method, way)
            cells = [said([c[key] for c in found], digits) for key, (_, digits) in figures.items()]
            took = spent.get(f"{method} {way.words}") if way else None
            ratio = "" if took is None else f"{took / spent[THEIRS]:.2f}"
            time = "" if took is None else f"{took:.2f}"
            rows.append([way.words if way else REAL, *cells, time, ratio])
        if THEIRS in spent:
            rows.append([THEIRS, *("" for _ in figures), f"{spent[THEIRS]:.2f}", "1"])
        titles = [title for title, _ in figures.values()]
        yield from lines([f"`{method}`", *titles, "10 images, s", "of DiTPipeline's"], rows)


def said(values: Sequence[float], digits: int) -> str:
    """A mean and, of several, how far they lie apart."""
    spread = f" ± {np.std(values, ddof=1):.{digits}f}" if len(values) > 1 else ""
    return f"{np.mean(values):.{digits}f}{spread}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--prior", default="solids")
    parser.add_argument("--methods", default="dit,dap,mmd,discrepancy,mgd3,d3hr")
    parser.add_argument("--each", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ways", default="0,1,2,3,4,5,6", help="which of WAYS, by their numbers")
    parser.add_argument("--out", type=Path, default=Path("runs/samplers"))
    parser.add_argument("--taught", action="store_true", help="train nets on the sets, too")
    parser.add_argument("--seconds", action="store_true", help="measure the time, and nothing else")
    given = parser.parse_args()
    prior, data = load_prior(given.prior, "cpu"), load(given.prior)
    given.out.mkdir(parents=True, exist_ok=True)
    bench = Bench(prior, data, given.each, given.seeds, given.out, given.taught)
    ways, methods = [WAYS[int(k)] for k in given.ways.split(",")], given.methods.split(",")
    if given.seconds:
        bench.known.pop("seconds", None)
        bench.keep("seconds", lambda: bench.seconds(methods, ways, given.rounds))
        return
    for method in methods:
        print("\n".join(["", *bench.table(method, ways)]), flush=True)


if __name__ == "__main__":
    main()
