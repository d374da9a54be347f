"""Distilled sets on disk, as they are written: what looks whole is whole.

A set is written class by class, every file under another name until it is complete, so a run
that was killed is gone on from, and ends with the bytes of one that was not. Nothing in the
folder depends on when or how often it ran. Metadata and scores are computed from the images as
they lie there, by the same code as `score`.
"""

import hashlib
import io
import json
import platform
import time
import zipfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..diffusion.outline import check_match
from ..diffusion.prior import Prior
from ..errors import Refused
from ..event import Event
from ..lab import Lab
from ..machine.disk import sweep, write_whole
from ..machine.lock import alone
from ..machine.replicas import current
from ..machine.workers import ALONE, Worker
from ..recipes.loop import draw, fit
from ..version import __version__
from .card import card_of
from .class_images import class_folder
from .folder import file_names, read_json, read_set
from .measured import Measured, measure_set
from .request import Request
from .scoring import Scored, score_set

__all__ = ["archive", "export"]

SCHEMA = 1
REQUEST = ".request.json"  # what a set that is not whole yet is made of
WORKERS = ".workers.json"  # which run the processes belong to that make it
PAUSE = 0.2  # seconds between two looks at what others wrote


def export(
    request: Request, folder: Path, lab: Lab, worker: Worker = ALONE
) -> Generator[Event, None, Path]:
    """Distils what a request asks for into a folder, going on from what is there.

    Several workers share the classes, each with the same call; the bytes are those of one.

    Raises:
        Refused: if the folder holds something else or cannot be written, another run works in it,
            prior and data set do not belong together, or what the prior makes are no images.
    """
    data, prior = lab.data, lab.prior
    check_match(prior, data)
    if not worker.leads:
        yield from _help(request, folder, lab, worker)
        return folder
    try:
        with alone(folder) as held:
            _claim(folder, _identity(request, prior), held)
            _call(folder, worker)
            yield from _write(request, folder, lab, worker)
    except OSError as error:
        raise Refused(
            f"{folder} could not be written ({error.strerror or error}); what is complete stays "
            "there, and the same command goes on from it."
        ) from error
    return folder


def _write(
    request: Request, folder: Path, lab: Lab, worker: Worker
) -> Generator[Event, None, None]:
    """Distils and writes what is missing of a set, the manifest last."""
    try:
        yield from _write_images(request, folder, lab, worker.share(request.classes))
        yield from _wait(request, folder, lab)
    except Refused:
        _unclaim(folder)
        raise
    found = read_set(folder, lab.data.classes)
    measured = measure_set(found.images, found.labels, lab)
    for name, text in _records(found.files, measured, request).items():
        write_whole(folder / name, text.encode())
    (folder / REQUEST).unlink(missing_ok=True)
    (folder / WORKERS).unlink(missing_ok=True)


def _write_images(
    request: Request, folder: Path, lab: Lab, mine: Sequence[int]
) -> Generator[Event, None, None]:
    """Distils and writes those of some classes that are not whole yet."""
    data, prior = lab.data, lab.prior
    missing = [c for c in mine if not _has(folder, data.classes[c], request.ipc)]
    if missing:
        recipe = yield from fit(request.methods, prior, data, missing)
    for label in missing:
        part = yield from draw(recipe, prior, data, label, request.settings)
        for k, pixels in enumerate(part.images):
            _write_image(folder / class_folder(data.classes[label]) / f"{k}.png", pixels)


def _call(folder: Path, worker: Worker) -> None:
    """Lets the other workers of this run begin, who wait for it."""
    (folder / WORKERS).unlink(missing_ok=True)
    if worker.count > 1:
        write_whole(folder / WORKERS, json.dumps({"run": worker.run}).encode())


def _help(request: Request, folder: Path, lab: Lab, worker: Worker) -> Generator[Event, None, None]:
    """Writes a worker's share of the classes, once the first worker has claimed the folder."""
    mine = worker.share(request.classes)
    while _run_of(folder) != worker.run:
        if all(_has(folder, lab.data.classes[c], request.ipc) for c in mine):
            return  # and the first worker may have gone already
        yield Event("wait", 0, 1)
        time.sleep(PAUSE)
    yield from _write_images(request, folder, lab, mine)


def _run_of(folder: Path) -> str | None:
    try:
        said = json.loads((folder / WORKERS).read_bytes())
    except FileNotFoundError:
        return None
    return str(said["run"])


def _wait(request: Request, folder: Path, lab: Lab) -> Generator[Event, None, None]:
    """Waits until the other workers have written their classes."""
    n = len(request.classes)
    while (
        done := sum(_has(folder, lab.data.classes[c], request.ipc) for c in request.classes)
    ) < n:
        yield Event("wait", done - 1, n)
        time.sleep(PAUSE)


def archive(measured: Measured, request: Request) -> bytes:
    """A set in memory as a ZIP file of the folder that `export` would have written."""
    files = file_names(measured.labels, measured.lab.data.classes)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, pixels in zip(files, measured.images, strict=True):
            picture = io.BytesIO()
            Image.fromarray(pixels).save(picture, format="PNG")
            file.writestr(_entry(name), picture.getvalue())
        for name, text in _records(files, measured, request).items():
            file.writestr(_entry(name), text)
    return buffer.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    """An entry without the time of day: the same set is the same file whenever it is packed."""
    entry = zipfile.ZipInfo(name)
    entry.external_attr = 0o644 << 16
    return entry


def _records(files: Sequence[str], measured: Measured, request: Request) -> dict[str, str]:
    """The text files of a set, the manifest last."""
    scored, data, prior = score_set(measured), measured.lab.data, measured.lab.prior
    manifest = {
        "schema": SCHEMA,
        **_identity(request, prior),
        "dataset": {"name": data.name, "classes": data.classes, "size": data.size},
        "labels": {class_folder(data.classes[label]): label for label in request.classes},
        "device": str(prior.device),
        "versions": _versions(),
        **({"licence": prior.licence} if _is_of_others(prior) else {}),
        **_guarantees(request),
        "scores": scored.table(),
    }
    card = card_of(request, data, len(files), manifest["scores"], prior.licence)
    return {
        "metadata.jsonl": _metadata(files, scored, request),
        "README.md": card,
        "manifest.json": json.dumps(manifest, indent=1) + "\n",
    }


def _is_of_others(prior: Prior) -> bool:
    """Whether a prior was not trained here, and says its licence."""
    own = prior.folder is None or (prior.folder / "prior.json").is_file()
    return prior.licence is not None and not own


def _identity(request: Request, prior: Prior) -> dict[str, Any]:
    """What makes a set what it is: every parameter that is not private, weights and precision."""
    weights = {"name": prior.name, "sha256": prior.fingerprint()}
    made: dict[str, Any] = {"request": request.public(), "prior": weights}
    made["dtype"] = str(prior.dtype).removeprefix("torch.")
    if prior.compiled:  # which rounds otherwise
        made["compiled"] = True
    if any(method.place == "prior" for method in request.methods.values()):
        made |= current().about
    if private := request.private():
        # Tells two sets apart whose private options differ, and takes long to search.
        salt = json.dumps(made, sort_keys=True).encode()
        text = json.dumps(private, sort_keys=True).encode()
        made["private"] = hashlib.scrypt(text, salt=salt, n=2**14, r=8, p=1).hex()
    return made


def _guarantees(request: Request) -> dict[str, Any]:
    """What methods promise of a set, such as differential privacy, where any does."""
    made = {
        name: promised
        for name, method in request.methods.items()
        if (promised := method.guarantee()) is not None
    }
    return {"guarantees": made} if made else {}


def _claim(folder: Path, record: Mapping[str, Any], held: bool) -> None:
    """Makes sure that the folder belongs to this request, or is free; `held`: no other run's."""
    sweep(folder, alone=held)
    _sweep_begun(folder, held)
    mine = json.loads(json.dumps(record))
    for name in ("manifest.json", REQUEST):
        if (folder / name).exists():
            theirs = read_json(folder / name)
            told = {*mine, "processes", "compiled"}  # which not every set has
            if any(theirs.get(key) != mine.get(key) for key in told):
                raise Refused(
                    f"{folder} holds another set, made with other parameters, another prior, in "
                    "another precision, or compiled where this is not; choose an empty folder."
                )
            sweep(*(path for path in folder.iterdir() if path.is_dir()), alone=held)
            return
    if any(path for path in folder.iterdir()):
        raise Refused(f"{folder} is not empty and holds no distilled set; choose another folder.")
    write_whole(folder / REQUEST, json.dumps(mine, indent=1).encode())


def _sweep_begun(folder: Path, held: bool) -> None:
    """Removes what a run that was killed as it began left of the request.

    Raises:
        Refused: if it may be that of a run that begins now, where folders cannot be held.
    """
    for partial in folder.glob(f"{REQUEST}*.partial"):
        if not held:
            raise Refused(
                f"Another run begins to work in {folder}. If there is none, delete {partial}."
            )
        partial.unlink(missing_ok=True)


def _unclaim(folder: Path) -> None:
    """Gives the folder back if nothing was made, so that a better request finds it empty."""
    if not any(folder.rglob("*.png")):
        (folder / REQUEST).unlink(missing_ok=True)
        (folder / WORKERS).unlink(missing_ok=True)
        with suppress(OSError):  # it holds something else
            folder.rmdir()


def _has(folder: Path, name: str, ipc: int) -> bool:
    return all((folder / class_folder(name) / f"{k}.png").exists() for k in range(ipc))


def _write_image(path: Path, pixels: NDArray[np.uint8]) -> None:
    write_whole(path, lambda file: Image.fromarray(pixels).save(file, format="PNG"))


def _metadata(files: Sequence[str], scored: Scored, request: Request) -> str:
    labels, classes = scored.measured.labels.tolist(), scored.measured.lab.data.classes
    lines = []
    for name, label, about in zip(files, labels, scored.images, strict=True):
        line = {
            "file_name": name,
            "label": label,
            "class_name": classes[label],
            "method": request.method,
            "seed": request.seed,
            **about,
        }
        lines.append(json.dumps(line))
    return "\n".join(lines) + "\n"


def _versions() -> dict[str, str]:
    packages = ("torch", "diffusers", "numpy", "pillow")
    own = {"distiller": __version__, "python": platform.python_version()}
    return own | {p: version(p) for p in packages}
