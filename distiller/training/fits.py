"""Fits: what methods with their usual options are fitted to, made to ship with a prior.

On a data set whose prior ships, a method then begins at once. Each fit has the name, made of all
that it depends on, by which the method looks for it; so one that is of other weights, images or
options is not taken. All but Minimax's are made afresh, whatever the cache holds.
"""

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

from torch import Tensor

from ..data.dataset import Dataset
from ..diffusion.prior import Prior
from ..event import Event
from ..machine.disk import write_whole
from ..machine.weights import packed_tensors
from ..methods.d3hr import D3HR
from ..methods.igd import IGD
from ..methods.mgd3 import MGD3
from ..methods.minimax import Minimax
from ..recipes.cache import SHIPPED_FITS
from ..recipes.difffit import load_fit, packed_fit
from ..recipes.loop import Settings
from ..recipes.surrogate import surrogate_name, train_surrogate

__all__ = ["fits_of", "write_fits"]

IMAGES = Settings.ipc  # of a class, for fits that depend on their number


def write_fits(prior: Prior, data: Dataset, folder: Path) -> Generator[Event, None, list[Path]]:
    """Writes the fits of a prior to a data set into the prior's folder; returns the files.

    Raises:
        OSError: if they cannot be written.
        Refused: if the prior cannot be fitted to the data set.
    """
    labels = range(len(data.classes))
    fits, minimax = folder / SHIPPED_FITS, Minimax()
    tensors = yield from fits_of(prior, data)
    write_whole(fits, packed_tensors(tensors, {"prior": prior.fingerprint()}))
    tuned, key = folder / "minimax.safetensors", minimax.key(prior, data, labels)
    if load_fit(tuned, key) is None:  # fine-tuning takes long, and goes on where it was stopped
        change = yield from minimax.fit_chunk(prior, data, labels)
        write_whole(tuned, packed_fit(change, key))
    return [fits, tuned]


def fits_of(prior: Prior, data: Dataset) -> Generator[Event, None, dict[str, Tensor]]:
    """The tensors of all fits but Minimax's, by the names of fit and tensor: "d3hr-.../mean"."""
    afresh, tensors = replace(prior, folder=None), dict[str, Tensor]()
    images = IGD().images
    surrogate = yield from train_surrogate(afresh, data, images)
    name = surrogate_name(prior, data, images)
    tensors |= {f"{name}/{key}": w for key, w in surrogate.tensors().items()}
    d3hr, mgd3 = D3HR(), MGD3()
    for label in range(len(data.classes)):
        name = mgd3.name_of(prior, data, label, IMAGES)
        tensors[f"{name}/centres"] = yield from mgd3.centres(afresh, data, label, IMAGES)
        mean, std = yield from d3hr.moments(afresh, data, label)
        name = d3hr.name_of(prior, data, label)
        tensors |= {f"{name}/mean": mean, f"{name}/std": std}
    return tensors
