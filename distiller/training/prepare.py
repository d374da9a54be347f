"""A data set for a prior that exists already, such as DiT-XL/2: a folder that can be distilled.

    DIR/prepare.json    which data set, size and prior; first
    DIR/pictures/       the pictures at the prior's size, as arrays
    DIR/latents/        their latents in half precision, a file with a checksum for each class
    DIR/judge/          the classifier
    DIR/reference.npz   the real pictures as points, with their maps
    DIR/dataset.json    last: what looks whole is whole

The prior stays where it is, a folder or in the Hub's cache. That it fits is told first, from its
small files. Each part is made once; stopped anywhere, the same call goes on.
"""

import json
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from ..data.dataset import Absent, Dataset
from ..data.registry import DATASETS
from ..data.sized import load_at
from ..diffusion.outline import Outline, check_match, read_outline
from ..diffusion.prior import Prior, load_prior, source_of
from ..errors import Refused
from ..event import Event
from ..limits import choice
from ..machine.disk import sweep, write_whole
from ..machine.hub import fetch, split_id
from ..machine.json_file import read_json
from ..machine.lock import alone
from ..recipes.cache import load_latents
from ..recipes.loop import BATCH, real_latents
from ..scores.reference import Reference, build_reference, save_reference
from .own import trained_judge

__all__ = ["MAP", "WEIGHTS", "Preparation", "plan_preparation", "prepare"]

PIECE = 4 * BATCH  # images that are encoded between two writes
RECORD = "prepare.json"
WEIGHTS = "weights"
"""The stage from which on the device is used: before it all is fetched and decoded."""
MAP = "map"
"""The stage from which on it is not."""


@dataclass(frozen=True)
class Preparation:
    """What is prepared: a data set at a size, for a prior whose outline fits."""

    dataset: str
    size: int
    prior: str  # a folder, or a Hub id with its revision
    outline: Outline

    def record(self) -> dict[str, Any]:
        """What tells this preparation from another in the same folder."""
        return {"dataset": self.dataset, "size": self.size, "prior": self.prior}


def plan_preparation(dataset: str, size: int | None, prior: str) -> Preparation:
    """Looks at a prior's small files alone, and whether the data set fits at that size.

    Without a size it is the prior's own.

    Raises:
        Refused: if there is no such data set or prior, or they do not belong together.
    """
    source = DATASETS[choice("data set", dataset, DATASETS)]
    given = source_of(prior)
    folder = fetch(given, configs=True)
    outline = read_outline(folder, given)
    size = size or outline.size or source.size
    split = Absent(size, "The images are not read yet.")
    data = Dataset(dataset, source.classes, split, split, source.modes, source.wnids)
    remedy = f"Ask for --size {outline.size}, or choose a prior of {size} pixels."
    check_match(outline, data, range(len(data.classes)), remedy)
    pinned = str(folder.resolve())
    if folder.parent.name == "snapshots":  # of the Hub's cache, named after the revision
        pinned = f"{split_id(given)[0]}@{folder.name}"
    return Preparation(dataset, size, pinned, outline)


def prepare(
    plan: Preparation,
    out: Path,
    device: torch.device,
    dtype: str = "auto",
    mapped: Callable[[Reference], Reference] = lambda reference: reference,
) -> Generator[Event, None, str]:
    """Makes what a plan says in `out`, and returns the data set's name; `mapped` adds maps.

    Raises:
        Refused: if the images cannot be had, `out` holds something else or has a name that is
            taken, another run works in it, or it cannot be written.
    """
    name = out.resolve().name
    if not name or (name in DATASETS and DATASETS[name].folder != out.resolve()):
        raise Refused(f"There is a data set {name!r} already; give the folder another name.")
    try:
        with alone(out) as held:
            sweep(out, alone=held)
            _claim(plan, out)
            fetch(plan.prior)  # whatever may fail for want of a network fails first
            data = yield from load_at(plan.dataset, plan.size, out / "pictures")
            yield Event(WEIGHTS, 0, 1)
            prior = load_prior(plan.prior, str(device), dtype)
            check_match(prior, data, range(len(data.classes)))
            data = replace(data, latents=out / "latents")
            yield from _encoded(prior, data)
            judge = yield from trained_judge(data, out / "judge", out / ".training")
            if not (out / "reference.npz").is_file():
                made = yield from build_reference(
                    data, prior, judge, encoded=_of_class(prior, data)
                )
                yield Event(MAP, 0, 1)
                save_reference(mapped(made), out / "reference.npz")
            _describe(plan, data, out)
    except OSError as error:
        raise Refused(
            f"{error.filename or out} could not be written ({error.strerror or error}); the same "
            "command goes on from what is there."
        ) from error
    return DATASETS.add(out)


def _claim(plan: Preparation, out: Path) -> None:
    """Makes sure that the folder is of this plan, or free.

    Raises:
        Refused: if it is not.
    """
    if (out / RECORD).is_file():
        theirs = read_json(out / RECORD, f"Delete {out} to begin anew.")
        if theirs != plan.record():
            raise Refused(
                f"{out} was begun for {theirs.get('dataset')} at {theirs.get('size')} pixels and "
                f"the prior {theirs.get('prior')}, and {plan.dataset} at {plan.size} and "
                f"{plan.prior} were asked for; choose another folder."
            )
        return
    if any(out.iterdir()):
        raise Refused(f"{out} is not empty and holds nothing prepared; choose another folder.")
    write_whole(out / RECORD, (json.dumps(plan.record(), indent=1) + "\n").encode())


def _encoded(prior: Prior, data: Dataset) -> Generator[Event, None, None]:
    """Encodes and keeps the latents of all training images, a piece of a class at a time.

    Raises:
        Refused: if they could not be kept.
    """
    done, total = 0, len(data.train.labels)
    for label in range(len(data.classes)):
        n = len(data.train.of(label))
        kept = load_latents(prior, data, label)
        for upto in range(0 if kept is None else len(kept), n, PIECE):
            real_latents(prior, data, label, min(upto + PIECE, n))
            yield Event("encode", done + min(upto + PIECE, n) - 1, total)
        done += n
        if kept is not None and len(kept) == n:
            yield Event("encode", done - 1, total)
            continue
        kept = load_latents(prior, data, label)
        if kept is None or len(kept) < n:
            raise Refused(
                f"The latents of {data.classes[label]!r} could not be kept in {data.latents}; see "
                "that the disk has room and can be written, and the same command goes on."
            )


def _of_class(prior: Prior, data: Dataset) -> Callable[[int], torch.Tensor]:
    """From a label to the latents of all its training images, in their order."""
    return lambda label: real_latents(prior, data, label, len(data.train.of(label))).cpu()


def _describe(plan: Preparation, data: Dataset, out: Path) -> None:
    n = len(data.train.labels) + len(data.test.labels)
    licence = plan.outline.licence
    about = {
        "about": f"{DATASETS[plan.dataset].title}: {n:,} pictures of {len(data.classes)} classes, "
        f"at {plan.size} x {plan.size}, for the prior {plan.outline.name}, whose licence is "
        f"{licence or 'not said'}",
        "classes": data.classes,
        "size": plan.size,
        "wnids": data.wnids,
        "prior": plan.prior,
        "licence": licence,
    }
    text = json.dumps(about, indent=1, ensure_ascii=False) + "\n"
    write_whole(out / "dataset.json", text.encode())
