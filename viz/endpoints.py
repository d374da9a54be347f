"""Endpoints: what programs may ask of the page, by its address or through Gradio's client.

Their docstrings and types are what `/?view=api` shows.
"""

from collections.abc import Generator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from distiller.data.registry import DATASETS, dataset_table
from distiller.errors import Refused
from distiller.event import Event, Pace, translated
from distiller.lab import open_lab
from distiller.limits import choice
from distiller.methods import method_table
from distiller.sets.distilled import distill_request
from distiller.sets.measured import measure_set
from distiller.sets.request import Request
from distiller.sets.scoring import score_set

from .preview import data_uri, from_data_uri
from .settings import BUDGET, RUN

__all__ = ["datasets", "distill", "methods", "score"]

PAUSE = 0.04  # seconds between two steps that are told of, at least


def datasets() -> dict[str, Any]:
    """The data sets: title, classes, image size."""
    return dataset_table()


def methods() -> dict[str, Any]:
    """The methods and their options: default, range or choices, meaning."""
    return method_table()


def distill(
    dataset: str,
    method: str = Request.method,
    label: str = "0",
    ipc: float = RUN.ipc,
    steps: float = RUN.steps,
    cfg_scale: float | None = None,
    seed: float = RUN.seed,
    options: dict[str, Any] | None = None,
) -> Generator[dict[str, Any], None, None]:
    """Distils one class: images as PNG data URIs, metadata of each, manifest with scores."""
    raw = {
        "dataset": dataset, "method": method, "classes": [label], "ipc": ipc, "steps": steps,
        "cfg_scale": cfg_scale, "seed": seed, "options": options,
    }  # fmt: skip
    request = Request.parse(raw, BUDGET)
    lab = open_lab(request.dataset)
    run = distill_request(request, lab)
    distilled = yield from translated(run, _step, Pace(PAUSE))
    scored = score_set(measure_set(distilled.images, distilled.labels, lab))
    yield {
        "images": [data_uri(image, lossless=True) for image in distilled.images],
        "metadata": list(scored.images),
        "scores": scored.table(),
        "link": request.query(),
    }


def score(dataset: str, images: dict[str, list[str]]) -> dict[str, Any]:
    """Scores images, PNG data URIs by class name, beside random real images of equal number."""
    lab = open_lab(choice("data set", dataset, DATASETS))
    pixels, labels = _decode(images, lab.data.classes, lab.data.size)
    return score_set(measure_set(pixels, labels, lab)).table()


def _step(event: Event) -> dict[str, Any]:
    return {"step": event.i + 1, "steps": event.n}


def _decode(
    images: Any, classes: Sequence[str], size: int
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Images from the API, checked: known classes, few and small enough, PNG."""
    if not isinstance(images, dict) or not all(isinstance(v, list) for v in images.values()):
        raise Refused("images must map class names to lists of PNG data URIs.")
    count = sum(len(v) for v in images.values())
    if not 1 <= count <= 1000:
        raise Refused(f"Between 1 and 1000 images can be scored; got {count}.")
    pixels, labels = [], []
    for name, uris in images.items():
        label = classes.index(choice("class", name, classes))
        for k, uri in enumerate(uris):
            pixels.append(from_data_uri(uri, f"{name}/{k}", size))
            labels.append(label)
    return np.stack(pixels), np.array(labels)
