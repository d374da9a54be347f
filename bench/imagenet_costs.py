"""What ImageNet-1K at 50 images a class costs on 1, 8 and 64 GPUs, for each method of the papers.

    python -m bench.imagenet_costs [--rate 685e12] [--share 0.68]

Counted here: the operations of one pass of DiT-XL/2 and of its autoencoder, by PyTorch's counter on
networks of these very shapes, without weights. What each method does with them follows from its
settings of `paper:NAME`. Measured, by `bench.one_gpu`: how many operations a GPU does a second, and
which share of them sampling reaches. Assumed: that all else reaches it, too. Classes are shared out
as `distill` shares them, so who has most decides the time.
"""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from distiller.machine.torchvision_shim import declare_missing_operators
from distiller.machine.workers import Worker
from distiller.sets.preset import settings_of

CLASSES, IPC, REAL = 1000, 50, 1_281_167  # of ImageNet-1K: classes, made of each, training images
GPUS = (1, 8, 64)
BLOCKS = 28  # of DiT-XL/2
RATE, SHARE = 685e12, 0.68  # of an NVIDIA H200, and of that when sampling with `--compile`


@dataclass(frozen=True)
class Pass:
    """Operations on one image."""

    network: float  # one pass of the transformer, of a class or of none
    encode: float
    decode: float


def counted(net: nn.Module, run: Callable[[], object]) -> float:
    """The operations of a call, on no device: nothing is computed."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        run()
    return float(counter.get_total_flops())


@cache
def one_pass() -> Pass:
    """The operations of DiT-XL/2 and of Stable Diffusion's autoencoder at 256 pixels."""
    declare_missing_operators()
    from diffusers import AutoencoderKL, DiTTransformer2DModel

    with torch.device("meta"):
        net = DiTTransformer2DModel(
            num_attention_heads=16, attention_head_dim=72, in_channels=4, out_channels=8,
            num_layers=BLOCKS, sample_size=32, patch_size=2, num_embeds_ada_norm=1000,
        ).eval()  # fmt: skip
        vae = AutoencoderKL(
            down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
            block_out_channels=(128, 256, 512, 512), layers_per_block=2, latent_channels=4,
        ).eval()  # fmt: skip
        z, image, one = torch.zeros(1, 4, 32, 32), torch.zeros(1, 3, 256, 256), torch.zeros(1).int()
    return Pass(
        counted(net, lambda: net(z, timestep=one, class_labels=one)),
        counted(vae, lambda: vae.encode(image)),
        counted(vae, lambda: vae.decode(z)),
    )


@dataclass(frozen=True)
class Cost:
    """Operations of a method on ImageNet-1K."""

    once: float  # that every GPU shares in by its classes
    fits: float = 0.0  # of one fit, which serves `chunk` classes beside each other
    chunk: int = CLASSES
    sum: str = ""  # how the operations come about

    def hours(self, gpus: int, rate: float) -> float:
        """Until the GPU that has most is done; each makes the fits of its own classes."""
        shares = [Worker(rank, gpus).share(range(CLASSES)) for rank in range(gpus)]
        work = [
            self.once * len(share) / CLASSES + self.fits * len({c // self.chunk for c in share})
            for share in shares
        ]
        return max(work) / rate / 3600


def setting(method: str, name: str) -> float:
    """A setting of `paper:NAME`."""
    return float(settings_of(method, "paper", "imagenet-1k", IPC)[name].value)


def costs() -> Mapping[str, Cost]:
    """The cost of each method, the baseline first."""
    f, e, d = one_pass().network, one_pass().encode, one_pass().decode
    made = CLASSES * IPC
    plain = made * (50 * 2 * f + d)
    encoded, guided = REAL * e, 50 * 2 * f
    steps, batch = setting("minimax", "minimax.steps"), setting("minimax", "minimax.batch")
    block, references = setting("dap", "dap.block") + 1, setting("dap", "dap.references")
    t_low, t_high = setting("dap", "dap.t_low"), setting("dap", "dap.t_high")
    acting = round(50 * (t_high - t_low) / 1000)
    # Forward and gradient of the first blocks, and the references once per class and step.
    extra = acting * block / BLOCKS * f * (2 * made + CLASSES * references)
    inverted = (setting("d3hr", "d3hr.inversion_steps") - 1) * 2 * f
    d3hr_steps = setting("d3hr", "steps")
    pool, rounds = setting("cao2", "cao2.pool"), setting("cao2", "cao2.rounds")
    return {
        "dit": Cost(plain, sum="50,000 images x (50 steps x 2 F + D)"),
        "mgd3": Cost(plain + encoded, sum="dit + 1,281,167 E"),
        "minimax": Cost(
            plain + encoded, steps * batch * 3 * f, int(setting("minimax", "minimax.chunk")),
            f"dit + 1,281,167 E + 50 fits x {steps:,.0f} steps x {batch:.0f} x 3 F",
        ),
        "dap": Cost(
            plain + extra + CLASSES * references * e,
            sum=f"dit + {acting} steps x {block:.0f}/28 F "
            f"x (2 x 50,000 + {references:,.0f} x 1,000)",
        ),
        "igd": Cost(
            plain + CLASSES * setting("igd", "igd.images") * e, sum="dit + 200,000 E + its net"
        ),
        "d3hr": Cost(
            made * (d3hr_steps * 2 * f + d) + encoded + REAL * inverted,
            sum=f"1,281,167 x ({inverted / 2 / f:.0f} steps x 2 F + E) "
            f"+ 50,000 x ({d3hr_steps:.0f} steps x 2 F + D)",
        ),
        "cao2": Cost(
            made * (pool * guided + rounds * 2 * f + d),
            sum=f"50,000 x ({pool:.0f} x 50 steps x 2 F + {rounds:.0f} rounds x 2 F + D)",
        ),
    }  # fmt: skip


def span(hours: float) -> str:
    """A time in the unit that one would say it in."""
    return f"{hours:.1f} h" if hours >= 1 else f"{60 * hours:.1f} min"


def report(rate: float, share: float) -> str:
    """The arithmetic, in Markdown."""
    one = one_pass()
    lines = [
        f"Counted: F = {one.network / 1e9:.1f}, E = {one.encode / 1e9:.1f} and "
        f"D = {one.decode / 1e9:.1f} billion operations for one pass of the network, one image "
        "encoded and one decoded, at 256 pixels.",
        "",
        f"Taken: a GPU does {rate / 1e12:.0f} trillion operations a second in bfloat16, and "
        f"{100 * share:.0f} % of that in these networks. So one does "
        f"{rate * share / 1e12:.0f} trillion a second.",
        "",
        "| method | operations | quadrillions | 1 GPU | 8 GPUs | 64 GPUs |",
        "|---|---|---|---|---|---|",
    ]
    for name, cost in costs().items():
        total = cost.once + cost.fits * (CLASSES // cost.chunk)
        times = " | ".join(span(cost.hours(n, rate * share)) for n in GPUS)
        lines.append(f"| {name} | {cost.sum} | {total / 1e15:,.0f} | {times} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=RATE, help="operations a second of a GPU")
    parser.add_argument("--share", type=float, default=SHARE, help="of that, which networks reach")
    given = parser.parse_args()
    print(report(given.rate, given.share), end="")


if __name__ == "__main__":
    main()
