"""Makes what the page ships with, once a data set has a prior and a judge.

    python -m viz.shipped --dataset solids [--method dit --class cone]

writes `assets/references/solids.npz` (the real images as points, with their maps),
`assets/classes/solids.png` (a picture of each class) and `assets/first/solids.json` (the run on
the page before any click). With `--first` only the last.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from distiller.data import DATASETS, Dataset, load
from distiller.event import finish
from distiller.judge import load_judge
from distiller.prior import load_prior
from distiller.reference import build_reference, save_reference
from distiller.request import Request

from .embedding import add_umap
from .explore import explore, open_lab
from .preview import contact_sheet, png

__all__ = ["class_pictures", "main"]

ASSETS = Path(__file__).parent.parent / "assets"


def main() -> None:
    """Makes what the page ships with for one data set."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--dataset", required=True, choices=DATASETS)
    parser.add_argument("--method", default="dit", help="of the first run")
    parser.add_argument("--class", dest="classes", default="0", help="of the first run")
    parser.add_argument("--steps", default="20")
    parser.add_argument("--seed", default="0")
    parser.add_argument("--first", action="store_true", help="make the first run only")
    given = parser.parse_args()
    name = given.dataset
    if not given.first:
        data = load(name)
        reference = finish(build_reference(data, load_prior(name, "cpu"), load_judge(name)))
        reference = add_umap(reference)
        for view, value in reference.trust.items():
            print(f"{view}: trustworthiness {value:.3f}")
        save_reference(reference, ASSETS / "references" / f"{name}.npz")
        _write(ASSETS / "classes" / f"{name}.png", png(class_pictures(data)))
    lab = open_lab(name, "cpu")
    raw = {key: getattr(given, key) for key in ("dataset", "method", "classes", "steps", "seed")}
    request = Request.parse({**raw, "cfg_scale": lab.prior.cfg_scale})
    shown, _, _ = finish(explore(lab, request, {}, {}))
    _write(ASSETS / "first" / f"{name}.json", f"{json.dumps(shown)}\n".encode())


def class_pictures(data: Dataset) -> NDArray[np.uint8]:
    """One image of each class side by side; of its commonest mode, where modes are known."""
    rows = []
    for label in range(len(data.classes)):
        members = data.train.of(label)
        if data.train.modes is not None:
            modes = data.train.modes[members]
            members = members[modes == np.bincount(modes).argmax()]
        rows.append(members[0])
    return contact_sheet(np.asarray(data.train.images[rows]), len(rows))


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    print(f"{path}: {len(content) / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
