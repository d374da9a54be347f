"""Presets: all that a paper sets, each value with where it comes from.

A preset is one of a method, for DiT-XL/2 at 256 px, and says how to sample and how to evaluate too.
Where the released code differs from the paper, `released` has the code's value. What a paper does
not say keeps the default here, and its source says that. Docs: docs/papers.md.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from ..errors import Refused
from ..limits import choice
from ..methods import METHODS

__all__ = ["PREFIX", "PRESETS", "READINGS", "Preset", "Said", "evaluation_of", "settings_of"]

PREFIX = "paper:"
READINGS = ("paper", "released")
SILENT = "the default here; the paper does not say"


class Said(NamedTuple):
    """A value, and who says so."""

    value: Any
    source: str


@dataclass(frozen=True)
class Preset:
    """What a paper sets of one method."""

    sampling: Mapping[str, Said]  # by the name of a request's parameter
    options: Mapping[str, Said]  # of the method, by name
    evaluation: Mapping[str, Said]  # by the name of an option of `evaluate`
    released: Mapping[str, Said] | None = field(default_factory=dict)
    """What the released code has otherwise, of all three; None: there is no public code."""
    apart: tuple[str, ...] = ()  # what differs here all the same, in sentences


CODE, PAPER = "the released code", "the paper"
OF_DIT = {
    "steps": Said(50, f"{CODE}: 50 of 1,000 times, evenly spaced"),
    "sampler": Said("ddpm", f"{CODE}: ancestral sampling with the learned variance"),
    "cfg_scale": Said(4.0, CODE),
    "cfg_channels": Said(3, f"{CODE}, as DiT's own, guides 3 of 4 channels"),
}
ASSUMED = {
    name: Said(said.value, "not said; what the works that it compares with have")
    for name, said in OF_DIT.items()
}
NETS = "convnet-6,resnetap-10,resnet-18"
HARD = {
    "protocol": Said("hard", f"{CODE} of IDC and Minimax Diffusion"),
    "net": Said(NETS, PAPER),
    "seeds": Said(3, f"{PAPER}: three repeats"),
    "report": Said("best-on-test", f"{CODE}: the best of about a hundred tests"),
}
SOFT = {
    "protocol": Said("soft", f"{CODE} of RDED"),
    "net": Said("resnet-18", PAPER),
    "seeds": Said(3, f"{CODE}: three repeats"),
    "report": Said("best-on-test", f"{CODE}: the best of the last tests"),
}
VAES = (
    "One autoencoder encodes and decodes; the released code encodes with sd-vae-ft-ema and decodes "
    "with sd-vae-ft-mse."
)
LARGER = "Images below 224 pixels are not enlarged before a net is trained on them."

PRESETS: Mapping[str, Preset] = {
    "minimax": Preset(
        sampling=OF_DIT,
        options={
            "strength": Said(1.0, "the fit itself"),
            "representativeness": Said(0.002, f"{PAPER}, lambda_r"),
            "diversity": Said(0.008, f"{PAPER}, lambda_d"),
            "steps": Said(12_000, f"{CODE}: the checkpoint of 8 epochs of ImageWoof"),
            "batch": Said(8, CODE),
            "lr": Said(1e-3, CODE),
            "memory": Said(64, CODE),
            "ema": Said(0.9999, CODE),
            "images": Said(100_000, f"{CODE}: every image of a class"),
            "chunk": Said(20, "the author: one model for every 10 or 20 classes"),
            "warmup": Said(False, f"{CODE}: the average begins with the prior"),
            "tables": Said("shared", f"{CODE}: one embedder for all blocks"),
            "shuffle": Said(True, f"{CODE}: every image once an epoch"),
        },
        evaluation=HARD,
        apart=(
            "Images are not mirrored, their latents are means and not samples, the bound of the "
            "learned variance is left out of the loss, and the network computes in bfloat16.",
            VAES,
            LARGER,
        ),
    ),
    "dap": Preset(
        sampling=ASSUMED,
        options={
            "gamma": Said(0.3, "the default here: the paper's 1 is a step length, in other units"),
            "kernel": Said("linear", PAPER),
            "block": Said(8, f"{PAPER}: blocks 4 to 12 of 28 are the best"),
            "squared": Said(False, f"{PAPER}, which has distances"),
        },
        evaluation=HARD,
        released=None,
        apart=("There is no public code, and ImageNet-1K was evaluated with soft labels.", LARGER),
    ),
    "d3hr": Preset(
        sampling={
            "steps": Said(31, f"{PAPER}: 31 of 50"),
            "sampler": Said("ddim", PAPER),
            "cfg_scale": Said(4.0, CODE),
            "cfg_channels": Said(None, f"{CODE} guides all channels"),
        },
        options={
            "time": Said(601, f"{PAPER}: t* is 600, counted from 0"),
            "start": Said(601, f"{PAPER}: decoded from where it was inverted to"),
            "inversion_steps": Said(31, f"{PAPER}: 31 of 50"),
            "inversion_cfg_scale": Said(4.0, CODE),
            "images": Said(100_000, f"{PAPER}: every image of a class"),
            "selection": Said("best", PAPER),
            "candidates": Said(1_000_000, PAPER),
            "skew_axis": Said("dimension", PAPER),
            "skew_weight": Said(0.5, PAPER),
            "drawn": Said("device", CODE),
        },
        evaluation={**SOFT, "seeds": Said(5, f"{CODE}: five repeats")},
        released={
            "steps": Said(32, f"{CODE}: from time 620 on"),
            "start": Said(621, f"{CODE} decodes from 620 what was inverted to 600"),
            "query": Said("target", f"{CODE} asks the network at the time inverted to"),
            "candidates": Said(
                100_000, f"{CODE}'s flag; its loop draws a thousand times as many, it seems a slip"
            ),
            "skew_axis": Said("sample", f"{CODE} sums over dimensions"),
            "skew_weight": Said(0.1, CODE),
        },
        apart=(
            "Statistics are kept in float32 where the code has half precision, other random groups "
            "are compared, and images stay 256 pixels wide where the code makes them 224.",
        ),
    ),
    "mgd3": Preset(
        sampling=OF_DIT,
        options={
            "strength": Said(0.1, f"{PAPER}, lambda"),
            "stop": Said(511, f"{PAPER}: steps above the 25th of 50 are guided"),
            "images": Said(5000, "more than any class of ImageNet has"),
            "form": Said("step", f"{PAPER}: added to the mean of a step"),
            "steps": Said(50, PAPER),
        },
        evaluation=HARD,
        apart=(
            "The deviation that scales the pull is that of the smaller bound of the variance, "
            "where the code has the learned one.",
            VAES,
            LARGER,
        ),
    ),
    "igd": Preset(
        sampling={
            **OF_DIT,
            "cfg_channels": Said(3, "DiT's code, on which it builds; its own could not be read"),
        },
        options={
            "influence": Said(1.0, "the default here: 5 and 10 are in other units"),
            "deviation": Said(1.0, "the default here: 120 and 100 are in other units"),
            "images": Said(200, CODE),
            "t_low": Said(612, f"{CODE}: --low 30 of 50 steps, counted from clean data"),
            "t_high": Said(918, f"{CODE}: --high 45 of 50 steps, counted from clean data"),
        },
        evaluation={**HARD, "seeds": Said(5, f"{CODE}: five seeds")},
        released={"seed": Said(1, CODE)},
        apart=(
            "The window has two readings; t_low=100 and t_high=400 are the other one.",
            "The surrogate reads latents, where the code has a ConvNet-6 on decoded images, and "
            "images keep apart in their batch, where the code has a memory of 64.",
            VAES,
            LARGER,
        ),
    ),
    "cao2": Preset(
        sampling=OF_DIT,
        options={
            "keep": Said("most", f"{PAPER}, for up to 10 images a class"),
            "pool": Said(4, f"{PAPER}: four times as many"),
            "rounds": Said(100, f"{CODE}: steps of the second stage"),
            "rate": Said(6e-4, CODE),
        },
        evaluation=SOFT,
        released={"cfg_scale": Said(2.7, f"{CODE}: the script of ImageWoof")},
        apart=(
            "The second stage asks with the class; for hard data sets the code asks without "
            "(classless=true). Noises and times are drawn from other generators.",
            "A small net on latents chooses, where the code has a ResNet-18 of ImageNet.",
            VAES,
        ),
    ),
}


def settings_of(method: str, reading: str, dataset: str, ipc: int) -> dict[str, Said]:
    """The settings of a request, options by their full names, with where each comes from.

    Raises:
        Refused: if there is no preset of the method, no such reading, or no public code.
    """
    preset, changed = _read(method, reading)
    said = {**preset.sampling, "seed": Said(0, "the default here")}
    settings = {name: changed.get(name, value) for name, value in said.items()}
    usual = {name: Said(value, SILENT) for name, value in asdict(METHODS[method]()).items()}
    options = usual | {**preset.options, **_by_size(method, reading, dataset, ipc)}
    for name, value in options.items():
        own = name not in preset.sampling  # `steps` of sampling is not that of a method
        settings[f"{method}.{name}"] = changed.get(name, value) if own else value
    return settings


def evaluation_of(method: str, reading: str, ipc: float) -> dict[str, Said]:
    """The options of `evaluate` for a set of so many images a class, and where each comes from.

    Raises:
        Refused: as `settings_of` does.
    """
    preset, _ = _read(method, reading)
    found = dict(preset.evaluation)
    if method == "mgd3" and reading == "paper" and 50 < ipc <= 100:
        found["epochs"] = Said(1500, f"{PAPER}'s appendix; the code has 1,000")
    return found


def _read(method: str, reading: str) -> tuple[Preset, Mapping[str, Said]]:
    preset = PRESETS[choice("paper", method, PRESETS)]
    if choice("reading", reading, READINGS) == "paper":
        return preset, {}
    if preset.released is None:
        raise Refused(f"No code of {method} is public; leave out --as released.")
    return preset, preset.released


def _by_size(method: str, reading: str, dataset: str, ipc: int) -> dict[str, Said]:
    """What CaO2 sets by the data set and by the number of images a class."""
    if method != "cao2":
        return {}
    found = {}
    if ipc > 10:
        found["keep"] = Said("least", f"{PAPER}, for 50 images a class; here for more than 10")
    if reading == "released" and dataset.startswith(("imagenette", "imagenet-100")):
        found["pool"] = Said(2, f"{CODE}: the scripts of Imagenette and ImageNet-100")
    return found
