"""How long a handful of images takes, beside diffusers' own pipeline on the same weights.

    python -m bench.sampling [--prior solids] [--images 10] [--steps 20]

Both sides sample with the prior's own class guidance and DDIM in one process, in turns, several
times; the best time of each counts, and their ratio is what carries over to another machine. One
more row is sampled in as many steps as the page's controls hold for a new visitor.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import replace

import torch

from distiller import Settings, distill, load, load_prior, make_methods
from distiller.diffusion.prior import Prior
from distiller.event import Event
from distiller.training.shipment import CHOICES, Choices
from viz.settings import VISIT


def seconds(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def their_run(prior: Prior, images: int, steps: int) -> Callable[[], object]:
    """Images of the first class by diffusers' own pipeline, on the weights of a prior."""
    from diffusers import DiTPipeline

    pipeline = DiTPipeline.from_pretrained(prior.folder, low_cpu_mem_usage=False).to(prior.device)
    pipeline.set_progress_bar_config(disable=True)

    @torch.no_grad()
    def run() -> None:
        scale = prior.cfg_scale
        pipeline([0] * images, guidance_scale=scale, num_inference_steps=steps, output_type="np")

    return run


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
    begins = CHOICES.get(given.prior, Choices()).steps or VISIT.steps
    visit = replace(VISIT, ipc=given.images, steps=begins)
    first: list[float] = []

    def ours(method: str, prior: Prior = prior, settings: Settings = settings) -> None:
        began = time.perf_counter()
        for event in distill(make_methods(method), prior, data, settings, [0]):
            if isinstance(event, Event) and event.stage == "sample" and event.i == 0:
                first.append(time.perf_counter() - began)

    sides: dict[str, Callable[[], object]] = {
        "diffusers' DiTPipeline": their_run(prior, given.images, given.steps),
        "dit": lambda: ours("dit"),
        "dit in bfloat16": lambda: ours("dit", low),
        f"dit, {begins} steps": lambda: ours("dit", settings=visit),
        "diversity": lambda: ours("diversity"),
        "dap": lambda: ours("dap"),
        "dap+diversity": lambda: ours("dap+diversity"),
    }
    best = dict.fromkeys(sides, float("inf"))
    for _ in range(given.rounds + 1):
        for name, run in sides.items():
            best[name] = min(best[name], seconds(run))
    print(f"{given.images} images x {given.steps} steps, CFG {prior.cfg_scale:g}, "
          f"on {prior.device}, {torch.get_num_threads()} threads")  # fmt: skip
    base = best["diffusers' DiTPipeline"]
    for name, spent in best.items():
        print(f"{name:24} {spent:6.2f} s   {spent / base:5.2f} x")
    print(f"first estimate after {min(first):.2f} s")


if __name__ == "__main__":
    main()
