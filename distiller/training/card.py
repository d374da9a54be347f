"""Cards: what a shipped prior is, how it was made, and what it was measured to reach, in words."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from ..machine.disk import write_whole
from ..machine.json_file import read_json
from .gates import TRIED, gates_of
from .quality import COMMON_MODE, SHEET
from .spec import PRESETS

__all__ = ["write_card"]

GATE_WORDS = (
    "A prior that ships should reach these numbers. A sample may lie nearer to the training images "
    "than held-out real images do on average, but not by more than their standard deviation."
)
TRIED_WORDS = "What was tried where a gate is missed (`bench/results.md` has the numbers): "


def write_card(folder: Path, measured: dict[str, Any]) -> None:
    """Writes README.md and adds the measurements to prior.json.

    Raises:
        Refused: if prior.json cannot be read.
        OSError: if the files cannot be written.
    """
    record = read_json(folder / "prior.json", "Run the `train-prior` that made it again.")
    record["measured"] = measured
    write_whole(folder / "prior.json", (json.dumps(record, indent=1) + "\n").encode())
    write_whole(folder / "README.md", _card(folder.name, record).encode())


def _card(name: str, record: dict[str, Any]) -> str:
    spec, stages = record["spec"], _stages(record)
    lines = [
        "---",
        "license: apache-2.0",
        "library_name: diffusers",
        "pipeline_tag: unconditional-image-generation",
        "tags: [dataset-distillation, diffusion, DiT]",
        "---",
        "",
        f"# A small diffusion prior of {name}",
        "",
        "This is a class-conditional latent diffusion transformer "
        f"({spec['depth']} blocks of width {spec['width']}) with its autoencoder, in the layout of "
        "diffusers' `DiTPipeline`. It predicts v on the linear schedule of 1,000 steps. Label 1000 "
        "is the null class.",
        "",
        "## How it was made",
        "",
        *(f"    python -m distiller train-prior {_what(stage)} --out DIR" for stage in stages),
        "",
        f"The prior was trained on {_source(record)}. " + " ".join(map(_effort, stages)),
        *(["", record["note"]] if "note" in record else []),
        "",
        "## What it reaches",
        "",
        f"`python -m distiller card assets/priors/{name}` printed these numbers:",
        "",
        *_reached(record["measured"], record["cfg_scale"]),
        "",
        "These are the first samples of each class at that cfg_scale. None was chosen.",
        "",
        f"![Samples, a row for each class]({SHEET})",
        "",
        *_gated(record["dataset"], record["measured"]),
        "## Licence",
        "",
        "Weights and code are under Apache-2.0.",
        "",
    ]
    return "\n".join(lines)


def _reached(measured: dict[str, Any], cfg_scale: float) -> list[str]:
    """What was measured of samples and autoencoder, a sentence or two for each number."""
    shares, accuracy = measured["recognised_percent"], measured["judge_accuracy_percent"]
    distances = measured["frechet"]
    lines = [
        "- A classifier that was trained on the real training split recognises "
        f"{np.mean(list(shares.values())):.1f} % of the samples at cfg_scale {cfg_scale:g}. It is "
        f"right about {accuracy['classes']:.1f} % of the real test split. The shares by class are "
        + ", ".join(f"{key} {value:.0f}" for key, value in shares.items())
        + " %.",
        f"- In that classifier's features, the Fréchet distance of {distances['images']:,.0f} "
        f"samples to real training images is {distances['samples']:.2f}. As many random real "
        f"images have {distances['random_real']:.2f}.",
        "- Real test images come back from the autoencoder with "
        f"{measured['psnr_db']:.1f} dB PSNR.",
    ]
    if "independent" in measured:
        lines.append(_independent(measured["independent"]))
    lines += [_memorised(*item) for item in measured.get("memorisation", {}).items()]
    return [*lines, _modes(measured)] if "modes" in measured else lines


def _gated(name: str, measured: dict[str, Any]) -> list[str]:
    """A shipped prior's gates as a table, and what was tried where one is missed."""
    gates = gates_of(name, measured)
    if not gates:
        return []
    words = {True: "met", False: "**missed**", None: "not measured"}
    rows = []
    for gate in gates:
        bound = "at least" if gate.least else "at most"
        aim = "what held-out images have" if gate.aim is None else f"{gate.aim:.4g}{gate.unit}"
        reached = "" if gate.reached is None else f"{gate.reached:.4g}{gate.unit}"
        rows.append(f"| {gate.what} | {bound} {aim} | {reached} | {words[gate.met]} |")
    tried = [] if all(gate.met is not False for gate in gates) else [TRIED_WORDS + TRIED[name], ""]
    return [
        "## Gates",
        "",
        GATE_WORDS,
        "",
        "| | aim | reached | |",
        "|---|---|---|---|",
        *rows,
        "",
        *tried,
    ]


def _independent(measured: dict[str, Any]) -> str:
    """The samples beside random real images, in features that nobody here trained."""
    f, m, c = (measured[name] for name in ("frechet", "mmd2", "coverage_percent"))
    return (
        "- EfficientNet-Lite0 is a classifier that nobody here trained. In its features, the "
        f"Fréchet distance of the samples is {f['samples']:.3g}. As many random real images have "
        f"{f['random_real']:.3g}. The squared MMD is {m['samples']:.3g} beside "
        f"{m['random_real']:.3g}. The samples cover {c['samples']:.1f} % of the real images, and "
        f"the random real ones cover {c['random_real']:.1f} %."
    )


def _memorised(space: str, row: dict[str, float]) -> str:
    """Whether samples lie nearer to training images than held-out real images do."""
    where = "latent space" if space == "latents" else f"the features of {space}"
    return (
        f"- In {where}, a sample lies {row['samples']:.3g} from the nearest training image, and a "
        f"held-out real image {row['held_out']:.3g} ± {row['spread']:.2g} (mean and standard "
        f"deviation; mirror images count). {row['near_percent']:.1f} % of the samples are nearer "
        "than 99 % of the held-out images are. About 1 % would be so if nothing was learned by "
        "heart."
    )


def _stages(record: dict[str, Any]) -> list[dict[str, Any]]:
    """The records of the trainings that went on from one another, the first one first."""
    return [*(_stages(record["before"]) if "before" in record else []), record]


def _effort(record: dict[str, Any]) -> str:
    """Where a training started, what it took, and how long, in sentences."""
    spec = record["spec"]
    steps = spec["autoencoder_steps"]
    coder = f"The autoencoder took {steps:,} steps of {spec['autoencoder_batch']} images. "
    coder = coder if steps else ""
    if more := spec.get("decoder_steps"):
        images = spec.get("decoder_batch") or spec["autoencoder_batch"]
        coder += f"Then its decoder alone took {more:,} steps of {images} images"
        shown = ", with a distance in the features of the data set's classifier in the loss"
        coder += f"{shown if spec['perceptual'] else ''}. "
    return (
        f"{_start(record)}{coder}The transformer took {spec['steps']:,} steps of "
        f"{spec['batch']} latents. This took {_hours(record['seconds'])} on {record['machine']}, "
        f"with seed {spec['seed']}."
    )


def _modes(measured: dict[str, Any]) -> str:
    common = [
        (name, mode, row["samples"])
        for name, rows in measured["modes"].items()
        for mode, row in rows.items()
        if row["real_share"] >= COMMON_MODE
    ]
    missing = [f"{name}: {mode}" for name, mode, samples in common if samples == 0]
    found = len(common) - len(missing)
    return (
        f"- {found} of {len(common)} modes that hold 3 % or more of a class appear among 500 "
        "samples of that class at cfg_scale 1. The classifier of modes is right about "
        f"{measured['judge_accuracy_percent']['modes']:.1f} % of the real test split."
        + (f" Missing: {', '.join(missing)}." if missing else "")
    )


def _hours(seconds: float) -> str:
    return f"{seconds / 3600:.1f} hours" if seconds > 5400 else f"{seconds / 60:.0f} minutes"


def _what(record: dict[str, Any]) -> str:
    """The data set and the options that are not those of its preset."""
    name, spec = record["dataset"], record["spec"]
    if name not in PRESETS:
        return "--data PICTURES"
    preset = asdict(PRESETS[name])
    flags = [
        f"--{key.replace('_', '-')} {spec[key]}"
        for key in ("start", "autoencoder_steps", "decoder_steps", "steps", "lr", "seed")
        if spec.get(key, preset[key]) != preset[key]
    ]
    return " ".join([f"--dataset {name}", *flags])


def _start(record: dict[str, Any]) -> str:
    start = record["spec"].get("start")
    if not start:
        return ""
    if start != record["dataset"]:
        return f"It started from the weights of the prior of {start}. "
    if "before" in record:
        return "Then the training went on from these weights. "
    return "It started from an earlier prior of this data set. "


def _source(record: dict[str, Any]) -> str:
    fresh = record["spec"]["fresh"]
    if fresh:
        return f"{fresh:,} fresh renders per class, and has never seen the data set's own images"
    return "the data set's training split"
