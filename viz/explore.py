"""Exploring: one class is distilled, and every step of it becomes a value to show."""

import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from distiller.data.dataset import Dataset
from distiller.data.registry import DATASETS, load_here
from distiller.diffusion.guidance import Dial
from distiller.diffusion.prior import Prior, load_prior
from distiller.event import Event
from distiller.image import to_tensor
from distiller.methods import METHODS
from distiller.recipes.loop import Distilled, draw, fit
from distiller.recipes.recipe import Method, Recipe
from distiller.scores.judge import Judge, load_judge
from distiller.scores.reference import Reference, load_reference
from distiller.sets.request import Request

from . import figures
from .preview import fit_linear_decoder

__all__ = ["Lab", "discrepancies_of", "explore", "forget_labs", "open_lab", "with_dials"]

FRAMES = 11  # of a film, before the finished image
_LOADING = Lock()
PAUSE = 0.04  # seconds between two shown steps, at least


@dataclass(frozen=True, eq=False)
class Lab:
    """All that exploring a data set needs."""

    name: str
    data: Dataset
    prior: Prior
    reference: Reference
    judge: Judge
    glimpse: Callable[[Tensor], NDArray[np.uint8]]  # latents to blurred pixels, at once


def open_lab(name: str, device: str = "auto") -> Lab:
    """Loads a data set, its prior, its reference and its judge, once; threads wait in line."""
    with _LOADING:
        return _load(name, device)


def forget_labs() -> None:
    """Has what was loaded loaded anew: a prior of one's own may have been trained further."""
    with _LOADING:
        _load.cache_clear()


@cache
def _load(name: str, device: str) -> Lab:
    prior, reference, judge = load_prior(name, device), load_reference(name), load_judge(name)
    data = load_here(name)
    if DATASETS[name].here():
        rows = np.linspace(0, len(data.train.images) - 1, 48).astype(int)
        images = to_tensor(data.train.images[rows])
        latents = prior.encode(images).cpu()
    else:  # what the autoencoder makes of real images' latents stands for them
        latents = reference.latents(48).reshape(-1, *prior.latent_shape)
        images = prior.decode(latents.to(prior.device)).cpu()
    glimpse = fit_linear_decoder(latents, images)
    return Lab(name, data, prior, reference, judge, glimpse)


def with_dials(methods: Mapping[str, Method], dials: Mapping[str, float]) -> dict[str, Method]:
    """The methods with every live hyperparameter read from `dials` at each step."""

    def dial(key: str, default: float) -> Dial:
        return lambda: dials.get(key, default)

    return {
        name: replace(
            method,
            **{
                f.name: dial(f"{name}.{f.name}", getattr(method, f.name))
                for f in fields(method)
                if f.metadata["live"]
            },
        )
        for name, method in methods.items()
    }


Exploring = Generator[dict[str, Any], None, tuple[dict[str, Any], Distilled, Request]]


def explore(
    lab: Lab, request: Request, recipes: dict[Any, Recipe], dials: Mapping[str, float]
) -> Exploring:
    """Distils the first class of a request, yielding steps to show.

    Returns what to show of the result, the set, and the request with the dials as they stood
    at the end. `recipes` keeps what was fitted last, so that turning a dial fits nothing again.
    """
    began_with = dict(dials)
    began, first, film = time.monotonic(), 0.0, list[NDArray[np.uint8]]()
    label = request.classes[0]
    recipe = yield from _fitted(lab, request, recipes, dials, label)
    cfg_scale: Dial | None = None
    if request.cfg_scale is not None:
        cfg_scale = lambda: dials.get("cfg_scale", request.cfg_scale)  # noqa: E731
    steps = draw(recipe, lab.prior, lab.data, label, replace(request.settings, cfg_scale=cfg_scale))
    shown, keep = 0.0, _frames(request.steps)
    try:
        while True:
            event = next(steps)
            assert event.x0 is not None
            due = time.monotonic() - shown > PAUSE
            if due or event.i in keep:
                pixels = lab.glimpse(event.x0[: request.ipc])
                if event.i in keep:
                    film.append(pixels)
            if due:
                first = first or time.monotonic() - began
                shown = time.monotonic()
                z = lab.reference.project(event.x0[: request.ipc])
                yield figures.frame(pixels, z, lab.reference, label, event.i + 1, event.n)
    except StopIteration as stop:
        distilled: Distilled = stop.value
    finally:
        steps.close()
    seconds = time.monotonic() - began
    verdict = lab.judge.judge(distilled.images)
    # Encoded anew: so the page shows the scores that `score` finds for the saved images.
    z = lab.reference.project(lab.prior.encode(to_tensor(distilled.images)))
    shown_result = figures.result(distilled, z, label, lab.data, lab.reference, verdict, film)
    done = _turned(request, dials)
    status = [_pace(request, seconds, first), _how(done)]
    if not DATASETS[lab.name].here():
        status.append(f"real images of {DATASETS[lab.name].title} are not on this machine")
    moved = dict(dials) != began_with
    if moved:
        status.append("a dial was moved during this run: its settings alone do not repeat it")
    shown_result |= {
        "dataset": lab.name,
        "title": f"{request.ipc} images for {lab.reference.total(label):,}",
        "status": status,
        "query": done.query(),
        "moved": moved,
    }
    return shown_result, distilled, done


def discrepancies_of(lab: Lab, distilled: Distilled) -> list[dict[str, Any]]:
    """Every discrepancy of a set of one class from the class, as lines to show."""
    z = lab.reference.project(lab.prior.encode(to_tensor(distilled.images)))
    features = lab.judge.judge(distilled.images).features
    return figures.discrepancy_lines(z, features, int(distilled.labels[0]), lab.reference)


def _turned(request: Request, dials: Mapping[str, float]) -> Request:
    """The request with its live values as the dials have them."""
    options = {key: dials.get(key, value) for key, value in request.options.items()}
    cfg_scale = request.cfg_scale
    if cfg_scale is not None:
        cfg_scale = dials.get("cfg_scale", cfg_scale)
    return replace(request, options=options, cfg_scale=cfg_scale)


def _fitted(
    lab: Lab,
    request: Request,
    recipes: dict[Any, Recipe],
    dials: Mapping[str, float],
    label: int,
) -> Generator[dict[str, Any], None, Recipe]:
    live = {f"{n}.{f.name}" for n, m in METHODS.items() for f in fields(m) if f.metadata["live"]}
    fixed = tuple(sorted((k, v) for k, v in request.options.items() if k not in live))
    key = (lab, label, request.method, fixed)
    if key not in recipes:
        events = fit(with_dials(request.methods, dials), lab.prior, lab.data, [label])
        recipe = yield from _preparing(events, request)
        recipes.clear()
        recipes[key] = recipe
    return recipes[key]


def _preparing(
    events: Generator[Event, None, Recipe], request: Request
) -> Generator[dict[str, Any], None, Recipe]:
    shown = time.monotonic()
    try:
        while True:
            event = next(events)
            if time.monotonic() - shown > PAUSE:
                shown = time.monotonic()
                yield figures.waiting(event, request.ipc)
    except StopIteration as stop:
        recipe: Recipe = stop.value
        return recipe
    finally:
        events.close()


def _frames(steps: int) -> set[int]:
    """The steps that a film shows: the first, the last but one, evenly between."""
    return set(np.linspace(0, steps - 1, min(FRAMES, steps)).round().astype(int).tolist())


def _pace(request: Request, seconds: float, first: float) -> str:
    if not first:
        return "real images: nothing was sampled"
    return f"{request.steps} steps · {seconds:.1f} s · first preview {first:.1f} s"


def _how(request: Request) -> str:
    live = {f"{n}.{f.name}" for n, m in METHODS.items() for f in fields(m) if f.metadata["live"]}
    turned = [f"{k.partition('.')[2]} {v:g}" for k, v in request.options.items() if k in live]
    cfg = [] if request.cfg_scale is None else [f"CFG {request.cfg_scale:g}"]
    return " · ".join([f"seed {request.seed}", request.method.replace("+", " + "), *cfg, *turned])
