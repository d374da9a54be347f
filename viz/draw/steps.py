"""Exploring: one class is distilled, and every step of it becomes a value to show."""

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from distiller.data.dataset import Absent
from distiller.data.registry import DATASETS
from distiller.event import Event, Left, Pace, translated
from distiller.image import to_tensor
from distiller.lab import Lab
from distiller.methods import METHODS
from distiller.recipes.loop import Distilled, Settings, draw, fit
from distiller.recipes.recipe import Recipe, live_knobs, with_dials
from distiller.sets.measured import Measured, measure_set
from distiller.sets.request import Request

from .. import payloads
from . import figures
from .preview import fit_linear_decoder

__all__ = ["Explored", "Glimpse", "explore", "glimpse_of", "shown_result"]

FRAMES = 11  # of a film, before the finished image
PAUSE = 0.04  # seconds between two shown steps, at least


Glimpse = Callable[[Tensor], NDArray[np.uint8]]
"""Maps latents to blurred pixels, at once."""
_GLIMPSES: WeakKeyDictionary[Lab, Glimpse] = WeakKeyDictionary()
_FITTING = Lock()


def glimpse_of(lab: Lab) -> Glimpse:
    """The glimpse of a lab, fitted once; threads wait in line."""
    with _FITTING:
        if lab not in _GLIMPSES:
            _GLIMPSES[lab] = _fit_glimpse(lab)
        return _GLIMPSES[lab]


def _fit_glimpse(lab: Lab) -> Glimpse:
    train, prior = lab.data.train, lab.prior
    if isinstance(train, Absent):  # what the autoencoder makes of known latents stands for them
        latents = lab.reference.latents(48).reshape(-1, *prior.latent_shape)
        return fit_linear_decoder(latents, prior.decode(latents.to(prior.device)).cpu())
    rows = np.linspace(0, len(train.images) - 1, 48).astype(int)
    images = to_tensor(train.images[rows])
    return fit_linear_decoder(prior.encode(images).cpu(), images)


@dataclass(frozen=True, eq=False)
class Explored:
    """A finished run of one class."""

    request: Request  # with the dials as they stood at the end
    distilled: Distilled
    measured: Measured
    film: Sequence[NDArray[np.uint8]]  # glimpses (ipc, h, w, 3) of some steps
    trail: Sequence[Tensor]  # projected latents (ipc, k) of the same steps
    seconds: float
    first: float  # seconds until the first of them was shown; 0 if none was
    moved: bool  # whether a dial was moved: then the request alone does not repeat it


def explore(
    lab: Lab,
    request: Request,
    recipes: dict[Any, Recipe],
    dials: Mapping[str, float],
    clock: Callable[[], float] = time.monotonic,
    lent: Generator[Event, None, Distilled] | None = None,
) -> Generator[payloads.Step, None, Explored]:
    """Distils the first class of a request, yielding steps to show, last the finished images.

    `recipes` keeps what was fitted last, so that turning a dial fits nothing again. `clock` tells
    the seconds of its service. `lent` fits and samples elsewhere, on a GPU that is lent.
    """
    began_with, began, glimpse = dict(dials), clock(), glimpse_of(lab)
    label, keep = request.classes[0], _frames(request.steps)
    film, trail, first = list[NDArray[np.uint8]](), list[Tensor](), 0.0
    steps = lent
    if steps is None:
        recipe = yield from _fitted(lab, request, recipes, dials, label)
        steps = draw(recipe, lab.prior, lab.data, label, _dialled(request, dials))
    left = Left(clock)

    def note(event: Event) -> bool:
        left.see(event)
        if event.x0 is not None and event.i in keep:
            x0 = event.x0[: request.ipc]
            film.append(glimpse(x0))
            trail.append(lab.reference.project(x0))
        return False

    def frame(event: Event) -> payloads.Step:
        nonlocal first
        if event.x0 is None:  # what comes before sampling, or after
            return figures.waiting(event, request.ipc, left.seconds)
        first = first or clock() - began
        x0 = event.x0[: request.ipc]
        pixels = film[-1] if event.i in keep else glimpse(x0)
        z = trail[-1] if event.i in keep else lab.reference.project(x0)
        return figures.frame(pixels, z, lab.reference, label, event.i + 1, event.n)

    distilled = yield from translated(steps, frame, Pace(PAUSE), note)
    seconds = clock() - began
    yield figures.made(distilled, lab.reference, label, request.steps)
    measured = measure_set(distilled.images, distilled.labels, lab)
    moved = dict(dials) != began_with
    asked = _turned(request, dials)
    return Explored(asked, distilled, measured, film, trail, seconds, first, moved)


def shown_result(made: Explored) -> payloads.Run:
    """All that is shown of a finished run."""
    request, lab = made.request, made.measured.lab
    status = [_pace(request, made.seconds, made.first), _how(request)]
    if isinstance(lab.data.train, Absent):
        status.append(f"real images of {DATASETS[lab.name].title} are not on this machine")
    if licence := DATASETS[lab.name].licence:
        status.append(f"the prior {lab.prior.name} is under the licence {licence}")
    if made.moved:
        status.append("a dial was moved during this run: its settings alone do not repeat it")
    return figures.result(
        made.distilled,
        made.measured,
        made.film,
        made.trail,
        status=status,
        query=request.query(),
        moved=made.moved,
    )


def _dialled(request: Request, dials: Mapping[str, float]) -> Settings:
    """The settings of a request, whose class guidance is read at each step."""
    usual, cfg_scale = request.cfg_scale, None
    if usual is not None:
        cfg_scale = lambda: dials.get("cfg_scale", usual)  # noqa: E731
    return replace(request.settings, cfg_scale=cfg_scale)


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
) -> Generator[payloads.Step, None, Recipe]:
    live = live_knobs(METHODS)
    fixed = tuple(sorted((k, v) for k, v in request.options.items() if k not in live))
    key = (lab, label, request.method, fixed)
    if key not in recipes:
        events = fit(with_dials(request.methods, dials), lab.prior, lab.data, [label])
        pace, left = Pace(PAUSE), Left()
        pace.mark()  # what is fitted at once is not shown

        def note(event: Event) -> bool:
            left.see(event)
            return False

        def words(event: Event) -> payloads.Step:
            return figures.waiting(event, request.ipc, left.seconds)

        recipe = yield from translated(events, words, pace, note)
        recipes.clear()
        recipes[key] = recipe
    return recipes[key]


def _frames(steps: int) -> set[int]:
    """The steps that a film shows: the first, the last but one, evenly between."""
    return set(np.linspace(0, steps - 1, min(FRAMES, steps)).round().astype(int).tolist())


def _pace(request: Request, seconds: float, first: float) -> str:
    if not first:
        return "real images: nothing was sampled"
    return f"{request.steps} steps · {seconds:.1f} s · first preview {first:.1f} s"


def _how(request: Request) -> str:
    live = live_knobs(METHODS)
    turned = [f"{k.partition('.')[2]} {v:g}" for k, v in request.options.items() if k in live]
    cfg = [] if request.cfg_scale is None else [f"CFG {request.cfg_scale:g}"]
    return " · ".join([f"seed {request.seed}", request.method.replace("+", " + "), *cfg, *turned])
