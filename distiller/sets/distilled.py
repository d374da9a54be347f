"""Distilled sets in memory: what a request asks for, and one call that gives a set."""

from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..data.registry import DATASETS
from ..event import Event, finish
from ..lab import Lab, open_lab
from ..recipes.loop import Distilled, Settings, distill
from .request import Request

__all__ = ["distill_request", "distill_set"]


def distill_request(request: Request, lab: Lab) -> Generator[Event, None, Distilled]:
    """Distils what a request asks for, class by class, with the prior and the images of a lab.

    The set is the generator's return value: `distilled = yield from distill_request(...)`.

    Raises:
        Refused: if a method cannot be fitted, or needs images that the lab does not hold.
    """
    return distill(request.methods, lab.prior, lab.data, request.settings, request.classes)


def distill_set(
    dataset: str | Path,
    method: str = Request.method,
    *,
    ipc: int = Settings.ipc,
    steps: int = Settings.steps,
    cfg_scale: float | None = None,
    seed: int = Settings.seed,
    classes: int | str | Sequence[int | str] | None = None,
    sampler: str = Settings.sampler,
    options: Mapping[str, Any] | None = None,
    prior: str | None = None,
    cfg_channels: int | None = None,
    cfg_between: str | tuple[int, int] | None = None,
    device: str = "auto",
    dtype: str = "auto",
    compiled: bool = False,
) -> Distilled:
    """Distils a data set: the images that `python -m distiller distill` writes, in memory.

    Args:
        dataset: a name, see `python -m distiller datasets`, or the folder of a data set of one's
            own. One that is public and not on this machine is downloaded once.
        method: a method's name, see `METHODS`, or several with + between them.
        ipc, steps: how many images a class gets, and in how many steps each is sampled.
        cfg_scale: the strength of class guidance; 1 is none, and None is the prior's own.
        seed: what the noise of every image follows from.
        classes: indices or names; None is all of them.
        sampler: "ddim", "ddpm" or "dpm++".
        options: hyperparameters of the methods by name, such as {"gamma": 1.0}.
        prior: a `DiTPipeline` folder or a Hub id instead of the data set's own prior.
        cfg_channels: how many channels class guidance moves; None is the prior's own way.
        cfg_between: the times at which class guidance acts, such as "100-800"; None is all.
        device, dtype, compiled: as for `load_prior`; "auto" is what suits the machine.

    Returns:
        Images (n, h, w, 3) in uint8 with labels (n,), the classes in the order that was given.

    Raises:
        Refused: saying what cannot be had, what is allowed, and what came.
    """
    raw = {
        "dataset": DATASETS.resolve(dataset), "method": method, "ipc": ipc, "steps": steps,
        "cfg_scale": cfg_scale, "seed": seed, "classes": classes, "sampler": sampler,
        "options": options, "prior": prior, "cfg_channels": cfg_channels,
        "cfg_between": cfg_between,
    }  # fmt: skip
    request = Request.parse(raw)
    where = (request.dataset, device, dtype, request.prior)
    return finish(distill_request(request, open_lab(*where, images="download", compiled=compiled)))
