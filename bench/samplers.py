"""What samplers reach, and how long they take, beside diffusers' own pipeline.

    python -m bench.samplers [--prior solids] [--methods dit] [--each 20] [--seeds 2]

draws as many samples of each class by each sampler, for each seed, and prints per method

    the squared Fréchet distance and the unbiased MMD² (RBF of the median distance) in the judge's
    features, on the 48 directions that hold most of the real images' spread, to real training
    images that were not drawn; the same of as many random real images, drawn as often;
    the seconds of ten images of one class, and their share of those of `DiTPipeline` with DDIM in
    20 steps on the same weights.

The seconds are the best of several rounds in which all take turns, in one process. `in a window`
means that class guidance acts while 100 < t <= 800 alone: outside, a step is one pass of two
(Kynkäänniemi et al., 2024, arXiv:2404.07724).
"""

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from distiller import Settings, load, load_prior, make_methods
from distiller.data.dataset import Dataset
from distiller.diffusion.prior import Prior
from distiller.diffusion.sampler import Estimate
from distiller.event import finish
from distiller.recipes.loop import draw, fit
from distiller.recipes.recipe import Recipe
from distiller.scores.judge import Judge, load_judge
from distiller.scores.kernel import median_distance, rbf
from distiller.scores.measures import frechet, mmd2

from .costs import best_of
from .tables import lines

DIRECTIONS, OTHERS = 48, 2000
WINDOW = (100, 800)
THEIRS = "diffusers' DiTPipeline, ddim 20"


@dataclass(frozen=True)
class Way:
    """A way to sample."""

    sampler: str
    steps: int
    window: tuple[int, int] | None = None  # in which class guidance acts

    @property
    def words(self) -> str:
        """What the table calls it."""
        return f"{self.sampler} {self.steps}" + ", in a window" * (self.window is not None)

    def prior(self, prior: Prior) -> Prior:
        """The prior that guides the class in the window alone."""
        return prior if self.window is None else windowed(prior, *self.window)


WAYS = (
    Way("ddim", 50), Way("ddim", 20), Way("dpm++", 12), Way("dpm++", 8), Way("dpm++", 6),
    Way("dpm++", 8, WINDOW), Way("dpm++", 6, WINDOW),
)  # fmt: skip


def windowed(prior: Prior, low: int, high: int) -> Prior:
    """The prior whose two halves of a pass with CFG are one outside low < t <= high."""

    def predict(x_t: Tensor, t: int, labels: Tensor) -> Estimate:
        half = len(labels) // 2
        both = len(labels) % 2 == 0 and bool((labels[half:] == prior.null_label).all())
        if low < t <= high or not both:
            return prior.predict(x_t, t, labels)
        x0, spread = prior.predict(x_t[:half], t, labels[:half])
        return Estimate(torch.cat([x0, x0]), None if spread is None else torch.cat([spread] * 2))

    return replace(prior, predict=predict)


class Yardstick:
    """Distances of images to real ones in the judge's features."""

    def __init__(self, data: Dataset, judge: Judge, each: int) -> None:
        self.data, self.judge, self.each = data, judge, each
        features = judge.judge(data.train.images).features.double()
        self.mean = features.mean(0)
        basis = torch.linalg.svd(features - self.mean, full_matrices=False)[2][:DIRECTIONS].T
        self.real, self.basis = (features - self.mean) @ basis, basis

    def points(self, images: "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]") -> Tensor:
        """Images (n, h, w, 3) as points (n, directions)."""
        return (self.judge.judge(images).features.double() - self.mean) @ self.basis

    def __call__(self, x: Tensor, seed: int) -> tuple[float, float]:
        """The Fréchet distance and MMD² of points to real ones that `drawn` does not draw."""
        rest = np.setdiff1d(np.arange(len(self.real)), self.drawn(seed))
        rest = np.sort(np.random.default_rng(seed).permutation(rest)[:OTHERS])
        y = self.real[rest]
        kernel = rbf(median_distance(y))
        return float(frechet(y)(x)), float(mmd2(kernel, x, y, unbiased=True))

    def drawn(self, seed: int) -> "np.ndarray[tuple[int, ...], np.dtype[np.int64]]":
        """The rows of random real images, as many of each class."""
        rng, train = np.random.default_rng([1, seed]), self.data.train
        labels = range(len(self.data.classes))
        return np.concatenate([rng.choice(train.of(k), self.each, replace=False) for k in labels])


def said(values: Sequence[float], digits: int) -> str:
    """A mean and, of several, how far they lie apart."""
    spread = f" ± {np.std(values, ddof=1):.{digits}f}" if len(values) > 1 else ""
    return f"{np.mean(values):.{digits}f}{spread}"


def cells(found: Sequence[tuple[float, float]]) -> list[str]:
    """The Fréchet distances and the MMD² of several seeds, as a row has them."""
    distances, gaps = zip(*found, strict=True)
    return [said(distances, 2), said(gaps, 4)]


def quality(
    recipe: Recipe, prior: Prior, way: Way, stick: Yardstick, seeds: int
) -> list[tuple[float, float]]:
    """The distances of a way's samples, for each seed."""
    found, labels = [], range(len(stick.data.classes))
    for seed in range(seeds):
        settings = Settings(ipc=stick.each, steps=way.steps, sampler=way.sampler, seed=seed)
        parts = [finish(draw(recipe, prior, stick.data, k, settings)).images for k in labels]
        found.append(stick(stick.points(np.concatenate(parts)), seed))
    return found


def seconds(
    recipes: Mapping[Way, Recipe], prior: Prior, data: Dataset, rounds: int
) -> dict[str, float]:
    """Seconds of ten images of the first class, ours and theirs in turns."""
    from diffusers import DiTPipeline

    pipeline = DiTPipeline.from_pretrained(prior.folder, low_cpu_mem_usage=False).to(prior.device)
    pipeline.set_progress_bar_config(disable=True)

    @torch.no_grad()
    def theirs() -> None:
        pipeline([0] * 10, guidance_scale=prior.cfg_scale, num_inference_steps=20, output_type="np")

    def ours(way: Way) -> Callable[[], object]:
        settings = Settings(ipc=10, steps=way.steps, sampler=way.sampler)
        return lambda: finish(draw(recipes[way], way.prior(prior), data, 0, settings))

    return best_of({THEIRS: theirs, **{way.words: ours(way) for way in recipes}}, rounds)


def table(
    method: str, ways: Sequence[Way], prior: Prior, stick: Yardstick, seeds: int, rounds: int
) -> list[str]:
    """The table of a method: a row for each way, and one of random real images."""
    recipes, rows = dict[Way, Recipe](), []
    for way in ways:
        labels = range(len(stick.data.classes))
        mine = way.prior(prior)
        recipes[way] = finish(fit(make_methods(method), mine, stick.data, labels))
        began = time.perf_counter()
        found = quality(recipes[way], mine, way, stick, seeds)
        rows.append([way.words, *cells(found)])
        print(f"{method}, {way.words}: {rows[-1][1:]}, {time.perf_counter() - began:.0f} s",
              flush=True)  # fmt: skip
    spent = seconds(recipes, prior, stick.data, rounds)
    for row in rows:
        row += [f"{spent[row[0]]:.2f}", f"{spent[row[0]] / spent[THEIRS]:.2f}"]
    real = [stick(stick.real[stick.drawn(seed)], seed) for seed in range(seeds)]
    rows += [
        ["random real images", *cells(real), "", ""],
        [THEIRS, "", "", f"{spent[THEIRS]:.2f}", "1"],
    ]
    return lines([f"`{method}`", "Fréchet", "MMD²", "10 images, s", "of DiTPipeline's"], rows)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--prior", default="solids")
    parser.add_argument("--methods", default="dit")
    parser.add_argument("--each", type=int, default=20)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ways", default="0,1,2,3,4,5,6", help="which of WAYS, by their numbers")
    given = parser.parse_args()
    prior, data = load_prior(given.prior), load(given.prior)
    stick = Yardstick(data, load_judge(data.name), given.each)
    ways = [WAYS[int(number)] for number in given.ways.split(",")]
    for method in given.methods.split(","):
        rows = table(method, ways, prior, stick, given.seeds, given.rounds)
        print("\n".join(rows), flush=True)


if __name__ == "__main__":
    main()
