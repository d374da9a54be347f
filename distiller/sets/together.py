"""Fits that several processes make together, before they share out the classes of a set."""

import secrets
from collections.abc import Generator
from pathlib import Path

import torch

from ..errors import Refused
from ..event import Event
from ..lab import Lab
from ..machine.disk import cache_folder
from ..machine.replicas import current
from .request import Request

__all__ = ["fit_together"]


def fit_together(request: Request, folder: Path, lab: Lab) -> Generator[Event, None, None]:
    """Fine-tunes the prior as a request's methods do, by all processes that have joined.

    The fit is kept, so each of them finds it when it makes its classes. Nothing is done where the
    set in the folder is whole.

    Raises:
        Refused: as the methods do, or if the processes see different caches.
    """
    if current().same((folder / "manifest.json").exists()):
        return
    _check_cache(lab.prior.device)
    for method in request.methods.values():
        if method.place == "prior":
            yield from method.fit(lab.prior, lab.data, request.classes)


def _check_cache(device: torch.device) -> None:
    """Makes sure that what one process keeps is found by all: else each waits for the others.

    Raises:
        Refused: if it is not.
    """
    together = current()
    path = cache_folder() / f"together-{together.same(secrets.token_hex(8))}"
    if together.leads:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    together.same(None)
    seen = together.total(torch.tensor(float(path.exists()), device=device))
    if together.leads:
        path.unlink()
    if seen < together.count:
        raise Refused(
            "Processes that fit together need one cache: name a folder in DISTILLER_CACHE that all "
            "of them see."
        )
