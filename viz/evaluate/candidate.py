"""Candidates: distilled sets to evaluate, made on the page, shipped with it, or uploaded."""

import hashlib
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from distiller.data.registry import DATASETS
from distiller.errors import Refused
from distiller.evaluation.classifier import LabelledSet
from distiller.event import Event
from distiller.lab import Lab
from distiller.machine.assets import ASSETS
from distiller.methods import METHODS
from distiller.recipes.loop import draw, fit
from distiller.sets.request import Request
from distiller.sets.upload import LIMITS, Uploaded, read_upload

from ..settings import COMPLETION

__all__ = ["Candidate", "Shelf", "complete", "shipped_set"]

SETS = ASSETS / "sets"
KEPT = 8  # candidates on a shelf
PIXELS = 16_000_000  # of all images on a shelf, together


@dataclass(frozen=True, eq=False)
class Candidate:
    """A distilled set. One that was made on the page grows, class by class."""

    name: str
    dataset: str
    images: dict[int, NDArray[np.uint8]]  # by label, (n, h, w, 3) each
    request: Request | None = None  # how it is made, where that is known
    weights: Mapping[int, NDArray[np.float64]] = field(default_factory=dict)  # by label, (n,)
    made_here: bool = False  # so that missing classes can be made
    notes: tuple[str, ...] = ()  # what an uploaded set left out, and what is doubtful of it
    prior: str = ""  # the fingerprint of the prior that made it, where that is known

    @classmethod
    def of_upload(cls, name: str, dataset: str, uploaded: Uploaded) -> "Candidate":
        """An uploaded or shipped set; its classes are those it has."""
        found = uploaded.found
        rows = {int(k): np.flatnonzero(found.labels == k) for k in np.unique(found.labels)}
        weights = {} if (w := found.weights) is None else {k: w[r] for k, r in rows.items()}
        images = {k: found.images[r] for k, r in rows.items()}
        return cls(name, dataset, images, uploaded.request, weights, notes=found.notes)

    @property
    def pixels(self) -> int:
        """How many pixels its images have."""
        return sum(x.shape[0] * x.shape[1] * x.shape[2] for x in self.images.values())

    def missing(self) -> list[int]:
        """The labels of the classes that are to be made before it can be evaluated."""
        every = range(len(DATASETS[self.dataset].classes)) if self.made_here else ()
        return [label for label in every if label not in self.images]

    def title(self) -> str:
        """Its name, and what is missing."""
        count = len(DATASETS[self.dataset].classes)
        made = f" · {len(self.images)} of {count} classes, the rest is made first"
        return self.name + made * bool(self.missing())

    def link(self) -> dict[str, str] | None:
        """The parameters of a link to it, if it can be made again: to the first of its classes."""
        if self.request is None:
            return None
        return replace(self.request, classes=(min(self.images),)).query()

    def digest(self) -> str:
        """What tells it from another set of the same name."""
        content = hashlib.sha256()
        for label in sorted(self.images):
            content.update(f"{label}{self.images[label].shape}".encode())
            content.update(np.ascontiguousarray(self.images[label]).tobytes())
            if label in self.weights:
                content.update(np.ascontiguousarray(self.weights[label]).tobytes())
        return content.hexdigest()[:16]

    def labelled(self, classes: tuple[int, ...]) -> LabelledSet:
        """The set to train on; labels are places in `classes`."""
        parts = [self.images[label] for label in classes]
        labels = np.concatenate([np.full(len(x), k) for k, x in enumerate(parts)])
        weights = [self.weights[label] for label in classes] if self.weights else None
        return LabelledSet(
            np.concatenate(parts), labels, None if weights is None else np.concatenate(weights)
        )


def complete(candidate: Candidate, lab: Lab) -> Generator[Event, None, None]:
    """Makes the classes that are missing, each kept as soon as it is there.

    Raises:
        Refused: if that would take too many steps.
    """
    labels, request = candidate.missing(), candidate.request
    if not labels or request is None:
        return
    cost = request.image_steps(len(labels))
    if cost > COMPLETION:
        raise Refused(
            f"{candidate.name}: the {len(labels)} classes that are missing take {cost:,} image "
            f"steps; at most {COMPLETION:,} are made here. Make the set with `python -m distiller "
            "distill` and upload it."
        )
    recipe = yield from fit(request.methods, lab.prior, lab.data, labels)
    for label in labels:
        part = yield from draw(recipe, lab.prior, lab.data, label, request.settings)
        candidate.images[label] = part.images


class Shelf:
    """The candidates of one visitor; the oldest make way for new ones."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], Candidate] = {}  # by data set and name

    def of(self, dataset: str) -> dict[str, Candidate]:
        """Those of a data set by name: the shipped one first, then the newest."""
        shipped = shipped_set(dataset)
        own = [c for c in reversed(self.kept.values()) if c.dataset == dataset]
        return {c.name: c for c in (*([] if shipped is None else [shipped]), *own)}

    def put_run(
        self,
        request: Request,
        made: Mapping[int, NDArray[np.uint8]],
        prior: str,
        *,
        repeatable: bool,
    ) -> str:
        """Adds the images of a run, by label, to the set that its settings make, with a prior.

        Returns the name of that set.

        Of a run that its settings alone do not repeat, because a dial was moved, the settings are
        kept and the images are not: the classes of a set are made alike. So a run with another
        prior, or with something private that is another, begins the set anew.
        """
        key = request.dataset, describe(request)
        old = self.kept.pop(key, None)
        images = old.images if old is not None and _alike(old, request, prior) else {}
        if repeatable:
            images |= made
        self._put(Candidate(key[1], key[0], images, request, made_here=True, prior=prior))
        return key[1]

    def put_upload(self, path: Path, dataset: str) -> str:
        """Reads an uploaded set, and returns the name it is kept under.

        Raises:
            Refused: saying what is wrong with it.
        """
        uploaded = read_upload(path, dataset)
        stem = "".join(c for c in path.stem if c.isalnum() or c in " +-_.,")[:40].strip() or "set"
        names = (f"upload {stem}", *(f"upload {stem} ({k})" for k in range(2, KEPT + 3)))
        name = next(name for name in names if (dataset, name) not in self.kept)
        self._put(Candidate.of_upload(name, dataset, uploaded))
        return name

    def _put(self, candidate: Candidate) -> None:
        self.kept[candidate.dataset, candidate.name] = candidate
        while len(self.kept) > KEPT or sum(c.pixels for c in self.kept.values()) > PIXELS:
            if len(self.kept) == 1:
                break
            del self.kept[next(iter(self.kept))]


def _alike(old: Candidate, request: Request, prior: str) -> bool:
    """Whether a run of the same name makes what the set has already, but for its classes."""
    known = old.request is not None and replace(old.request, classes=request.classes) == request
    return known and old.prior == prior


def describe(request: Request) -> str:
    """What makes the sets of two requests differ, but for their classes, in words."""
    titles = " + ".join(METHODS[name].title for name in request.method.split("+"))
    words = [titles, f"{request.ipc} a class", f"{request.steps} steps"]
    if request.cfg_scale is not None:
        words.append(f"CFG {request.cfg_scale:g}")
    words.append(f"seed {request.seed}")
    query = request.query()
    if "cfg_between" in query:
        words.append(f"CFG in {query['cfg_between']}")
    words += [f"{k.partition('.')[2].replace('_', ' ')} {v}" for k, v in query.items() if "." in k]
    return " · ".join([*words, *([query["sampler"]] if request.sampler != Request.sampler else [])])


@cache
def shipped_set(dataset: str) -> Candidate | None:
    """The set that ships with a data set, if any."""
    path = SETS / f"{dataset}.zip"
    if not path.is_file():
        return None
    uploaded = read_upload(path, dataset, LIMITS)
    about = "" if uploaded.request is None else f": {describe(uploaded.request)}"
    return Candidate.of_upload(f"shipped{about}", dataset, uploaded)
