"""What a run would do, as lines to read: every setting, whence it comes, and what it costs."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..data.models import prior_folder
from ..data.registry import DATASETS, load_here
from ..errors import Refused
from ..sets.preset import PRESETS, Said, evaluation_of
from ..sets.request import Request

__all__ = ["report"]

ORDER = ("steps", "sampler", "cfg_scale", "cfg_channels", "cfg_between", "seed")
OWN = "the prior's own"
SHOWN_AS = {"cfg_scale": OWN, "cfg_channels": OWN, "cfg_between": "all times"}


def report(
    request: Request,
    said: Mapping[str, Said],
    paper: str | None,
    reading: str,
    device: str,
    dtype: str,
    compiled: bool,
) -> Iterator[str]:
    """The lines; nothing is downloaded and nothing is written.

    Raises:
        Refused: if the prior is here and cannot be loaded or used.
    """
    prior = request.prior or request.dataset
    yield f"{request.method} on {request.dataset}, with the prior {prior}"
    yield f"  {len(request.classes)} classes, {request.ipc} images of each"
    rows = {name: getattr(request, name) for name in ORDER} | dict(request.options)
    for name, value in rows.items():
        source = said[name].source if name in said else "the default here"
        yield f"  {name:30} {_shown(name, value):>16}   {source}"
    if paper is not None:
        yield from _of_paper(paper, reading, request)
    yield from _costs(request, device, dtype, compiled)


def _shown(name: str, value: Any) -> str:
    return SHOWN_AS.get(name, "none") if value is None else str(value)


def _of_paper(method: str, reading: str, request: Request) -> Iterator[str]:
    """How the paper evaluates, and what differs all the same."""
    yield "Evaluation"
    for name, (value, source) in evaluation_of(method, reading, request.ipc).items():
        yield f"  --{name:28} {value!s:>16}   {source}"
    yield f"  evaluate DIR --protocol paper:{method} sets these"
    yield f"The values are for DiT-XL/2 at 256 pixels; the data set has {_pixels(request)}."
    yield "What differs all the same"
    yield from (f"  {sentence}" for sentence in PRESETS[method].apart)


def _pixels(request: Request) -> str:
    return f"{DATASETS[request.dataset].size} pixels"


def _costs(request: Request, device: str, dtype: str, compiled: bool) -> Iterator[str]:
    """What it takes, measured on one short step where the prior is here."""
    source = request.prior or request.dataset
    if prior_folder(source) is None and not Path(source).is_dir():
        yield (
            f"Time and memory: the prior {source} is not on this machine, so they are not known. "
            f"Sampling takes {request.image_steps():,} image steps."
        )
        return
    from ..diffusion.outline import check_match
    from ..diffusion.prior import load_prior
    from ..sets.forecast import forecast

    loaded = load_prior(source, device, dtype, compiled=compiled)
    precision = str(loaded.dtype).removeprefix("torch.")
    yield f"Work, on {loaded.device} in {precision}{', compiled' * compiled}"
    data = load_here(request.dataset)
    try:
        check_match(loaded, data)
    except Refused as refused:
        yield f"  This run would be refused: {refused}"
    yield from (f"  {line}" for line in forecast(request, loaded, data))
