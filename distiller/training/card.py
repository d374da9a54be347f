"""Cards: what a shipped prior is, how it was made, and what it was measured to reach, in words."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from ..machine.disk import write_whole
from .quality import COMMON_MODE, SHEET
from .spec import PRESETS

__all__ = ["write_card"]


def write_card(folder: Path, measured: dict[str, Any]) -> None:
    """Writes README.md and adds the measurements to prior.json."""
    record = json.loads((folder / "prior.json").read_text())
    record["measured"] = measured
    write_whole(folder / "prior.json", (json.dumps(record, indent=1) + "\n").encode())
    write_whole(folder / "README.md", _card(folder.name, record).encode())


def _card(name: str, record: dict[str, Any]) -> str:
    measured, stages = record["measured"], _stages(record)
    spec = record["spec"]
    shares = measured["recognised_percent"]
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
        f"A class-conditional latent diffusion transformer ({spec['depth']} blocks of width "
        f"{spec['width']}) and its autoencoder, in the layout of diffusers' `DiTPipeline`. It "
        "predicts v on the linear schedule of 1,000 steps; label 1000 is the null class.",
        "",
        "## How it was made",
        "",
        *(f"    python -m distiller train-prior {_what(stage)} --out DIR" for stage in stages),
        "",
        f"Trained on {_source(record)}: " + "; then ".join(map(_effort, stages)) + ".",
        "",
        "## What it reaches",
        "",
        f"Printed by `python -m distiller card assets/priors/{name}`:",
        "",
        f"- {np.mean(list(shares.values())):.1f} % of samples at cfg_scale "
        f"{record['cfg_scale']:g} are recognised by a classifier trained on the real training "
        f"split (its own accuracy on the real test split: "
        f"{measured['judge_accuracy_percent']['classes']:.1f} %). By class: "
        + ", ".join(f"{key} {value:.0f}" for key, value in shares.items())
        + ".",
        f"- Fréchet distance to real training images, in that classifier's features, of "
        f"{measured['frechet']['images']:,.0f} samples: {measured['frechet']['samples']:.2f}; "
        f"of as many random real images: {measured['frechet']['random_real']:.2f}.",
        f"- Reconstruction of real test images: {measured['psnr_db']:.1f} dB PSNR.",
    ]
    if "modes" in measured:
        lines.append(_modes(measured))
    lines += ["", "Samples at that cfg_scale, the first of each class as they came:", ""]
    lines += [f"![Samples, a row for each class]({SHEET})"]
    lines += ["", "## Licence", "", "Apache-2.0, weights and code.", ""]
    return "\n".join(lines)


def _stages(record: dict[str, Any]) -> list[dict[str, Any]]:
    """The records of the trainings that went on from one another, the first one first."""
    return [*(_stages(record["before"]) if "before" in record else []), record]


def _effort(record: dict[str, Any]) -> str:
    spec = record["spec"]
    steps = spec["autoencoder_steps"]
    coder = f"autoencoder {steps:,} steps of {spec['autoencoder_batch']} images, " if steps else ""
    return (
        f"{coder}transformer {spec['steps']:,} steps of {spec['batch']} latents, seed "
        f"{spec['seed']}{_start(record)}, {_hours(record['seconds'])} on {record['machine']}"
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
        f"samples of it at cfg_scale 1 (mode classifier: "
        f"{measured['judge_accuracy_percent']['modes']:.1f} % on the real test split)"
        + (f"; missing: {', '.join(missing)}." if missing else ".")
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
        for key in ("start", "autoencoder_steps", "steps", "lr", "seed")
        if spec.get(key, preset[key]) != preset[key]
    ]
    return " ".join([f"--dataset {name}", *flags])


def _start(record: dict[str, Any]) -> str:
    start = record["spec"].get("start")
    if not start:
        return ""
    if start == record["dataset"]:
        return ", from there" if "before" in record else ", from an earlier prior of it"
    return f", starting from the weights of the prior of {start}"


def _source(record: dict[str, Any]) -> str:
    fresh = record["spec"]["fresh"]
    if fresh:
        return f"{fresh:,} fresh renders per class (it has never seen the data set's own images)"
    return "the data set's training split"
