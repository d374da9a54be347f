"""What guidance, inversion and group selection cost, both sides of each ratio in one run.

    python -m bench.costs [--prior solids] [--images 10]

1. A DAP-guided step beside a plain step with CFG, with 100 and 1,000 references whose features are
   known; computing those, once per time and class, is given apart.
2. D3HR's inversion beside sampling with CFG, in images times steps a second.
3. D3HR's moment selection beside its best of m groups: time and loss.

Best of several rounds, in turns.
"""

import argparse
import time
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from distiller import load, load_prior
from distiller.data.dataset import Dataset
from distiller.diffusion.guidance import guided
from distiller.diffusion.prior import Prior
from distiller.diffusion.sampler import ddim
from distiller.event import finish
from distiller.methods.d3hr import group_loss, with_moments
from distiller.methods.dap import DAP
from distiller.recipes.loop import seeded_noise


def best_of(sides: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """The best time of each side in seconds, run in turns after one to warm up."""
    best = dict.fromkeys(sides, float("inf"))
    for k in range(rounds + 1):
        for name, run in sides.items():
            began = time.perf_counter()
            run()
            if k:
                best[name] = min(best[name], time.perf_counter() - began)
    return best


def guided_steps(prior: Prior, data: Dataset, x: Tensor, rounds: int) -> None:
    """Prints what a step with DAP takes beside a plain one with CFG, at one time."""
    plain, t = prior.denoiser(prior.label_of(data, 0), prior.cfg_scale), 400
    denoisers = {"plain step with CFG": torch.no_grad()(plain)}
    for n in (100, 1000):
        recipe = finish(DAP(references=n).fit(prior, data, [0]))
        denoisers[f"DAP, {n} references"] = guided(plain, [recipe.guidance[0](0)], prior.schedule)
        began = time.perf_counter()
        denoisers[f"DAP, {n} references"](x, t)
        print(f"features of {n} references at one time: {time.perf_counter() - began:.2f} s")
    spent = best_of({name: lambda d=d: d(x, t) for name, d in denoisers.items()}, rounds)
    for name, seconds in spent.items():
        ratio = seconds / spent["plain step with CFG"]
        print(f"{name:24} {1000 * seconds:8.1f} ms   {ratio:5.2f} x")


def inversion(prior: Prior, data: Dataset, x: Tensor, rounds: int, steps: int = 5) -> None:
    """Prints how fast latents are inverted beside how fast they are sampled."""
    plain = prior.denoiser(prior.label_of(data, 0), prior.cfg_scale)
    down = prior.schedule.times(steps, 600)
    up = down[-2::-1]

    def run(times: list[int]) -> None:
        for _ in ddim(plain, x, times, prior.schedule):
            pass

    spent = best_of({"sampling": lambda: run(down), "inversion": lambda: run(up)}, rounds)
    rate = {"sampling": steps / spent["sampling"], "inversion": (steps - 1) / spent["inversion"]}
    for name, steps_a_second in rate.items():
        share = steps_a_second / rate["sampling"]
        print(f"{name:24} {len(x) * steps_a_second:8.1f} image steps / s   {share:5.2f} x")


def group_selection(prior: Prior, images: int, candidates: int, rounds: int) -> None:
    """Prints what a group with the moments takes beside the best of many groups."""
    std = torch.ones(prior.latent_shape)
    z = torch.randn(images, *prior.latent_shape)
    exact: list[Tensor] = []
    spent = best_of({"moment selection": lambda: exact.append(with_moments(z))}, rounds)
    loss = float(group_loss(exact[-1][None], std, 0.5, "dimension")[0])
    print(f"{'moment selection':24} {1000 * spent['moment selection']:8.1f} ms   loss {loss:.3f}")
    generator, lowest, began = torch.Generator().manual_seed(0), float("inf"), time.perf_counter()
    for _ in range(candidates // 200):
        groups = torch.randn(200, *z.shape, generator=generator)
        lowest = min(lowest, float(group_loss(groups, std, 0.5, "dimension").min()))
    seconds = time.perf_counter() - began
    print(f"{f'best of {candidates:,}':24} {1000 * seconds:8.1f} ms   loss {lowest:.3f}")
    million = seconds * 1e6 / candidates
    print(f"the paper's million groups would take {million:.0f} s here, "
          f"{million / spent['moment selection']:,.0f} x")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--prior", default="solids")
    parser.add_argument("--images", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--candidates", type=int, default=20_000)
    given = parser.parse_args()
    prior, data = load_prior(given.prior), load(given.prior)
    print(
        f"{given.prior}, {given.images} images, {prior.device}, {torch.get_num_threads()} threads"
    )
    x = seeded_noise(prior.latent_shape, 0, 0, given.images).to(prior.device)
    guided_steps(prior, data, x, given.rounds)
    inversion(prior, data, x, given.rounds)
    group_selection(prior, given.images, given.candidates, given.rounds)


if __name__ == "__main__":
    main()
