"""Quality: what a prior is measured to reach, by its data set's judge."""

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ..data.dataset import Dataset, Split
from ..data.registry import DATASETS, load
from ..diffusion.prior import Prior, load_prior
from ..errors import Refused
from ..event import Event
from ..image import contact_sheet, to_pixels, to_tensor
from ..machine.disk import write_whole
from ..machine.json_file import read_json
from ..recipes.loop import Distilled, Settings, draw
from ..recipes.recipe import Recipe
from ..scores.efficientnet import (
    EFFICIENTNET,
    efficientnet_features,
    real_efficientnet_features,
)
from ..scores.judge import Judge, load_judge
from ..scores.kernel import median_distance, rbf
from ..scores.measures import Measure, coverage, frechet, mmd2
from .memorisation import memorisation

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "COMMON_MODE", "SHEET", "frechet_distances", "independent_quality", "measure_prior",
    "memorised", "mode_coverage", "psnr", "recognition", "sample_classes",
]  # fmt: skip

PER_CLASS = 50  # samples that are measured
HELD_OUT = 500  # real test images that samples stand beside
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
    made, drawn, rest = _beside(samples, data.train, seed)
    real = data.train.images
    distance = frechet(judge.judge(real[rest]).features.double())
    return {
        "images": float(len(made)),
        "samples": float(distance(judge.judge(made).features.double())),
        "random_real": float(distance(judge.judge(real[drawn]).features.double())),
    }


def _beside(
    samples: "NDArray[np.uint8]", train: Split, seed: int
) -> "tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]":
    """Samples (n, h, w, 3), the rows of as many real images, and those of at most 10,000 others."""
    rng = np.random.default_rng(seed)
    n = min(samples.shape[1], min(len(train.of(k)) for k in range(len(samples))) // 2)
    drawn = np.concatenate([rng.choice(train.of(k), n, replace=False) for k in range(len(samples))])
    rest = np.setdiff1d(np.arange(len(train.labels)), drawn)
    rest = np.sort(rng.permutation(rest)[:10_000])
    return samples[:, :n].reshape(-1, *samples.shape[2:]), drawn, rest


def independent_quality(
    samples: "NDArray[np.uint8]", data: Dataset, seed: int = 0
) -> dict[str, dict[str, float]]:
    """Samples (classes, n, h, w, 3) beside real images, in features that nobody here trained.

    Squared Fréchet distance, squared MMD (unbiased, RBF of the median bandwidth) and coverage in
    percent (Naeem et al., 2020, k = 5), each of the samples and of as many random real images,
    to the real images that were not drawn.
    """
    made, drawn, rest = _beside(samples, data.train, seed)
    real = real_efficientnet_features(data.train)
    y = real[rest].float()
    kernel, distance = rbf(median_distance(y)), frechet(y.double())
    measures: dict[str, Measure] = {
        "frechet": lambda x: distance(x.double()),
        "mmd2": lambda x: mmd2(kernel, x, y, unbiased=True),
        "coverage_percent": coverage(y),
    }
    sets = {"samples": efficientnet_features(made), "random_real": real[drawn].float()}
    return {
        name: {which: float(measure(x)) for which, x in sets.items()}
        for name, measure in measures.items()
    }


def memorised(
    samples: "NDArray[np.uint8]", prior: Prior, data: Dataset, *, flip: bool, photographs: bool
) -> dict[str, dict[str, float]]:
    """The memorisation of samples (classes, n, h, w, 3) by space, as `memorisation` measures it.

    In latents, and of photographs in features that nobody here trained too. Held-out images are
    500 of the real test split.
    """
    made = samples.reshape(-1, *samples.shape[2:])
    rows = np.linspace(0, len(data.test.images) - 1, min(HELD_OUT, len(data.test.images)))
    held_out = data.test.images[rows.astype(int)]

    def latents(pixels: "NDArray[np.uint8]") -> Tensor:
        parts = [pixels[k : k + 256] for k in range(0, len(pixels), 256)]
        return torch.cat([prior.encode(to_tensor(part)).flatten(1).cpu() for part in parts])

    spaces = {"latents": (latents, latents(data.train.images))}
    if photographs:
        real = real_efficientnet_features(data.train).float()
        spaces[EFFICIENTNET] = (efficientnet_features, real)
    return {
        name: memorisation(made, held_out, embed, points, flip=flip)
        for name, (embed, points) in spaces.items()
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
) -> Generator[Event, None, Distilled]:
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
    """Measures a prior against the gates: recognition, reconstruction, modes, memorisation.

    Raises:
        Refused: if the folder holds no prior made by `train-prior`.
    """
    if not (folder / "prior.json").is_file():
        raise Refused(f"{folder} has no prior.json; it needs a folder that train-prior wrote.")
    record = read_json(folder / "prior.json", "Run the `train-prior` that made it again.")
    name, spec = record["dataset"], record["spec"]
    data = load(DATASETS.resolve(folder) if (folder / "dataset.json").is_file() else name)
    prior, judge = load_prior(folder), load_judge(data.name)
    result: dict[str, Any] = {"sha256": prior.fingerprint()}
    result["judge_accuracy_percent"] = judge.accuracy
    samples = yield from sample_classes(prior, data, PER_CLASS)
    result["recognised_percent"] = recognition(samples, data, judge)
    result["frechet"] = frechet_distances(samples, data, judge)
    _write_sheet(samples, folder / SHEET)
    result["psnr_db"] = psnr(prior, data, 200)
    photographs = not DATASETS[data.name].ships
    if photographs:
        result["independent"] = independent_quality(samples, data)
    if not spec["fresh"]:  # else it has never seen the data set's own images
        flip = spec["flip"]
        result["memorisation"] = memorised(samples, prior, data, flip=flip, photographs=photographs)
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


def _write_sheet(samples: "NDArray[np.uint8]", path: Path) -> None:
    """Writes the first samples as they came, a row for each class."""
    shown = samples[:SHEET_CLASSES, :SHEET_COLUMNS]
    sheet = contact_sheet(shown.reshape(-1, *shown.shape[2:]), shown.shape[1])
    write_whole(path, lambda file: Image.fromarray(sheet).save(file, format="WEBP", quality=90))
