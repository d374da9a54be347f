"""Cards of distilled sets: the README.md that tells a reader, and the Hugging Face Hub, what a set
is (https://huggingface.co/docs/hub/datasets-cards)."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ..data.dataset import Dataset
from ..methods import METHODS
from .repetition import command_of, python_of, warning_of
from .request import Request

__all__ = ["FIELDS", "card_of", "front_of"]

SIZES = ((1000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"))
"""How many images a set has fewer than, and what the Hub calls that."""
SCORES = ("mmd2", "coverage", "vendi", "similarity")
FIELDS = {
    "file_name": "the path of the image",
    "label, class_name": "the class that it was made for",
    "method, seed": "how it was made",
    "nearest_real, nearest_distance": "the nearest real training image and its distance, in latent "
    "space",
    "neighbours": "the nearest real training images, and their distances",
    "recognised": "the class that a classifier takes it for",
    "mode": "the known kind of image within the class, where there are any",
    "umap_x, umap_y, pca_x, pca_y, class_x, class_y": "its place on the maps of the data set, and "
    "on that of its class",
}
"""What a line of metadata.jsonl says of an image."""


def front_of(name: str, count: int, licence: str | None) -> list[str]:
    """The lines that the Hub reads. They name the files, since of few images it would not know
    which of the others are data."""
    size = next((words for most, words in SIZES if count < most), "100K<n<1M")
    return [
        "---",
        f"pretty_name: {json.dumps(name)}",
        *([f"license: {json.dumps(licence)}"] if licence else []),
        "task_categories: [image-classification]",
        f"size_categories: [{json.dumps(size)}]",
        "tags: [dataset-distillation]",
        "configs:",
        "- config_name: default",
        "  data_files:",
        "  - split: train",
        '    path: ["metadata.jsonl", "**/*.png"]',
        "---",
        "",
    ]


def card_of(
    request: Request, data: Dataset, count: int, scores: Mapping[str, Any], licence: str | None
) -> str:
    """The card of a set of so many images, with its scores as a manifest has them."""
    titles = " + ".join(METHODS[name].title for name in request.method.split("+"))
    name = f"{data.name}, distilled by {titles}"
    lines = [
        *front_of(name, count, licence),
        f"# {name}",
        "",
        f"{count} images of {data.size} x {data.size} pixels: {request.ipc} for each of "
        f"{len(request.classes)} class{'es' * (len(request.classes) > 1)} of `{data.name}`.",
        "",
        "## How to make it again",
        "",
        "```bash",
        command_of(request, "set"),
        "```",
        "",
        "```python",
        "from distiller import distill_set",
        "",
        python_of(request),
        "```",
        "",
        *([warning_of(request), ""] if request.private() else []),
        "## Scores",
        "",
        *_table(scores),
        "",
        f"{scores['judged']['recognised']:.0f} % of the images are recognised as their class.",
        "`manifest.json` has every score and every parameter.",
        "",
        "## What `metadata.jsonl` says of each image",
        "",
        *(f"- `{field}`: {words}" for field, words in FIELDS.items()),
    ]
    return "\n".join(lines) + "\n"


def _table(scores: Mapping[str, Any]) -> Sequence[str]:
    """Scores in latent space, beside random real images."""
    rows = [
        f"| {name} | {_number(row['value'])} | {_number(row['random_real_mean'])} ± "
        f"{_number(row['random_real_sd'])} |"
        for name, row in scores["latents"].items()
        if name in SCORES
    ]
    return ["| in latent space | this set | random real images |", "|---|---|---|", *rows]


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"
