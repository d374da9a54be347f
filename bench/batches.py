"""What it gains to sample requests of several visitors in one batch, and whether bytes stay.

    python -m bench.batches [--priors solids,cifar10] [--methods dit,dap] [--steps 10]

A batch of 20 stands for two requests of ten images each, and so on: row k has the noise of its
seed whatever the batch is, so the first ten images should be those of the request alone. Sampling
is timed as a run does it, decoding included; what is fitted is fitted before. The sizes take
turns, and the best time of each counts. Seconds are of the processor where
torch has one thread, so that other work on the machine does not count, else of the clock.
"""

import argparse
import time

import numpy as np
import torch
from numpy.typing import NDArray

from distiller import Settings, load, load_prior, make_methods
from distiller.event import finish
from distiller.recipes.loop import draw, fit

ONE = 10  # images of a request
JOINED = (1, 2, 4, 8)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--priors", default="solids,cifar10")
    parser.add_argument("--methods", default="dit,dap")
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    threads = torch.get_num_threads()
    clock = "processor" if threads == 1 else "clock"
    print(f"{given.steps} steps with CFG, float32, {threads} threads, seconds of the {clock}")
    print("| prior | method | images | images a second | ratio to 10 | bytes of the first 10 |")
    print("|---|---|---|---|---|---|")
    for name in given.priors.split(","):
        for method in given.methods.split(","):
            _compare(name, method, given.steps, given.rounds)


def _compare(name: str, method: str, steps: int, rounds: int) -> None:
    """Prints a row for each size of the batch."""
    prior, data = load_prior(name, dtype="float32"), load(name)
    recipe = finish(fit(make_methods(method), prior, data, [0]))
    best, images = dict.fromkeys(JOINED, float("inf")), dict[int, NDArray[np.uint8]]()
    for k in range(rounds + 1):
        for joined in JOINED:
            settings = Settings(ipc=ONE * joined, steps=steps)
            began = _now()
            images[joined] = finish(draw(recipe, prior, data, 0, settings)).images
            if k:  # the first turn warms up
                best[joined] = min(best[joined], _now() - began)
    for joined in JOINED:
        rate = ONE * joined / best[joined]
        print(f"| {name} | {method} | {ONE * joined} | {rate:.2f} | "
              f"{rate * best[1] / ONE:.2f} | {_bytes(images[1], images[joined])} |",
              flush=True)  # fmt: skip


def _bytes(alone: NDArray[np.uint8], batch: NDArray[np.uint8]) -> str:
    """Whether the images of a request alone are those of the batch, in words."""
    apart = np.abs(alone.astype(int) - batch[:ONE])
    if not apart.any():
        return "the same"
    return f"{np.mean(apart > 0):.2%} differ, by {apart.max()} at most"


def _now() -> float:
    return time.process_time() if torch.get_num_threads() == 1 else time.perf_counter()


if __name__ == "__main__":
    main()
