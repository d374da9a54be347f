"""Rows for Embedding Atlas: distilled images and the real ones that are near them, with pictures.

Each row has its place in one view of the map as `x` and `y`, and its nearest neighbours as
`neighbors`: `ids` count the rows of the file, `distances` are those in latent space. A distilled
image has the real images that its metadata names. A real image has itself and the real ones of the
file that are nearest to it, as many as the others have, since the atlas needs all to have as many.

What the atlas reads: https://apple.github.io/embedding-atlas/tool.html
"""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from distiller.data.dataset import Absent, Dataset
from distiller.errors import Refused
from distiller.scores.reference import Reference

from ..draw.preview import data_uri
from .parcel import files_of

__all__ = ["atlas"]


def atlas(packed: Mapping[str, bytes], view: str, reference: Reference, data: Dataset) -> bytes:
    """The images of packed runs of one class, by the names of their lanes or "", as JSON lines.

    Real images have no picture where the data set is not on this machine.

    Raises:
        Refused: if the map has no such view.
    """
    if view not in reference.maps:
        raise Refused(f"The map of these images has no view {view!r:.40}.")
    rows = [row for lane, content in packed.items() for row in _distilled(lane, content, view)]
    near = [row.pop("neighbours") for row in rows]
    numbers = sorted({number for each in near for number in each["rows"]})
    at = {number: len(rows) + k for k, number in enumerate(numbers)}
    for row, each in zip(rows, near, strict=True):
        ids = [at[number] for number in each["rows"]]
        row["neighbors"] = {"ids": ids, "distances": each["distances"]}
    count = min(len(each["rows"]) for each in near)
    real = _real(numbers, count, len(rows), reference, data)
    for row in real:
        row |= {"x": row[f"{view}_x"], "y": row[f"{view}_y"]}
    return ("\n".join(map(json.dumps, [*rows, *real])) + "\n").encode()


def _distilled(lane: str, packed: bytes, view: str) -> list[dict[str, Any]]:
    """What the metadata of a run says of each image, and its picture, as it is."""
    files, rows = files_of(packed), []
    for line in files["metadata.jsonl"].decode().splitlines():
        row = json.loads(line)
        picture = base64.b64encode(files[row["file_name"]]).decode()
        rows.append(
            {
                **row,
                "source": f"{lane} {row['method']}".strip(),
                "x": row[f"{view}_x"],
                "y": row[f"{view}_y"],
                "image": f"data:image/png;base64,{picture}",
            }
        )
    return rows


def _real(
    numbers: Sequence[int], count: int, first: int, reference: Reference, data: Dataset
) -> list[dict[str, Any]]:
    """Real training images by their numbers, each with `count` neighbours among them."""
    points = {int(number): k for k, number in enumerate(reference.rows)}
    z = reference.z[[points[number] for number in numbers]]
    away, order = torch.cdist(z, z).fill_diagonal_(0).topk(count, largest=False)
    rows = []
    for k, number in enumerate(numbers):
        point = points[number]
        label = int(reference.labels[point])
        places = {
            f"{view}_{axis}": round(float(value), 4)
            for view, places in reference.maps.items()
            for axis, value in zip("xy", places[point], strict=True)
        }
        train = data.train
        rows.append(
            {
                "label": label,
                "class_name": data.classes[label],
                "source": "real",
                "training_image": number,
                **places,
                "neighbors": {
                    "ids": [first + int(other) for other in order[k]],
                    "distances": [round(float(d), 4) for d in away[k]],
                },
                "image": None if isinstance(train, Absent) else data_uri(train.images[number]),
            }
        )
    return rows
