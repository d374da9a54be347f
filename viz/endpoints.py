"""Endpoints: what programs may ask of the page, by its address or through Gradio's client.

Their docstrings and types are what `/?view=api` shows.
"""

import io
import json
import zipfile
from collections.abc import AsyncGenerator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from distiller.data.registry import DATASETS, dataset_table
from distiller.errors import Refused
from distiller.lab import open_lab
from distiller.limits import choice
from distiller.methods import method_table
from distiller.sets.measured import measure_set
from distiller.sets.request import Request, label_of
from distiller.sets.scoring import score_set

from .desk import VISITOR, Made, desk
from .job import Busy, Place, words_of
from .preview import data_uri, from_data_uri
from .settings import BUDGET, RUN, SCORED

__all__ = ["datasets", "distill", "methods", "score"]


def datasets() -> dict[str, Any]:
    """The data sets: title, classes, image size."""
    return dataset_table()


def methods() -> dict[str, Any]:
    """The methods and their options: default, range or choices, meaning."""
    return method_table()


async def distill(
    dataset: str,
    method: str = Request.method,
    label: str = "0",
    ipc: float = RUN.ipc,
    steps: float = RUN.steps,
    cfg_scale: float | None = None,
    seed: float = RUN.seed,
    options: dict[str, Any] | None = None,
) -> AsyncGenerator[dict[str, Any], None]:
    """Distils one class: images as PNG data URIs, metadata of each, manifest with scores."""
    raw = {
        "dataset": dataset, "method": method, "classes": [label], "ipc": ipc, "steps": steps,
        "cfg_scale": cfg_scale, "seed": seed, "options": options,
    }  # fmt: skip
    request = Request.parse(raw, BUDGET)
    dials = dict(request.options)
    async for shown in desk().run(VISITOR.get(), request, dials):
        if isinstance(shown, Made):
            yield _result(shown)
        elif isinstance(shown, (Place, Busy)):
            yield {"waiting": words_of(shown)}
        else:
            yield {"step": shown["step"], "steps": shown["steps"]}


async def score(dataset: str, images: dict[str, list[str]]) -> dict[str, Any]:
    """Scores images, PNG data URIs by class name, beside random real images of equal number."""
    name = choice("data set", dataset, DATASETS)
    source = DATASETS[name]
    pixels, labels = _decode(images, source.classes, source.size)

    def work() -> dict[str, Any]:
        return score_set(measure_set(pixels, labels, open_lab(name))).table()

    return await desk().do(VISITOR.get(), work, ("score", name), 10 + len(labels))


def _result(made: Made) -> dict[str, Any]:
    """What a program gets of a run: what lies in the file that the page offers."""
    with zipfile.ZipFile(io.BytesIO(made.packed)) as file:
        lines = file.read("metadata.jsonl").decode().splitlines()
        manifest = json.loads(file.read("manifest.json"))
    return {
        "images": [data_uri(image, lossless=True) for image in made.images],
        "metadata": [json.loads(line) for line in lines],
        "scores": manifest["scores"],
        "link": made.request.query(),
    }


def _decode(
    images: Any, classes: tuple[str, ...], size: int
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Images from the API, checked: known classes, few and small enough, PNG."""
    if not isinstance(images, dict) or not all(isinstance(v, list) for v in images.values()):
        raise Refused("images must map class names to lists of PNG data URIs.")
    count, most = sum(len(v) for v in images.values()), min(1000, SCORED // size**2)
    if not 1 <= count <= most:
        raise Refused(
            f"Between 1 and {most} images of {size} x {size} can be scored by one call; got "
            f"{count}. `python -m distiller score` takes any number."
        )
    pixels, labels = [], []
    for name, uris in images.items():
        label = label_of(name, classes)
        for k, uri in enumerate(uris):
            pixels.append(from_data_uri(uri, f"{name}/{k}", size))
            labels.append(label)
    return np.stack(pixels), np.array(labels)
