"""One GPU: how much of it is used, and what methods cost beside a plain step, in one run.

    python -m bench.one_gpu [--size xl] [--images 64] [--device cuda] [--compile]

Random weights, since speed does not depend on them: DiT-XL/2 at 256 pixels where there is a GPU,
else a small network of the same kind. Both sides of each ratio run in turns, and the best of
several rounds counts.

1. Sampling with class guidance as a share of the matrix rate that the device reaches in this run,
   and beside diffusers' DiTPipeline.
2. A step guided by DAP beside a plain one.
3. Inversion beside sampling, in images times steps a second.
4. Fine-tuning by Minimax from latents that are kept, beside a loop that encodes each image anew and
   takes one at a time, in images a second.
5. A step with a preview of its estimates beside one without.

With `--compile` our network and decoder are compiled first, and diffusers' are not.
"""

import argparse
import copy
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from distiller.data.dataset import Dataset, Split
from distiller.diffusion.guidance import guided
from distiller.diffusion.prior import DiT, Prior, assemble
from distiller.diffusion.sampler import ddim
from distiller.diffusion.schedule import Schedule
from distiller.event import finish
from distiller.image import to_pixels, to_tensor
from distiller.machine.device import choose_device, choose_dtype
from distiller.machine.torchvision_shim import declare_missing_operators
from distiller.methods.dap import DAP
from distiller.methods.minimax import Minimax
from distiller.recipes.loop import seeded_noise
from viz.draw.preview import fit_linear_decoder

ROUNDS, STEPS, MATRIX = 3, 4, {"cuda": 8192, "cpu": 1024}
AIMS = {
    "share": "aim 60 %", "pipeline": "aim 2 x", "dap": "aim at most 1.35 x",
    "inversion": "aim 90 %", "minimax": "aim 5 x", "preview": "aim at most 1.03 x",
}  # fmt: skip


@dataclass(frozen=True)
class Shape:
    """The sizes of a network and its autoencoder."""

    heads: int
    head: int
    depth: int
    channels: tuple[int, ...]
    side: int = 32  # of a latent


SHAPES = {
    "xl": Shape(16, 72, 28, (128, 256, 512, 512)),
    "small": Shape(4, 32, 6, (32, 32, 64, 64), 16),
}


def random_prior(
    shape: Shape, device: torch.device, dtype: torch.dtype, compiled: bool
) -> tuple[Prior, Any]:
    """A prior with random weights, in the layout of facebook/DiT-XL-2-256, and its pipeline."""
    declare_missing_operators()
    from diffusers import AutoencoderKL, DDIMScheduler, DiTPipeline, DiTTransformer2DModel

    torch.manual_seed(0)
    net = DiTTransformer2DModel(
        num_attention_heads=shape.heads, attention_head_dim=shape.head, in_channels=4,
        out_channels=8, num_layers=shape.depth, sample_size=shape.side, patch_size=2,
        num_embeds_ada_norm=1000,
    )  # fmt: skip
    levels = len(shape.channels)
    vae = AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * levels,
        up_block_types=("UpDecoderBlock2D",) * levels, block_out_channels=shape.channels,
        layers_per_block=2, latent_channels=4, norm_num_groups=32, scaling_factor=0.18215,
    )  # fmt: skip
    net.to(device, dtype).eval().requires_grad_(False)
    vae.to(device).eval().requires_grad_(False)
    scheduler = DDIMScheduler(beta_schedule="linear", clip_sample=False)
    pipeline = DiTPipeline(copy.deepcopy(net), copy.deepcopy(vae).to(dtype), scheduler)
    pipeline.set_progress_bar_config(disable=True)
    made = assemble("random", DiT(net, Schedule.linear(), "epsilon"), vae, compiled=compiled)
    named = {"one": 0, "two": 1}
    made = replace(made, labels=named, device=device, dtype=dtype, cfg_scale=4.0)
    return made, pipeline


def pictures(size: int, n: int) -> Dataset:
    """Random images of two classes."""
    pixels = np.random.default_rng(0).integers(0, 256, (n, size, size, 3), dtype=np.uint8)
    split = Split(pixels, np.arange(n) % 2)
    return Dataset("noise", ("one", "two"), split, split)


def wait(device: torch.device) -> None:
    """Until the device has done what it was asked for."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def best_of(sides: Mapping[str, Callable[[], object]], device: torch.device) -> dict[str, float]:
    """The best time of each side in seconds, in turns, after a round that is not counted."""
    best = dict.fromkeys(sides, float("inf"))
    for k in range(ROUNDS + 1):
        for name, run in sides.items():
            wait(device)
            began = time.perf_counter()
            run()
            wait(device)
            if k:
                best[name] = min(best[name], time.perf_counter() - began)
    return best


def sampled(prior: Prior, x: Tensor, steps: int = STEPS) -> Tensor:
    """The latents after so many steps of DDIM with class guidance."""
    *_, last = ddim(
        torch.no_grad()(prior.denoiser(0, 4.0)), x, prior.schedule.times(steps), prior.schedule
    )
    return last.x


def compiling(prior: Prior, x: Tensor) -> None:
    """Prints how long it takes until the network and the decoder are compiled."""
    parts = {"network": lambda: sampled(prior, x, 1), "decoder": lambda: prior.decode(x)}
    for what, run in parts.items():
        began = time.perf_counter()
        run()
        wait(x.device)
        print(f"compiling the {what}: {time.perf_counter() - began:.0f} s")


def throughput(prior: Prior, pipeline: Any, x: Tensor) -> None:
    """Prints how fast latents are sampled, of what that is a share, and images beside diffusers."""
    side = MATRIX[x.device.type]
    a, b = (torch.randn(side, side, device=x.device, dtype=prior.dtype) for _ in range(2))
    asked = {"guidance_scale": 4.0, "num_inference_steps": STEPS, "output_type": "np"}
    sides = {
        "matrix": lambda: a @ b,
        "latents": lambda: sampled(prior, x),
        "ours": lambda: to_pixels(prior.decode(sampled(prior, x))),
        "theirs": lambda: pipeline([0] * len(x), **asked),
        "decoder": lambda: prior.decode(x),
        "their decoder": lambda: torch.no_grad()(pipeline.vae.decode)(x.to(prior.dtype)),
    }
    spent = best_of(sides, x.device)
    rate = 2 * side**3 / spent["matrix"]
    ours = operations(pipeline.transformer, x) * STEPS / spent["latents"]
    each = len(x) * STEPS / spent["latents"]
    print(f"matrix product of {side}: {rate / 1e12:.2f} trillion operations a second")
    share = f"{100 * ours / rate:.0f} % of that rate ({AIMS['share']})"
    print(f"sampling: {each:.1f} images x steps a second, {share}")
    _say("images, beside DiTPipeline", spent["theirs"] / spent["ours"], "pipeline")
    both = spent["decoder"], spent["their decoder"]
    print("of that decoding: {:.3f} s, and {:.3f} s of theirs".format(*both))
    print(f"in all: {spent['ours']:.3f} s, and {spent['theirs']:.3f} s of theirs")


def operations(network: Any, x: Tensor) -> int:
    """How many operations one step with class guidance takes, by the network as it is."""
    twice = torch.cat([x, x]).to(network.dtype)
    zero = torch.zeros(len(twice), dtype=torch.long, device=x.device)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network(twice, timestep=zero, class_labels=zero)
    return counter.get_total_flops()


def guidance(prior: Prior, data: Dataset, x: Tensor) -> None:
    """Prints what a step guided by DAP takes beside a plain one; the references are known."""
    plain = prior.denoiser(0, 4.0)
    recipe = finish(
        DAP(references=16, block=max(prior.blocks * 9 // 28 - 1, 0)).fit(prior, data, [0])
    )
    with_dap = guided(plain, [recipe.guidance[0](0)], prior.schedule)
    sides = {"plain": lambda: torch.no_grad()(plain)(x, 400), "dap": lambda: with_dap(x, 400)}
    spent = best_of(sides, x.device)
    _say("a step guided by DAP beside a plain one", spent["dap"] / spent["plain"], "dap")


def inversion(prior: Prior, x: Tensor) -> None:
    """Prints how fast latents are inverted beside how fast they are sampled."""
    denoiser, times = torch.no_grad()(prior.denoiser(0, 4.0)), prior.schedule.times(STEPS + 1)

    def inverted() -> None:
        for _ in ddim(denoiser, x, times[-2::-1], prior.schedule):
            pass

    spent = best_of({"in": inverted, "out": lambda: sampled(prior, x)}, x.device)
    print(
        f"inversion beside sampling: {100 * spent['out'] / spent['in']:.0f} % ({AIMS['inversion']})"
    )


def fine_tuning(prior: Prior, data: Dataset, batch: int) -> None:
    """Prints how fast Minimax fine-tunes, beside a loop that encodes as it goes, one at a time."""
    kept = replace(prior, folder=None)

    def fitted(size: int, encodes: bool) -> float:
        """Seconds of the steps but the first."""
        times = []
        for event in Minimax(steps=STEPS, batch=size, images=8).fit(kept, data, [0]):
            if event.stage == "minimax":
                if encodes:
                    prior.encode(to_tensor(data.train.images[:size]))
                wait(prior.device)
                times.append(time.perf_counter())
        return times[-1] - times[0]

    pairs = [(fitted(batch, False), fitted(1, True)) for _ in range(ROUNDS)]
    ours, loop = (min(times) for times in zip(*pairs, strict=True))
    _say("fine-tuning, images a second", batch * loop / ours, "minimax")


def previews(prior: Prior, x: Tensor) -> None:
    """Prints what a step takes that shows its estimates, beside one that does not."""
    images = prior.decode(x[:1].expand(8, -1, -1, -1).contiguous()).cpu()
    glimpse = fit_linear_decoder(x[:1].expand(8, -1, -1, -1).cpu(), images)

    def shown() -> None:
        denoiser = torch.no_grad()(prior.denoiser(0, 4.0))
        for step in ddim(denoiser, x, prior.schedule.times(STEPS), prior.schedule):
            glimpse(step.x0[:10].float().cpu())

    spent = best_of({"shown": shown, "plain": lambda: sampled(prior, x)}, x.device)
    _say("a step with a preview beside one without", spent["shown"] / spent["plain"], "preview")


def _say(what: str, ratio: float, aim: str) -> None:
    print(f"{what}: {ratio:.2f} x ({AIMS[aim]})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=SHAPES, help="(xl on a GPU, else small)")
    parser.add_argument("--images", type=int, help="in a batch (64 on a GPU, else 4)")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--compile", action="store_true", help="compile network and decoder")
    given = parser.parse_args()
    device = choose_device(given.device)
    cuda = device.type == "cuda"
    size, n = given.size or ("xl" if cuda else "small"), given.images or (64 if cuda else 4)
    prior, pipeline = random_prior(SHAPES[size], device, choose_dtype(device), given.compile)
    where = torch.cuda.get_device_name() if cuda else "a processor, which says nothing of a GPU"
    what = f"{size}{', compiled' * given.compile}, {n} images, {prior.dtype}"
    print(f"{what}, on {where}; {torch.get_num_threads()} threads")
    data = pictures(prior.size or 256, 16)
    x = seeded_noise(prior.latent_shape, 0, 0, n).to(device)
    if given.compile:
        compiling(prior, x)
    throughput(prior, pipeline, x)
    guidance(prior, data, x)
    inversion(prior, x)
    fine_tuning(prior, data, min(n, 8))
    previews(prior, x)


if __name__ == "__main__":
    main()
