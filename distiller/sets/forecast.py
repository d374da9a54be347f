"""Forecasts: what a run will do, and its time and memory as far as they can be known before.

Passes through the network are counted; how long one takes is measured on a short one. What is
neither counted nor measured is said to be unknown.
"""

import resource
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np
import torch

from ..data.dataset import Absent, Dataset, Split
from ..diffusion.guidance import guided
from ..diffusion.prior import Prior
from ..errors import Refused
from ..methods.d3hr import D3HR, GROUPS
from ..methods.minimax import Minimax
from ..recipes.loop import fit, seeded_noise
from .request import Request

__all__ = ["forecast"]

FEW = 4  # images in a measured pass on a processor, which has nothing of a larger batch


def forecast(request: Request, prior: Prior, data: Dataset) -> Iterator[str]:
    """Lines on the passes that a request takes, and on the time and memory of each.

    The data set may be without its images (`data.dataset.Absent`): what they decide is unknown.
    """
    yield from _refusals(request, prior)
    n = request.ipc * request.pool
    few = n if prior.device.type == "cuda" else min(n, FEW)
    each = _seconds_of_a_pass(request, prior, few) / few
    real = any(method.begins == "real" for method in request.methods.values())
    passes = request.image_steps()
    yield (
        "Sampling: none, real images are taken."
        if real
        else f"Sampling: {len(request.classes)} classes of {n} latents in {request.steps} steps "
        f"are {passes:,} image steps; one took {each:.3g} s (measured, {few} together), so about "
        f"{_span(each * passes)}."
    )
    for name, method in request.methods.items():
        if isinstance(method, Minimax) and prior.labels:
            yield _fine_tuning(method, request, prior)
        elif isinstance(method, D3HR):
            yield _inversion(method, data, request, each)
            if method.selection == "best":
                yield _groups(method, request, prior)
        elif name not in ("dit", "random"):
            yield f"What {name} adds to that, in fitting and in each step: not measured."
    yield _autoencoding(request, prior)
    yield f"Scoring: not measured. Memory: {_memory(prior)}"


def _refusals(request: Request, prior: Prior) -> Iterator[str]:
    """Whether a method would refuse to begin, tried on two random images of each class."""
    if not prior.labels:
        return
    for name, method in request.methods.items():
        events = fit({name: method}, *_noise(prior), [0])
        try:
            next(events, None)
        except Refused as refused:
            yield f"This run would be refused: {refused}"
        finally:
            events.close()


def _noise(prior: Prior) -> tuple[Prior, Dataset]:
    """The prior, without a place to keep things in, and random images of some of its classes."""
    size, named = prior.size or 32, tuple(prior.labels)[:8]
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (2 * len(named), size, size, 3), dtype=np.uint8)
    split = Split(pixels, np.repeat(np.arange(len(named)), 2))
    return replace(prior, folder=None), Dataset("noise", named, split, split)


def _fine_tuning(method: Minimax, request: Request, prior: Prior) -> str:
    """The shortest of three steps on random images after a first, with the run's batch."""
    times = []
    trial = replace(method, steps=4, images=2, chunk=0)
    for event in fit({"minimax": trial}, *_noise(prior), [0]):
        if event.stage == "minimax":
            _wait(prior)
            times.append(time.perf_counter())
    step = min(later - before for before, later in pairwise(times))
    fits = len({label // method.chunk if method.chunk else 0 for label in request.classes})
    return (
        f"Fine-tuning: {fits} fit{'s' * (fits > 1)} of {method.steps:,} steps; one took "
        f"{step:.3g} s (measured), so about {_span(step * method.steps * fits)}, unless they were "
        "made before."
    )


def _groups(method: D3HR, request: Request, prior: Prior) -> str:
    """One batch of the groups that are compared."""
    std = torch.ones(prior.latent_shape, device=prior.device if method.drawn == "device" else "cpu")
    some = replace(method, candidates=min(GROUPS, method.candidates))
    took = _timed(prior, lambda: some.draw_group(prior.latent_shape, std, request.ipc, 0, 0))
    all_of_them = took / some.candidates * method.candidates * len(request.classes)
    return (
        f"Groups: {method.candidates:,} a class are compared; {some.candidates} took {took:.3g} s "
        f"(measured), so about {_span(all_of_them)} in all."
    )


def _autoencoding(request: Request, prior: Prior) -> str:
    """One image there and back."""
    size = prior.size or 32
    image, z = (torch.zeros(1, *shape) for shape in ((3, size, size), prior.latent_shape))
    there = _timed(prior, lambda: prior.encode(image.to(prior.device)))
    back = _timed(prior, lambda: prior.decode(z.to(prior.device)))
    made = request.ipc * len(request.classes)
    return (
        f"Decoding: {made:,} images; one took {back:.3g} s, and encoding a real one {there:.3g} s "
        "(measured)."
    )


def _inversion(method: D3HR, data: Dataset, request: Request, each: float) -> str:
    if isinstance(data.train, Absent):
        return "Inversion: the real images are not here, so their number is not known."
    images = sum(min(method.images, len(data.train.of(label))) for label in request.classes)
    passes = images * (method.inversion_steps - 1)
    return (
        f"Inversion: {images:,} images in {method.inversion_steps - 1} steps are {passes:,} image "
        f"steps, by the same measure about {_span(each * passes)}, unless they were made before."
    )


@torch.no_grad()
def _seconds_of_a_pass(request: Request, prior: Prior, n: int) -> float:
    """One step of sampling without a method, after one that is not counted."""
    scale = prior.cfg_scale if request.cfg_scale is None else request.cfg_scale
    denoiser = guided(prior.denoiser(0, scale), (), prior.schedule)
    x = seeded_noise(prior.latent_shape, 0, 0, n).to(prior.device)
    t = prior.schedule.T // 2
    return _timed(prior, lambda: denoiser(x, t))


def _timed(prior: Prior, run: Callable[[], object]) -> float:
    run()
    _wait(prior)
    began = time.perf_counter()
    run()
    _wait(prior)
    return time.perf_counter() - began


def _wait(prior: Prior) -> None:
    if prior.device.type == "cuda":
        torch.cuda.synchronize(prior.device)


def _memory(prior: Prior) -> str:
    if prior.device.type == "cuda":
        most = torch.cuda.max_memory_allocated(prior.device)
        return f"{most / 2**30:.2f} GiB of the GPU at most in what was measured."
    unit = 1 if sys.platform == "darwin" else 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    return f"this process held {most / 2**30:.2f} GiB at most in what was measured."


def _span(seconds: float) -> str:
    """A time in the unit that one would say it in."""
    for unit, size in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} seconds"
