"""Makes what the page and the README ship with, once a data set has a prior and a judge.

    python -m viz.shipped --dataset solids --reference
    python -m viz.shipped --dataset cifar10 --independent
    python -m viz.shipped --dataset solids --pictures
    python -m viz.shipped --dataset solids --method dap+diversity --class cone --first
    python -m viz.shipped --dataset solids --method d3hr+mmd --set
    python -m viz.shipped --dataset solids --class torus --lanes
    python -m viz.shipped --dataset solids --class torus --method minimax+discrepancy --guess
    python -m viz.shipped --dataset solids --class torus --sweep

`python -m distiller ship solids` runs each of these where what it makes is of another prior, with
the methods and the class of that data set. They write

    assets/references/solids.npz    the real images as points, with their maps
    assets/references/cifar10-independent.npz
                                    photographs as points in a space that nobody here trained
    assets/classes/solids.png       a picture of each class
    assets/readme/solids.png        real images beside samples
    assets/first/solids.json        the run on the page before any click
    assets/sets/solids.zip          a set of all classes, to be evaluated before any is made there
    assets/compare/solids.json      the comparison that the page shows before any click
    assets/guess/solids.json        a run that a question is about; its other lanes are those of
                                    the comparison
    assets/sweep/solids.json        the sweep that the page shows before any click

Of data sets whose images are not ours to ship, samples of the prior stand for the classes, and no
real image is in any of it.
"""

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from distiller.data.dataset import Dataset
from distiller.data.registry import DATASETS, load
from distiller.diffusion.prior import Prior, load_prior
from distiller.errors import Refused
from distiller.event import finish
from distiller.lab import open_lab
from distiller.machine.assets import ASSETS
from distiller.machine.disk import write_whole
from distiller.methods import make_methods
from distiller.recipes.loop import Settings, distill
from distiller.scores.independent import build_independent, save_independent
from distiller.scores.judge import load_judge
from distiller.scores.reference import build_reference, save_reference
from distiller.sets.measured import measure_set
from distiller.sets.request import Request
from distiller.sets.writer import archive

from . import payloads
from .compare.lanes import told
from .compare.lineup import usual
from .draw.embedding import add_umap
from .draw.figures import late_lines
from .draw.preview import class_pictures, contact_sheet, png
from .draw.steps import Explored, explore, shown_result
from .settings import RUN, VISIT
from .sweep.cells import cell_of
from .sweep.grid import usual as usual_sweep

__all__ = ["class_samples", "compared_lanes", "main", "samples_beside_real", "swept_cells"]


K = TypeVar("K")


def main() -> None:
    """Makes what the page and the README ship with for one data set."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--dataset", required=True, choices=DATASETS)
    parser.add_argument("--method", default="dit", help="of what is run")
    parser.add_argument("--class", dest="classes", default="0", help="of what is run")
    parser.add_argument("--steps", help=f"({VISIT.steps} of the first run, else {RUN.steps})")
    parser.add_argument("--seed", default="0")
    what = parser.add_mutually_exclusive_group(required=True)
    for name, make in MAKERS.items():
        what.add_argument(f"--{name}", action="store_const", const=make, dest="make",
                          help=make.__doc__)  # fmt: skip
    given = parser.parse_args()
    for path, content in given.make(given):
        write_whole(ASSETS / path, content)
        print(f"assets/{path}: {len(content) / 1e6:.2f} MB")


def reference(given: argparse.Namespace) -> Iterator[tuple[str, bytes]]:
    """The real images as points, with their maps."""
    name = given.dataset
    data, prior = load(name), load_prior(name, "cpu")
    made = add_umap(finish(build_reference(data, prior, load_judge(name))))
    for view, value in made.trust.items():
        print(f"{view}: trustworthiness {value:.4f}")
    with tempfile.TemporaryDirectory() as folder:
        save_reference(made, Path(folder) / "reference.npz")
        yield f"references/{name}.npz", (Path(folder) / "reference.npz").read_bytes()


def independent(given: argparse.Namespace) -> Iterator[tuple[str, bytes]]:
    """Some real photographs as points in features that nobody here trained."""
    name = given.dataset
    made = finish(build_independent(load(name)))
    print(f"{made.z.shape[1]} components hold {100 * made.explained:.1f} % of the variance")
    with tempfile.TemporaryDirectory() as folder:
        save_independent(made, Path(folder) / "independent.npz")
        file = Path(folder) / "independent.npz"
        yield f"references/{name}-independent.npz", file.read_bytes()


def pictures(given: argparse.Namespace) -> Iterator[tuple[str, bytes]]:
    """A picture of each class, and real images beside samples where those are ours to ship."""
    name = given.dataset
    data, prior = load(name), load_prior(name, "cpu")
    if DATASETS[name].ships:
        yield f"classes/{name}.png", png(class_pictures(data))
        yield f"readme/{name}.png", png(samples_beside_real(data, prior))
    else:
        yield f"classes/{name}.png", png(class_samples(data, prior))


def first(given: argparse.Namespace) -> Iterator[tuple[str, bytes]]:
    """The run on the page before any click."""
    made = _run(given, VISIT)
    rows, scores = late_lines(made.measured)
    shown: payloads.Run = {**shown_result(made), "discrepancies": rows}
    if "independent" in shown:
        shown["independent"] = scores
    if not DATASETS[given.dataset].ships:
        shown["nearest"]["sheet"] = None
    yield f"first/{given.dataset}.json", _packed(shown)


def guess(given: argparse.Namespace) -> Iterator[tuple[str, bytes]]:
    """A run that a question is about."""
    yield f"guess/{given.dataset}.json", _packed(shown_result(_run(given, RUN)))


def lanes(given: argparse.Namespace) -> Iterator[tuple[str, bytes]]:
    """The comparison that the page shows before any click."""
    yield f"compare/{given.dataset}.json", _packed(compared_lanes(given.dataset, given.classes))


def sweep(given: argparse.Namespace) -> Iterator[tuple[str, bytes]]:
    """The sweep that the page shows before any click."""
    yield f"sweep/{given.dataset}.json", _packed(swept_cells(given.dataset, given.classes))


def zipped_set(given: argparse.Namespace) -> Iterator[tuple[str, bytes]]:
    """A set of all classes, to be evaluated on the page before any is made there."""
    yield f"sets/{given.dataset}.zip", whole_set(given.dataset, given)


MAKERS: dict[str, Callable[[argparse.Namespace], Iterator[tuple[str, bytes]]]] = {
    "reference": reference, "independent": independent, "pictures": pictures, "first": first,
    "set": zipped_set, "lanes": lanes, "guess": guess, "sweep": sweep,
}  # fmt: skip
"""What makes the files of each option: paths in assets/ and what is written there."""


def _run(given: argparse.Namespace, settings: Settings) -> Explored:
    lab = open_lab(given.dataset, "cpu")
    raw = {key: getattr(given, key) for key in ("dataset", "method", "classes", "seed")}
    how: dict[str, Any] = {"sampler": settings.sampler, "cfg_between": settings.cfg_between}
    how |= {"steps": given.steps or settings.steps, "cfg_scale": lab.prior.cfg_scale}
    return finish(explore(lab, Request.parse({**raw, **how}), {}, {}))


def _packed(value: Any) -> bytes:
    return f"{json.dumps(value)}\n".encode()


def whole_set(name: str, given: argparse.Namespace) -> bytes:
    """A set of ten images of every class, as a ZIP file."""
    lab = open_lab(name, "cpu")
    raw = {key: getattr(given, key) for key in ("dataset", "method", "seed")}
    how = {"steps": given.steps or RUN.steps, "cfg_scale": lab.prior.cfg_scale}
    request = Request.parse({**raw, **how, "ipc": 10})
    distilled = finish(distill(request.methods, lab.prior, lab.data, request.settings))
    return archive(measure_set(distilled.images, distilled.labels, lab), request)


def compared_lanes(name: str, label: str) -> payloads.Lanes:
    """The usual lanes of a class, each as it is shown, and what tells them apart.

    Raises:
        Refused: if the images of the data set are not ours to ship: a lane is of real images.
    """
    if not DATASETS[name].ships:
        raise Refused(f"The images of {name} are not ours to ship, and a comparison shows some.")
    lineup = usual(name, _number(name, label))
    made = {slot: shown_result(run) for slot, run in _explored(name, lineup.lanes)}
    shown = {str(slot): run for slot, run in made.items()}
    return {"lineup": lineup.value(), "runs": shown, "told": told(lineup.lanes, made)}


def swept_cells(name: str, label: str) -> payloads.SweptExample:
    """The usual sweep of a class, with all of its cells.

    Raises:
        Refused: if a cell cannot be made.
    """
    asked = usual_sweep(name, _number(name, label))
    made = _explored(name, asked.cells)
    cells = {place: cell_of(run.distilled.images, shown_result(run)) for place, run in made}
    return {"sweep": asked.value(), "swept": asked.shown(), "cells": cells}


def _number(name: str, label: str) -> int:
    (number,) = Request.parse({"dataset": name, "classes": label}).classes
    return number


def _explored(name: str, requests: Mapping[K, Request | Refused]) -> Iterator[tuple[K, Explored]]:
    """Makes runs of a data set, each with its place.

    Raises:
        Refused: at the first that cannot be made.
    """
    lab = open_lab(name, "cpu")
    for place, request in requests.items():
        if isinstance(request, Refused):
            raise request
        yield place, finish(explore(lab, request, {}, {}))


def class_samples(data: Dataset, prior: Prior) -> NDArray[np.uint8]:
    """A sample of each class side by side, the first as it comes."""
    settings = replace(RUN, ipc=1, sampler="dpm++")
    sampled = finish(distill(make_methods("dit"), prior, data, settings)).images
    return contact_sheet(sampled, len(sampled))


def samples_beside_real(data: Dataset, prior: Prior, n: int = 8) -> NDArray[np.uint8]:
    """A row a class: n real test images at random, a gap, n samples of the prior, unchosen."""
    settings = replace(RUN, ipc=n, sampler="dpm++")
    sampled = finish(distill(make_methods("dit"), prior, data, settings)).images
    rng = np.random.default_rng(0)
    rows = []
    for label in range(len(data.classes)):
        real = data.test.images[np.sort(rng.permutation(data.test.of(label))[:n])]
        pair = [contact_sheet(images, n) for images in (real, sampled[label * n : (label + 1) * n])]
        gap = np.full((data.size, data.size // 4, 3), 255, np.uint8)
        rows.append(np.concatenate([pair[0], gap, pair[1]], 1))
    return np.concatenate(rows)


if __name__ == "__main__":
    main()
