"""How long a handful of images takes, beside diffusers' own pipeline on the same weights.

    python -m bench.sampling [--prior solids] [--images 10] [--steps 20]

Both sides sample with CFG and DDIM in one process, in turns, several times; the best time of
each counts, and their ratio is what carries over to another machine.
"""

import argparse
import time
from collections.abc import Callable

import torch

from distiller import Settings, distill, load, load_prior, make_methods
from distiller.diffusion.prior import Prior
from distiller.event import Event


def seconds(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prior", default="solids")
    parser.add_argument("--images", type=int, default=10)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    prior, data = load_prior(given.prior), load(given.prior)
    low = load_prior(given.prior, dtype="bfloat16")
    settings = Settings(ipc=given.images, steps=given.steps)
    first: list[float] = []

    def ours(method: str, prior: Prior = prior) -> None:
        began = time.perf_counter()
        for event in distill(make_methods(method), prior, data, settings, [0]):
            if isinstance(event, Event) and event.stage == "sample" and event.i == 0:
                first.append(time.perf_counter() - began)

    from diffusers import DiTPipeline

    pipeline = DiTPipeline.from_pretrained(prior.folder, low_cpu_mem_usage=False).to(prior.device)
    pipeline.set_progress_bar_config(disable=True)

    @torch.no_grad()
    def theirs() -> None:
        pipeline(
            [0] * given.images,
            guidance_scale=prior.cfg_scale,
            num_inference_steps=given.steps,
            output_type="np",
        )

    sides: dict[str, Callable[[], object]] = {
        "diffusers' DiTPipeline": theirs,
        "dit": lambda: ours("dit"),
        "dit in bfloat16": lambda: ours("dit", low),
        "diversity": lambda: ours("diversity"),
        "dap": lambda: ours("dap"),
        "dap+diversity": lambda: ours("dap+diversity"),
    }
    best = dict.fromkeys(sides, float("inf"))
    for _ in range(given.rounds + 1):
        for name, run in sides.items():
            best[name] = min(best[name], seconds(run))
    print(f"{given.images} images x {given.steps} steps with CFG on {prior.device}, "
          f"{torch.get_num_threads()} threads")  # fmt: skip
    base = best["diffusers' DiTPipeline"]
    for name, spent in best.items():
        print(f"{name:24} {spent:6.2f} s   {spent / base:5.2f} x")
    print(f"first estimate after {min(first):.2f} s")


if __name__ == "__main__":
    main()
