"""The catalogue: the data sets that a visitor may choose, and what is shown of one before a run."""

import base64
import json
from dataclasses import fields
from functools import cache
from typing import Any, get_args

from distiller.data.dataset import Absent
from distiller.data.models import has_models
from distiller.data.registry import DATASETS
from distiller.errors import Refused
from distiller.lab import forget_labs, open_images
from distiller.limits import choice, whole
from distiller.machine.assets import ASSETS
from distiller.methods import METHODS, excluded
from distiller.recipes.recipe import Group, Method
from distiller.scores.reference import Reference, load_reference
from distiller.training.shipment import CHOICES, Choices

from . import payloads
from .draw import figures
from .draw.preview import class_pictures, data_uri
from .settings import ALONE, RUN, THUMBNAILS

__all__ = [
    "about", "chooser_of", "first_run", "forget_models", "map_of", "method_groups",
    "ordered_methods", "places", "real_images", "reference_of", "thumbnails", "titles",
    "usual_steps",
]  # fmt: skip


def titles() -> list[tuple[str, str]]:
    """Title and name of each data set whose models are on this machine."""
    return [(source.title, name) for name, source in DATASETS.items() if has_models(name)]


@cache
def reference_of(name: str) -> Reference:
    """The reference of a data set, read once.

    Raises:
        Refused: if it has none on this machine.
    """
    return load_reference(name)


def usual_steps(dataset: str) -> int:
    """The steps that comparisons and sweeps of a data set begin with, as its studies have them."""
    return CHOICES.get(dataset, Choices()).steps or RUN.steps


def ordered_methods() -> list[str]:
    """The methods as they are offered: group by group, the baselines first."""
    groups = get_args(Group)
    return sorted(METHODS, key=lambda name: (groups.index(METHODS[name].group), name))


def about(method: type[Method]) -> str:
    """What a method does in a sentence, and in how many steps if in no fewer."""
    sentence = (method.__doc__ or "").strip().partition("\n\n")[0]
    needs = method.fewest_steps
    return f"{sentence} It needs {needs} steps." if needs > 1 else sentence


def method_groups() -> payloads.MethodGroups:
    """The methods in their groups: what each does, and what it excludes."""
    groups: dict[str, list[payloads.MethodWords]] = {}
    for name in ordered_methods():
        method = METHODS[name]
        sampled = [other for other in excluded(name) if METHODS[other].place != "subset"]
        words: payloads.MethodWords = {
            "title": method.title,
            "about": about(method),
            "excludes": [METHODS[other].title for other in sampled],
            "alone": name in ALONE,
            "acts": method.place or ("guidance" if fields(method) else None),  # DiT changes nothing
        }
        groups.setdefault(method.group, []).append(words)
    return {"groups": [{"title": title, "methods": each} for title, each in groups.items()]}


def chooser_of(dataset: str, label: int) -> payloads.Classes:
    """The classes of a data set to choose from, and the one that is chosen."""
    return {"names": DATASETS[dataset].classes, "sheet": thumbnails(dataset), "label": label}


@cache
def thumbnails(dataset: str) -> str | None:
    """One picture of each class, side by side; none of very many classes."""
    path = ASSETS / "classes" / f"{dataset}.png"
    if not path.is_file():
        few = DATASETS[dataset].here() and len(DATASETS[dataset].classes) <= THUMBNAILS
        return data_uri(class_pictures(open_images(dataset))) if few else None
    return "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode()


def map_of(dataset: str, label: int) -> payloads.Places:
    """The real images of a data set as points, one class in front."""
    return figures.map_of(DATASETS[dataset], dataset, reference_of(dataset), label)


def places(asked: Any) -> payloads.Places:
    """The real images of [data set, class] as points.

    Raises:
        Refused: if there is no such class.
    """
    if not isinstance(asked, list) or len(asked) != 2:
        raise Refused("A data set and a class are needed.")
    dataset = choice("data set", asked[0], DATASETS)
    return map_of(dataset, whole("class", asked[1], 0, len(DATASETS[dataset].classes) - 1))


@cache
def first_run(dataset: str) -> payloads.Run | None:
    """The shipped run of a data set, shown before any click, read once; none of most data sets.

    It is the same for everybody: nobody may change it.
    """
    path = ASSETS / "first" / f"{dataset}.json"
    run: payloads.Run | None = json.loads(path.read_text()) if path.is_file() else None
    return run


def real_images(asked: Any) -> list[str | None]:
    """Real training images, as data URIs, for the map: of [data set, points].

    None stands for each where the images are not on this machine. Of the points only the first
    `THUMBNAILS` are looked at.

    Raises:
        Refused: if a data set or a point is unknown, or something else was sent.
    """
    if not isinstance(asked, list) or len(asked) != 2 or not isinstance(asked[1], list):
        raise Refused("A data set and a list of rows are needed.")
    dataset, rows = choice("data set", asked[0], DATASETS), asked[1][:THUMBNAILS]
    points = reference_of(dataset).rows
    chosen = [points[whole("image", row, 0, len(points) - 1)] for row in rows]
    train = open_images(dataset).train
    if isinstance(train, Absent):
        return [None] * len(chosen)
    return [data_uri(train.images[row]) for row in chosen]


def forget_models() -> None:
    """Reads models, references and class pictures anew from now on: a training changes them."""
    forget_labs()
    reference_of.cache_clear()
    thumbnails.cache_clear()
