"""A recorded search: one method on a grid of its options, scored beside random real images.

    python -m bench.search --dataset solids --method dap --classes 1,3,6 \\
        --grid gamma=0.1,0.3,1 --grid block=1,3,6

Prints one line per point of the grid: for every score, how many standard deviations of random
real subsets the set lies from their mean (averaged over classes, in latent space and in the
judge's features), and the share of images that the judge recognises.
"""

import argparse
import time
from itertools import product

import numpy as np

from distiller import load, load_prior
from distiller.event import finish
from distiller.image import to_tensor
from distiller.methods import make_methods
from distiller.recipes.loop import distill
from distiller.scores.judge import load_judge
from distiller.scores.reference import load_reference
from distiller.scores.score import compare
from distiller.sets.request import Request

SHOWN = ("similarity", "mmd2", "nearest", "coverage", "vendi")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--dataset", default="solids")
    parser.add_argument("--method", default="dap")
    parser.add_argument("--classes", default="1,3,6")
    parser.add_argument("--ipc", default="10")
    parser.add_argument("--steps", default="20")
    parser.add_argument("--cfg-scale")
    parser.add_argument("--seeds", default="0")
    parser.add_argument("--grid", action="append", default=[], metavar="NAME=A,B,...")
    given = parser.parse_args()
    data, prior = load(given.dataset), load_prior(given.dataset)
    reference, judge = load_reference(given.dataset), load_judge(given.dataset)
    axes = [pair.partition("=") for pair in given.grid]
    names = [name for name, _, _ in axes]
    print("| " + " | ".join([*names, *(f"{s} z/f" for s in SHOWN), "seen %", "s"]) + " |")
    print("|" + "---|" * (len(names) + len(SHOWN) + 2))
    for point in product(*(values.split(",") for _, _, values in axes)):
        options = dict(zip(names, point, strict=True))
        make_methods(given.method, options)
        began, apart, seen = time.perf_counter(), [], []
        for seed in given.seeds.split(","):
            raw = {key: getattr(given, key) for key in ("dataset", "method", "classes", "ipc")}
            more = {"steps": given.steps, "cfg_scale": given.cfg_scale, "seed": seed}
            request = Request.parse({**raw, **more, "options": options})
            found = finish(distill(request.methods, prior, data, request.settings, request.classes))
            verdict = judge.judge(found.images)
            z = reference.project(prior.encode(to_tensor(found.images)))
            for label in request.classes:
                rows = np.flatnonzero(found.labels == label)
                for space, x in (("latents", z), ("features", verdict.features)):
                    table = compare(reference.real(label, space), x[rows])
                    apart.append([table[name].apart for name in SHOWN])
                seen.append(100 * float((verdict.classes[rows] == label).mean()))
        mean = np.array(apart).reshape(-1, 2, len(SHOWN)).mean(0)
        cells = [f"{a:+.1f} / {b:+.1f}" for a, b in mean.T]
        spent = (time.perf_counter() - began) / len(seen)
        print(
            "| " + " | ".join([*point, *cells, f"{np.mean(seen):.0f}", f"{spent:.1f}"]) + " |",
            flush=True,
        )


if __name__ == "__main__":
    main()
