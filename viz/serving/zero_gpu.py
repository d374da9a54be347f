"""ZeroGPU: the GPU of a Space that is lent for seconds, to a process that is forked for them.

On such a Space, and only there, SPACES_ZERO_GPU is set and the package `spaces` is installed. It
must be imported before anything touches CUDA, so it is imported with this module. What is lent is
counted by the seconds that are asked for, so only the fitting and the sampling of a run happen
there. All else is done by the processor, and the networks are placed before the page is served.
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from numpy.typing import NDArray

from distiller.data.models import has_models
from distiller.data.registry import DATASETS
from distiller.errors import Refused
from distiller.event import Event
from distiller.lab import Lab, open_lab
from distiller.machine.device import on_zero_gpu
from distiller.recipes.loop import Distilled, draw, fit
from distiller.recipes.recipe import with_dials
from distiller.sets.request import Request

if on_zero_gpu():
    import spaces

    _lend: Callable[..., Any] = spaces.GPU
else:

    def _lend(**how: Any) -> Callable[[Any], Any]:
        return lambda work: work


__all__ = ["Spent", "computed", "lends", "place_networks", "sample", "seconds_for"]

DEVICE, DTYPE = "cuda", "bfloat16"  # of the networks on a GPU that is lent
LEAST, MOST = 10, 60  # seconds that one run asks for
SPENT = ("ZeroGPU quota exceeded", "ZeroGPU pending credits exceeded")
"""Titles of the errors by which `spaces` says that a visitor has no seconds left."""

Dials = Mapping[str, Any]


class Spent(Refused):
    """A visitor has used up the seconds of the GPU that Hugging Face lends a day."""


def lends(request: Request) -> bool:
    """Whether a run is sampled on a GPU that is lent; real images are only chosen, which needs
    none."""
    return on_zero_gpu() and all(method.place != "subset" for method in request.methods.values())


def computed(request: Request, lab: Lab) -> dict[str, str]:
    """Where the network of a run computes, and in which precision."""
    if lends(request):
        return {"dtype": f"torch.{DTYPE}", "device": "lent"}
    return {"dtype": str(lab.prior.dtype), "device": lab.prior.device.type}


def seconds_for(cost: float) -> int:
    """How many seconds of the GPU a run asks for that is expected to take `cost` seconds.

    Twice the time and the start of the process; few, since the quota counts what is asked for.
    """
    return round(min(max(LEAST, 5 + 2 * cost), MOST))


def place_networks() -> None:
    """Loads the networks of what ships and has them move to the GPU when it is lent.

    Does nothing elsewhere. `spaces` takes over what lies on the GPU when the page is launched, so
    this comes before it.
    """
    if on_zero_gpu():
        for name in DATASETS:
            if has_models(name):
                _lab(name)


def _lab(name: str) -> Lab:
    return open_lab(name, DEVICE, DTYPE)


def _asked(request: Request, dials: Dials, seconds: int) -> int:
    return seconds


@dataclass(frozen=True)
class Sent:
    """What comes from the other process: a tensor would be sent as a handle of memory that ends
    with it."""

    event: Event | None  # without its latents; None of the set
    arrays: tuple[NDArray[Any], ...] = ()  # those latents, or the fields of the set


def _work(request: Request, dials: Dials, seconds: int) -> Generator[Sent, None, None]:
    """Fits and samples the first class of a request, and yields the set last.

    It runs in another process: what comes in and goes out is pickled.
    """
    lab, label = _lab(request.dataset), request.classes[0]
    events = _distil(lab, request, dials, label)
    while True:
        try:
            event = next(events)
        except StopIteration as stop:
            made: Distilled = stop.value
            latents = made.latents.float().numpy()
            yield Sent(None, (made.images, latents, made.labels, made.sources))
            return
        arrays = () if event.x0 is None else (event.x0.float().cpu().numpy(),)
        yield Sent(replace(event, x0=None), arrays)


_lent_work: Callable[[Request, Dials, int], Generator[Sent, None, None]] = _lend(duration=_asked)(
    _work
)


def _distil(
    lab: Lab, request: Request, dials: Dials, label: int
) -> Generator[Event, None, Distilled]:
    recipe = yield from fit(with_dials(request.methods, dials), lab.prior, lab.data, [label])
    return (yield from draw(recipe, lab.prior, lab.data, label, request.settings))


def sample(request: Request, dials: Dials, seconds: int) -> Generator[Event, None, Distilled]:
    """Distils the first class of a request on the GPU that is lent for so many seconds.

    The dials are those of the beginning: the other process hears of none that is turned later.

    Raises:
        Spent: if the visitor has no seconds left.
        Refused: if the run is refused, or the GPU was taken back.
    """
    lent, made = _lent_work(request, dict(dials), seconds), None
    try:
        for sent in lent:  # to its end, so that the process is given back
            if sent.event is not None:
                x0 = torch.from_numpy(sent.arrays[0]) if sent.arrays else None
                yield replace(sent.event, x0=x0)
            else:
                images, latents, labels, sources = sent.arrays
                made = Distilled(images, torch.from_numpy(latents), labels, sources)
    except Refused:
        raise
    except Exception as error:  # an error of Gradio, which only the page may know
        raise _refusal(error) from error
    finally:
        lent.close()
    if made is None:
        raise Refused("The GPU that was lent ended before the run did. Try again in a moment.")
    return made


def _refusal(error: Exception) -> Refused:
    title, words = getattr(error, "title", None), " ".join(str(error).split())[:300]
    if title in SPENT:
        return Spent(
            "You have used up the seconds of a GPU that Hugging Face lends you a day. There are "
            "more for those who have logged in, and new ones tomorrow."
        )
    if title is None:
        raise error
    return Refused(f"The GPU of this Space could not be used ({words}). Try again in a moment.")
