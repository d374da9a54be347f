"""Distilled sets on disk: what looks whole is whole.

    DIR/<class name>/<k>.png      the images
    DIR/metadata.jsonl            one line per image: label, seed, method, nearest real, place
    DIR/manifest.json             last: versions, the prior's hash, every parameter, scores

A set is written class by class, every file under another name until it is complete, so a run
that was killed is gone on from, and ends with the bytes of one that was not. Nothing in the
folder depends on when or how often it ran. Metadata and scores are computed from the images as
they lie there, by the same code as `score`.
"""

import hashlib
import io
import json
import math
import os
import platform
import zipfile
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from ..data.dataset import Dataset
from ..data.registry import DATASETS
from ..diffusion.prior import Prior
from ..errors import Refused
from ..event import Event
from ..image import to_tensor
from ..limits import number
from ..recipes.loop import Distilled, draw, fit
from ..scores.judge import Judge
from ..scores.reference import Reference
from ..scores.score import Comparison, compare, discrepancies, join
from ..version import __version__
from .request import Request

__all__ = [
    "Scored",
    "SetOnDisk",
    "archive",
    "class_folder",
    "export",
    "read_set",
    "score_set",
    "weights_of",
]

SCHEMA = 1
MAX_PIXELS = 4096 * 4096


@dataclass(frozen=True)
class SetOnDisk:
    """A distilled set as it lies in a folder."""

    images: NDArray[np.uint8]  # (n, h, w, 3)
    labels: NDArray[np.int64]  # (n,)
    files: tuple[str, ...]  # (n,) relative paths
    weights: NDArray[np.float64] | None = None  # (n,) of each image's loss, where the set has any

    @classmethod
    def of(cls, distilled: Distilled, classes: Sequence[str]) -> "SetOnDisk":
        """A set in memory, as it would lie in a folder."""
        seen: dict[int, int] = {}
        files = []
        for label in distilled.labels.tolist():
            files.append(f"{class_folder(classes[label])}/{seen.get(label, 0)}.png")
            seen[label] = seen.get(label, 0) + 1
        return cls(distilled.images, distilled.labels, tuple(files))


# ------------------------------------------------------------------------------------- writing


def export(
    request: Request,
    folder: Path,
    data: Dataset,
    prior: Prior,
    reference: Reference,
    judge: Judge,
) -> Generator[Event, None, Path]:
    """Distils what a request asks for into a folder, going on from what is there.

    Raises:
        Refused: if the folder holds something else, or cannot be written.
    """
    try:
        _claim(folder, _identity(request, prior))
        missing = [c for c in request.classes if not _has(folder, data.classes[c], request.ipc)]
        if missing:
            recipe = yield from fit(request.methods, prior, data, missing)
        for label in missing:
            part = yield from draw(recipe, prior, data, label, request.settings)
            for k, pixels in enumerate(part.images):
                _write_image(folder / class_folder(data.classes[label]) / f"{k}.png", pixels)
        found = read_set(folder, data.classes)
        for name, text in _records(found, request, data, prior, reference, judge).items():
            _write_text(folder / name, text)
        (folder / ".request.json").unlink(missing_ok=True)
    except OSError as error:
        raise Refused(
            f"{folder} could not be written ({error.strerror or error}); what is complete stays "
            "there, and the same command goes on from it."
        ) from error
    return folder


def archive(
    distilled: Distilled,
    request: Request,
    data: Dataset,
    prior: Prior,
    reference: Reference,
    judge: Judge,
) -> bytes:
    """A set in memory as a ZIP file of the folder that `export` would have written."""
    found = SetOnDisk.of(distilled, data.classes)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, pixels in zip(found.files, found.images, strict=True):
            picture = io.BytesIO()
            Image.fromarray(pixels).save(picture, format="PNG")
            file.writestr(name, picture.getvalue())
        for name, text in _records(found, request, data, prior, reference, judge).items():
            file.writestr(name, text)
    return buffer.getvalue()


def _records(
    found: SetOnDisk,
    request: Request,
    data: Dataset,
    prior: Prior,
    reference: Reference,
    judge: Judge,
) -> dict[str, str]:
    """The text files of a set, the manifest last."""
    scored = score_set(found, data.size, prior, reference, judge)
    manifest = {
        "schema": SCHEMA,
        **_identity(request, prior),
        "dataset": {"name": data.name, "classes": data.classes, "size": data.size},
        "device": str(prior.device),
        "versions": _versions(),
        **_guarantees(request),
        "scores": scored.table(),
    }
    return {
        "metadata.jsonl": _metadata(found, scored, request, data),
        "manifest.json": json.dumps(manifest, indent=1) + "\n",
    }


def _identity(request: Request, prior: Prior) -> dict[str, Any]:
    """What makes a set what it is: every parameter that is not private, weights and precision."""
    weights = {"name": prior.name, "sha256": prior.fingerprint()}
    made: dict[str, Any] = {"request": request.public(), "prior": weights}
    made["dtype"] = str(prior.dtype).removeprefix("torch.")
    if private := request.private():
        # Tells two sets apart whose private options differ, and takes long to search.
        salt = json.dumps(made, sort_keys=True).encode()
        text = json.dumps(private, sort_keys=True).encode()
        made["private"] = hashlib.scrypt(text, salt=salt, n=2**14, r=8, p=1).hex()
    return made


def _guarantees(request: Request) -> dict[str, Any]:
    """What methods promise of a set, such as differential privacy, where any does."""
    made = {
        name: method.guarantee()
        for name, method in request.methods.items()
        if hasattr(method, "guarantee")
    }
    return {"guarantees": made} if made else {}


def class_folder(name: str) -> str:
    """The folder name of a class: its name, without what a path gives a meaning to."""
    return "".join("_" if c in '/\\:*?"<>|' or ord(c) < 32 else c for c in name).strip(". ") or "_"


def _claim(folder: Path, record: Mapping[str, Any]) -> None:
    """Makes the folder, or makes sure that it belongs to this request."""
    folder.mkdir(parents=True, exist_ok=True)
    mine = json.loads(json.dumps(record))
    for name in ("manifest.json", ".request.json"):
        if (folder / name).exists():
            theirs = _read_json(folder / name)
            if {key: theirs.get(key) for key in mine} != mine:
                raise Refused(
                    f"{folder} holds another set, made with other parameters, another prior or in "
                    "another precision; choose an empty folder."
                )
            return
    if any(path for path in folder.iterdir()):
        raise Refused(f"{folder} is not empty and holds no distilled set; choose another folder.")
    _write_text(folder / ".request.json", json.dumps(mine, indent=1))


def _has(folder: Path, name: str, ipc: int) -> bool:
    return all((folder / class_folder(name) / f"{k}.png").exists() for k in range(ipc))


def _write_image(path: Path, pixels: NDArray[np.uint8]) -> None:
    path.parent.mkdir(exist_ok=True)
    partial = path.with_suffix(".partial")
    Image.fromarray(pixels).save(partial, format="PNG")
    partial.replace(path)


def _write_text(path: Path, text: str) -> None:
    partial = path.with_name(path.name + ".partial")
    with partial.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def _metadata(found: SetOnDisk, scored: "Scored", request: Request, data: Dataset) -> str:
    lines = []
    for i, name in enumerate(found.files):
        line = {
            "file_name": name,
            "label": int(found.labels[i]),
            "class_name": data.classes[found.labels[i]],
            "method": request.method,
            "seed": request.seed,
            **scored.images[i],
        }
        lines.append(json.dumps(line))
    return "\n".join(lines) + "\n"


def _versions() -> dict[str, str]:
    packages = ("torch", "diffusers", "numpy", "pillow")
    own = {"distiller": __version__, "python": platform.python_version()}
    return own | {p: version(p) for p in packages}


# ------------------------------------------------------------------------------------- reading


def read_set(folder: Path, classes: Sequence[str]) -> SetOnDisk:
    """Reads a folder of class folders of images of one size.

    Raises:
        Refused: if there is no such folder, no image in it, or one cannot be read.
    """
    if not folder.is_dir():
        raise Refused(f"There is no folder {folder}.")
    images, labels, files = [], [], []
    for label, name in enumerate(classes):
        paths = sorted((folder / class_folder(name)).glob("*.png"), key=_natural)
        for path in paths:
            images.append(_read_image(path))
            labels.append(label)
            files.append(f"{class_folder(name)}/{path.name}")
    if not images:
        raise Refused(f"{folder} holds no images: it needs a folder of PNG files for each class.")
    sizes = {image.shape for image in images}
    if len(sizes) > 1:
        raise Refused(f"The images in {folder} have different sizes: {sorted(sizes)[:4]}.")
    return SetOnDisk(np.stack(images), np.array(labels), tuple(files), _read_weights(folder, files))


def _read_weights(folder: Path, files: Sequence[str]) -> NDArray[np.float64] | None:
    path = folder / "metadata.jsonl"
    if not path.is_file():
        return None
    try:
        return weights_of(path.read_text(encoding="utf-8"), files)
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"{path} cannot be read as text.") from error


def weights_of(text: str, files: Sequence[str]) -> NDArray[np.float64] | None:
    """The field `weight` of a metadata.jsonl for some files: (n,), or None where it has none.

    DDOQ (ICLR 2026) weights the loss of each image by the share of the class that it stands for.

    Raises:
        Refused: if a line is not JSON, or some of the files have a weight and others have not.
    """
    found: dict[str, float] = {}
    for i, line in enumerate(filter(str.strip, text.splitlines()), 1):
        try:
            row = json.loads(line)
            name, weight = str(row["file_name"]), row.get("weight")
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise Refused(
                f"Line {i} of metadata.jsonl is not a JSON object with a file_name."
            ) from error
        if weight is not None:
            found[name] = number(f"weight of {name[:60]}", weight, 0, 1e12)
    lacking = [name for name in files if name not in found]
    if len(lacking) == len(files):
        return None
    if lacking:
        raise Refused(
            f"metadata.jsonl weights some images and not others; without a weight: {lacking[:4]}."
        )
    return np.array([found[name] for name in files])


def _natural(path: Path) -> tuple[int, str]:
    return (int(path.stem) if path.stem.isdigit() else 1 << 30, path.name)


def _read_image(path: Path) -> NDArray[np.uint8]:
    try:
        with Image.open(path, formats=["PNG"]) as image:
            if image.width * image.height > MAX_PIXELS:
                raise Refused(f"{path} is too large: {image.width} x {image.height} pixels.")
            return np.asarray(image.convert("RGB"))
    except (OSError, SyntaxError, ValueError) as error:
        raise Refused(f"{path} is not a PNG image that can be read.") from error


def _read_json(path: Path) -> dict[str, Any]:
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Refused(f"{path} cannot be read as JSON.") from error
    if not isinstance(read, dict):
        raise Refused(f"{path} is not a JSON object.")
    return read


def dataset_of(folder: Path) -> str:
    """The data set that a distilled folder belongs to, by its manifest.

    Raises:
        Refused: if it has none that can be read.
    """
    path = folder / "manifest.json"
    if not path.is_file():
        raise Refused(f"{folder} has no manifest.json; name its data set with --dataset.")
    dataset = _read_json(path).get("dataset")
    name = dataset.get("name") if isinstance(dataset, dict) else None
    if name not in list(DATASETS):
        raise Refused(
            f"{path} names no known data set: {str(name)[:60]!r}. If it is one of your own, name "
            "its folder with --dataset."
        )
    return str(name)


# ------------------------------------------------------------------------------------- scoring


@dataclass(frozen=True)
class Scored:
    """The scores of a set, by class and over all, in both spaces."""

    classes: Mapping[str, Mapping[int, Mapping[str, Comparison]]]  # by space and label
    judged: Mapping[int, Mapping[str, float]]  # by label
    images: Sequence[Mapping[str, Any]]  # what is known of each image
    points: Mapping[str, Tensor]  # by space, a row an image
    labels: NDArray[np.int64]

    def discrepancies(self, reference: Reference) -> dict[str, Any]:
        """Every discrepancy of the frame by space, as plain numbers, averaged over classes."""
        tables: dict[str, Any] = {}
        for space, x in self.points.items():
            classes = {
                label: discrepancies(reference.real(label, space), x[self.labels == label])
                for label in self.judged
            }
            tables[space] = {name: _plain(c) for name, c in join(classes).items()}
        return tables

    def table(self) -> dict[str, Any]:
        """The scores as plain numbers, each with that of random real images of equal size."""
        means = {space: join(classes) for space, classes in self.classes.items()}
        keys = next(iter(self.judged.values())).keys()
        return {
            **{
                space: {name: _plain(c) for name, c in mean.items()}
                for space, mean in means.items()
            },
            "judged": {k: float(np.mean([j[k] for j in self.judged.values()])) for k in keys},
        }


def _plain(c: Comparison) -> dict[str, Any]:
    return {
        "value": None if math.isnan(c.value) else c.value,
        "random_real_mean": None if math.isnan(c.mean) else c.mean,
        "random_real_sd": None if math.isnan(c.spread) else c.spread,
        "verdict": c.verdict(),
    }


def score_set(
    found: SetOnDisk, size: int, prior: Prior, reference: Reference, judge: Judge
) -> Scored:
    """Scores a set against the real training images of its classes."""
    if found.images.shape[1:3] != (size, size):
        raise Refused(
            f"The images are {found.images.shape[1:3]} pixels; the data set's are {(size, size)}."
        )
    z = reference.project(prior.encode(to_tensor(found.images)))
    verdict = judge.judge(found.images)
    points = {"latents": z, "features": verdict.features}
    classes: dict[str, dict[int, dict[str, Comparison]]] = {space: {} for space in points}
    judged, images = {}, [dict[str, Any]() for _ in found.labels]
    for label in sorted(set(found.labels.tolist())):
        rows = np.flatnonzero(found.labels == label)
        for space, x in points.items():
            classes[space][label] = compare(reference.real(label, space), x[rows])
        judged[label] = {"recognised": 100 * float((verdict.classes[rows] == label).mean())}
        if verdict.modes is not None:
            judged[label]["modes"] = float(len(set(verdict.modes[rows].tolist())))
        near, away = reference.nearest(z[rows], label)
        places = {view: reference.place(z[rows], view, label) for view in reference.maps}
        for j, i in enumerate(rows):
            images[i]["nearest_real"] = int(reference.rows[near[j, 0]])
            images[i]["nearest_distance"] = round(float(away[j, 0]), 4)
            for view, place in places.items():
                images[i][f"{view}_x"], images[i][f"{view}_y"] = (
                    round(float(v), 4) for v in place[j]
                )
    return Scored(classes, judged, images, points, found.labels)
