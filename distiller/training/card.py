"""Cards: what a shipped prior is, how it was made, and what it was measured to reach."""

import json
from collections.abc import Generator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from ..data.dataset import Dataset, load, resolve
from ..diffusion.prior import Prior, load_prior
from ..errors import Refused
from ..event import Event
from ..image import contact_sheet, to_pixels, to_tensor
from ..recipes.loop import Settings, draw
from ..recipes.recipe import Recipe
from ..scores.discrepancy import frechet
from ..scores.judge import Judge, load_judge
from .spec import PRESETS

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "frechet_distances", "measure_prior", "mode_coverage", "psnr", "recognition",
    "sample_classes", "write_card",
]  # fmt: skip

PER_CLASS = 50  # samples that are measured
SHEET, SHEET_CLASSES, SHEET_COLUMNS = "samples.webp", 10, 10

COMMON_MODE = 0.03
"""The share of a class from which on one of its modes must appear among the samples."""


def sample_classes(
    prior: Prior, data: Dataset, per_class: int, steps: int = 15
) -> Generator[Event, None, "NDArray[np.uint8]"]:
    """Samples at the default cfg_scale: (classes, per_class, h, w, 3)."""
    parts = []
    for label in range(len(data.classes)):
        parts.append((yield from _sample(prior, data, label, per_class, steps, None)).images)
    return np.stack(parts)


def recognition(samples: "NDArray[np.uint8]", data: Dataset, judge: Judge) -> dict[str, float]:
    """The share of samples (classes, n, h, w, 3) that the judge recognises, by class, in %."""
    found = judge.judge(samples.reshape(-1, *samples.shape[2:])).classes.reshape(samples.shape[:2])
    hits = found == np.arange(len(samples))[:, None]
    return dict(zip(data.classes, (100 * hits.mean(1)).tolist(), strict=True))


def frechet_distances(
    samples: "NDArray[np.uint8]", data: Dataset, judge: Judge, seed: int = 0
) -> dict[str, float]:
    """The squared Fréchet distance, in the judge's features, to real training images.

    Of samples (classes, n, h, w, 3), and of as many real images of each class, drawn at random;
    both to the real images that were not drawn, at most 10,000 of them. The drawn ones say what a
    set of this size can reach: the distance of a finite set is above 0 also where nothing is wrong.

    Source: Heusel et al., 2017, Eq. 6, whose features are those of Inception; so its numbers
    compare with no other data set's and no other paper's.
    """
    rng, train = np.random.default_rng(seed), data.train
    n = min(samples.shape[1], min(len(train.of(k)) for k in range(len(samples))) // 2)
    drawn = np.concatenate([rng.choice(train.of(k), n, replace=False) for k in range(len(samples))])
    rest = np.setdiff1d(np.arange(len(train.labels)), drawn)
    rest = np.sort(rng.permutation(rest)[:10_000])
    distance = frechet(judge.judge(train.images[rest]).features.double())
    made = samples[:, :n].reshape(-1, *samples.shape[2:])
    return {
        "images": float(len(made)),
        "samples": float(distance(judge.judge(made).features.double())),
        "random_real": float(distance(judge.judge(train.images[drawn]).features.double())),
    }


def mode_coverage(
    prior: Prior, data: Dataset, judge: Judge, label: int, samples: int, steps: int = 10
) -> Generator[Event, None, dict[str, int]]:
    """How often each mode of a class appears among samples at cfg_scale 1, by the judge."""
    part = yield from _sample(prior, data, label, samples, steps, 1.0)
    modes = judge.judge(part.images).modes
    assert modes is not None
    counts = np.bincount(modes, minlength=len(data.modes))
    return dict(zip(data.modes, counts.tolist(), strict=True))


def _sample(
    prior: Prior, data: Dataset, label: int, n: int, steps: int, cfg_scale: float | None
) -> Generator[Event, None, Any]:
    settings = Settings(ipc=n, steps=steps, cfg_scale=cfg_scale, seed=1, sampler="dpm++")
    return (yield from draw(Recipe(), prior, data, label, settings))


def psnr(prior: Prior, data: Dataset, n: int) -> float:
    """Mean peak signal-to-noise ratio of reconstructed real test images, in dB."""
    rows = np.linspace(0, len(data.test.images) - 1, n).astype(int)
    images = data.test.images[rows]
    again = to_pixels(prior.decode(prior.encode(to_tensor(images)))).astype(float)
    error = ((again - images) ** 2).mean((1, 2, 3))
    return float((10 * np.log10(255**2 / error.clip(1e-9))).mean())


def measure_prior(folder: Path) -> Generator[Event, None, dict[str, Any]]:
    """Measures a prior against the gates: recognition, reconstruction, modes.

    Raises:
        Refused: if the folder holds no prior made by `train-prior`.
    """
    if not (folder / "prior.json").is_file():
        raise Refused(f"{folder} has no prior.json; it needs a folder that train-prior wrote.")
    name = json.loads((folder / "prior.json").read_text())["dataset"]
    data = load(resolve(folder) if (folder / "dataset.json").is_file() else name)
    prior, judge = load_prior(folder), load_judge(data.name)
    result: dict[str, Any] = {"sha256": prior.fingerprint()}
    result["judge_accuracy_percent"] = judge.accuracy
    samples = yield from sample_classes(prior, data, PER_CLASS)
    result["recognised_percent"] = recognition(samples, data, judge)
    result["frechet"] = frechet_distances(samples, data, judge)
    _write_sheet(samples, folder / SHEET)
    result["psnr_db"] = psnr(prior, data, 200)
    if data.modes and data.train.modes is not None:
        result["modes"] = {}
        for label, name in enumerate(data.classes):
            counts = yield from mode_coverage(prior, data, judge, label, 500)
            shares = np.bincount(data.train.modes[data.train.of(label)], minlength=len(data.modes))
            result["modes"][name] = {
                mode: {"real_share": float(share), "samples": counts[mode]}
                for mode, share in zip(data.modes, shares / shares.sum(), strict=True)
            }
    return result


def write_card(folder: Path, measured: dict[str, Any]) -> None:
    """Writes README.md and adds the measurements to prior.json."""
    record = json.loads((folder / "prior.json").read_text())
    record["measured"] = measured
    (folder / "prior.json").write_text(json.dumps(record, indent=1) + "\n")
    (folder / "README.md").write_text(_card(folder.name, record))


def _write_sheet(samples: "NDArray[np.uint8]", path: Path) -> None:
    """Writes the first samples as they came, a row for each class."""
    shown = samples[:SHEET_CLASSES, :SHEET_COLUMNS]
    sheet = contact_sheet(shown.reshape(-1, *shown.shape[2:]), shown.shape[1])
    Image.fromarray(sheet).save(path, quality=90)


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
