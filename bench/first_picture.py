"""How long the first picture of every method takes after the click, with an empty cache.

    python -m bench.first_picture [--datasets solids,digits] [--methods igd,d3hr] [--ahead]

opens each data set as the page does, lets one run pass to warm up, then runs every method on one
class with the page's own settings until its first picture is there. Each method starts with a
cache of its own that is empty: what it finds ships with the prior, or it makes it. Seconds until
the first picture stand in the table. A second number, for methods whose fits ship, is what it takes
without them. With `--ahead` real images are encoded first, as a page does that has nothing to do;
the seconds that this takes are printed. `random` samples nothing and has no picture on the way: its
time is that of the run.
"""

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from distiller.data.registry import DATASETS
from distiller.event import finish
from distiller.lab import Lab, open_lab
from distiller.methods import METHODS
from distiller.recipes.loop import encode_classes
from distiller.sets.request import Request
from viz.draw.steps import explore, glimpse_of
from viz.serving.ahead import REFERENCES
from viz.settings import VISIT

from .tables import lines

SHIPPED = ("cao2", "d3hr", "igd", "mgd3")
"""Methods whose fits ship, beside Minimax, whose fine-tuning takes minutes without."""


def first_picture(lab: Lab, method: str, ahead: Path | None = None) -> float:
    """Seconds to the first picture of a class, with a cache that is empty or a copy of `ahead`."""
    raw = {"dataset": lab.name, "method": method, "classes": "0", "steps": VISIT.steps, "seed": 0}
    how = {"sampler": VISIT.sampler, "cfg_between": VISIT.cfg_between}
    request = Request.parse({**raw, **how, "cfg_scale": lab.prior.cfg_scale})
    with tempfile.TemporaryDirectory() as cache:
        os.environ["DISTILLER_CACHE"] = cache
        if ahead is not None:
            shutil.copytree(ahead, cache, dirs_exist_ok=True)
        began = time.perf_counter()
        run = explore(lab, request, {}, {})
        try:
            next((step for step in run if step["sheet"] is not None), None)
            return time.perf_counter() - began
        finally:
            run.close()


def made_ahead(lab: Lab, cache: Path) -> None:
    """Fills a cache with the real images that a page encodes ahead."""
    os.environ["DISTILLER_CACHE"] = str(cache)
    began = time.perf_counter()
    finish(encode_classes(lab.prior, lab.data, range(len(lab.data.classes)), REFERENCES))
    print(f"{lab.name}: encoded in {time.perf_counter() - began:.1f} s", flush=True)


def measure(name: str, methods: Sequence[str], ahead: Path | None) -> dict[str, str]:
    """What the table says of each method on a data set."""
    lab = open_lab(name, "cpu")
    # A prior that is not on disk finds no fit, and keeps none.
    bare = replace(lab, prior=replace(lab.prior, folder=None))
    for each in (lab, bare):
        glimpse_of(each)
    raw = {"dataset": name, "method": "dit", "classes": "0", "steps": 4, "seed": 0}
    finish(explore(lab, Request.parse(raw), {}, {}))
    said = {}
    if ahead is not None:
        made_ahead(lab, ahead)
    for method in methods:
        said[method] = f"{first_picture(lab, method, ahead):.2f}"
        if method in SHIPPED:
            said[method] += f" (without its fit {first_picture(bare, method):.1f})"
        print(f"{name} {method}: {said[method]}", flush=True)
    return said


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--datasets", default="digits,solids,cifar10,imagenette")
    parser.add_argument("--methods", default=",".join(METHODS))
    parser.add_argument("--ahead", action="store_true", help="encode real images first")
    given = parser.parse_args()
    methods = given.methods.split(",")
    names = [name for name in given.datasets.split(",") if DATASETS[name].here()]
    measured = {}
    for name in names:
        with tempfile.TemporaryDirectory() as cache:
            measured[name] = measure(name, methods, Path(cache) if given.ahead else None)
    body = [[f"`{method}`", *(measured[name][method] for name in names)] for method in methods]
    print("\n".join(lines(["first picture after, s", *names], body)))


if __name__ == "__main__":
    main()
