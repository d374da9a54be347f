"""Fits: what methods with their usual options are fitted to, made to ship with a prior.

On a data set whose prior ships, a method then begins at once. Each fit has the name, made of all
that it depends on, by which the method looks for it; so one that is of other weights, images or
options is not taken. All but Minimax's are made afresh, whatever methods left in the cache. Each is
kept in a folder of its own as soon as it is made, so that a run that was stopped goes on with those
that are left; the folder goes when all files are written.
"""

import shutil
from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path

from torch import Tensor

from ..data.dataset import Dataset
from ..diffusion.prior import Prior
from ..event import Event
from ..machine.disk import cache_folder, write_whole
from ..machine.weights import packed_tensors
from ..methods.d3hr import D3HR
from ..methods.igd import IGD
from ..methods.mgd3 import MGD3
from ..methods.minimax import Minimax
from ..recipes.cache import SHIPPED_FITS, load_tensors
from ..recipes.difffit import load_fit, packed_fit
from ..recipes.loop import Settings
from ..recipes.surrogate import surrogate_name, train_surrogate

__all__ = ["fits_of", "write_fits"]

IMAGES = Settings.ipc  # of a class, for fits that depend on their number
Named = dict[str, Tensor]
Making = Generator[Event, None, Named]


def write_fits(prior: Prior, data: Dataset, folder: Path) -> Generator[Event, None, list[Path]]:
    """Writes the fits of a prior to a data set into the prior's folder; returns the files.

    Raises:
        OSError: if they cannot be written.
        Refused: if the prior cannot be fitted to the data set.
    """
    labels = range(len(data.classes))
    fits, minimax = folder / SHIPPED_FITS, Minimax()
    kept = cache_folder() / f"fits-{prior.fingerprint()[:12]}"
    tensors = yield from fits_of(prior, data, kept)
    write_whole(fits, packed_tensors(tensors, {"prior": prior.fingerprint()}))
    tuned, key = folder / "minimax.safetensors", minimax.key(prior, data, labels)
    if load_fit(tuned, key) is None:  # fine-tuning takes long, and goes on where it was stopped
        change = yield from minimax.fit_chunk(prior, data, labels)
        write_whole(tuned, packed_fit(change, key))
    shutil.rmtree(kept)  # only now: the same command goes on wherever it was stopped
    return [fits, tuned]


def fits_of(prior: Prior, data: Dataset, kept: Path | None = None) -> Making:
    """The tensors of all fits but Minimax's, by the names of fit and tensor: "d3hr-.../mean".

    Those of one fit are kept in the folder `kept` once they are made, and read from there.

    Raises:
        OSError: if they cannot be kept.
        Refused: if the prior cannot be fitted to the data set.
    """
    tensors: Named = {}
    for name, making in _makings(replace(prior, folder=None), data):
        path = None if kept is None else kept / f"{name}.safetensors"
        found = None if path is None else load_tensors(path)
        if found is None:
            made = yield from making
            if path is not None:
                write_whole(path, packed_tensors(made))
        else:
            made = found[0]
        tensors |= {f"{name}/{key}": t for key, t in made.items()}
    return tensors


def _makings(prior: Prior, data: Dataset) -> Iterator[tuple[str, Making]]:
    """The name of each fit, and what makes its tensors."""
    d3hr, mgd3, images = D3HR(), MGD3(), IGD().images

    def surrogate() -> Making:
        return (yield from train_surrogate(prior, data, images)).tensors()

    def centres(label: int) -> Making:
        return {"centres": (yield from mgd3.centres(prior, data, label, IMAGES))}

    def moments(label: int) -> Making:
        mean, std = yield from d3hr.moments(prior, data, label)
        return {"mean": mean, "std": std}

    yield surrogate_name(prior, data, images), surrogate()
    for label in range(len(data.classes)):
        yield mgd3.name_of(prior, data, label, IMAGES), centres(label)
        yield d3hr.name_of(prior, data, label), moments(label)
