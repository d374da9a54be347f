"""Tiers: what the machine that serves the page offers, in words for its visitors."""

from dataclasses import dataclass

import torch

from distiller.machine.device import choose_dtype, on_zero_gpu

from . import payloads

__all__ = ["TIERS", "Tier", "device_name", "tier_of_this", "tiers"]


@dataclass(frozen=True)
class Tier:
    """A kind of machine, and what a visitor of a page on it has."""

    title: str
    offers: str


TIERS = {
    "cpu": Tier(
        "A processor, such as a Space's CPU Basic",
        "The data sets that ship are distilled, compared, scored and evaluated. A run of ten "
        "images takes seconds; an evaluation takes minutes.",
    ),
    "cuda": Tier(
        "A GPU",
        "All that a processor offers, and faster. The network computes in bfloat16, so images "
        "differ slightly from those of a processor. If its host has prepared it, or lets the page "
        "do so, there is Imagenette at 256 pixels with DiT-XL/2.",
    ),
    "lent": Tier(
        "ZeroGPU, a Space's GPU that is lent for seconds",
        "Runs are sampled on the GPU. Hugging Face counts its seconds for each visitor and each "
        "day. When they are used up, the page shows the run that ships. A slider that is moved "
        "acts from the next run on. Scores, evaluations and trainings use the processor.",
    ),
}
"""What each kind of machine offers; docs/deploying.md says the same."""


def tier_of_this() -> str:
    """The tier of this machine, a key of `TIERS`."""
    if on_zero_gpu():
        return "lent"
    return "cuda" if torch.cuda.is_available() else "cpu"


def device_name() -> str:
    """The device that runs will use, and its precision where that is not the usual, in words."""
    match tier_of_this():
        case "lent":
            return "ZeroGPU"
        case "cuda":
            return f"GPU · {torch.cuda.get_device_name()}"
    cores = torch.get_num_threads()
    dtype = str(choose_dtype(torch.device("cpu"))).removeprefix("torch.")
    words = f"CPU · {cores} core{'s' * (cores > 1)}"
    return words if dtype == "float32" else f"{words} · {dtype}"


def tiers() -> payloads.Device:
    """The device, and what each tier offers."""
    here = tier_of_this()
    return {
        "device": device_name(),
        "tiers": [
            {"title": tier.title, "offers": tier.offers, "here": name == here}
            for name, tier in TIERS.items()
        ],
    }
