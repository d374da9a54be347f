"""Makes what the page and the README ship with, once a data set has a prior and a judge.

    python -m viz.shipped --dataset solids --method dap+diversity --class cone
    python -m viz.shipped --dataset solids --method d3hr+mmd --set
    python -m viz.shipped --dataset solids --class torus --lanes
    python -m viz.shipped --dataset solids --class torus --method minimax+discrepancy --guess

writes `assets/references/solids.npz` (the real images as points, with their maps),
`assets/classes/solids.png` (a picture of each class), `assets/readme/solids.png` (real images
beside samples) and `assets/first/solids.json` (the run on the page before any click). With
`--first` only the last. With `--set` only a set of all classes, `assets/sets/solids.zip`, to be
evaluated on the page before any is made there. With `--lanes` only the comparison that the page
shows before any click, `assets/compare/solids.json`. With `--guess` only a run that a question is
about, `assets/guess/solids.json`; the other lanes of questions ship with the comparison.

Of data sets whose images are not ours to ship, samples of the prior stand for the classes, and no
real image is in any of it.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from distiller.data.dataset import Dataset
from distiller.data.registry import DATASETS, load
from distiller.diffusion.prior import Prior, load_prior
from distiller.errors import Refused
from distiller.event import finish
from distiller.lab import open_lab
from distiller.machine.assets import ASSETS
from distiller.methods import make_methods
from distiller.recipes.loop import distill
from distiller.scores.judge import load_judge
from distiller.scores.reference import build_reference, save_reference
from distiller.sets.measured import measure_set
from distiller.sets.request import Request
from distiller.sets.writer import archive

from . import payloads
from .compare import told
from .embedding import add_umap
from .explore import explore, shown_result
from .figures import discrepancy_lines
from .lineup import usual
from .preview import class_pictures, contact_sheet, png
from .settings import RUN

__all__ = ["class_samples", "compared_lanes", "main", "samples_beside_real"]


def main() -> None:
    """Makes what the page and the README ship with for one data set."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--dataset", required=True, choices=DATASETS)
    parser.add_argument("--method", default="dit", help="of the first run")
    parser.add_argument("--class", dest="classes", default="0", help="of the first run")
    parser.add_argument("--steps", default=RUN.steps)
    parser.add_argument("--seed", default="0")
    parser.add_argument("--first", action="store_true", help="make the first run only")
    parser.add_argument("--set", action="store_true", help="make the set of all classes only")
    parser.add_argument("--lanes", action="store_true", help="make the comparison only")
    parser.add_argument("--guess", action="store_true", help="make a run of a question only")
    given = parser.parse_args()
    name = given.dataset
    if given.lanes:
        lanes = json.dumps(compared_lanes(name, given.classes))
        _write(ASSETS / "compare" / f"{name}.json", f"{lanes}\n".encode())
        return
    if given.set:
        _write(ASSETS / "sets" / f"{name}.zip", whole_set(name, given))
        return
    if not (given.first or given.guess):
        data, prior = load(name), load_prior(name, "cpu")
        reference = add_umap(finish(build_reference(data, prior, load_judge(name))))
        for view, value in reference.trust.items():
            print(f"{view}: trustworthiness {value:.4f}")
        save_reference(reference, ASSETS / "references" / f"{name}.npz")
        if DATASETS[name].ships:
            _write(ASSETS / "classes" / f"{name}.png", png(class_pictures(data)))
            _write(ASSETS / "readme" / f"{name}.png", png(samples_beside_real(data, prior)))
        else:
            _write(ASSETS / "classes" / f"{name}.png", png(class_samples(data, prior)))
    lab = open_lab(name, "cpu")
    raw = {key: getattr(given, key) for key in ("dataset", "method", "classes", "steps", "seed")}
    request = Request.parse({**raw, "cfg_scale": lab.prior.cfg_scale})
    made = finish(explore(lab, request, {}, {}))
    if given.guess:
        _write(ASSETS / "guess" / f"{name}.json", f"{json.dumps(shown_result(made))}\n".encode())
        return
    shown: payloads.Run = {**shown_result(made), "discrepancies": discrepancy_lines(made.measured)}
    if not DATASETS[name].ships:
        shown["nearest"]["sheet"] = None
    _write(ASSETS / "first" / f"{name}.json", f"{json.dumps(shown)}\n".encode())


def whole_set(name: str, given: argparse.Namespace) -> bytes:
    """A set of ten images of every class, as a ZIP file."""
    lab = open_lab(name, "cpu")
    raw = {key: getattr(given, key) for key in ("dataset", "method", "steps", "seed")}
    request = Request.parse({**raw, "ipc": 10, "cfg_scale": lab.prior.cfg_scale})
    distilled = finish(distill(request.methods, lab.prior, lab.data, request.settings))
    return archive(measure_set(distilled.images, distilled.labels, lab), request)


def compared_lanes(name: str, label: str) -> payloads.Lanes:
    """The usual lanes of a class, each as it is shown, and what tells them apart.

    Raises:
        Refused: if the images of the data set are not ours to ship: a lane is of real images.
    """
    if not DATASETS[name].ships:
        raise Refused(f"The images of {name} are not ours to ship, and a comparison shows some.")
    (number,) = Request.parse({"dataset": name, "classes": label}).classes
    lineup, lab = usual(name, number), open_lab(name, "cpu")
    runs = {}
    for slot, request in lineup.lanes.items():
        if isinstance(request, Refused):
            raise request
        runs[slot] = shown_result(finish(explore(lab, request, {}, {})))
    shown = {str(slot): run for slot, run in runs.items()}
    return {"lineup": lineup.value(), "runs": shown, "told": told(lineup.lanes, runs)}


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


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    print(f"{path.relative_to(ASSETS.parent)}: {len(content) / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
