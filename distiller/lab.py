"""Labs: a data set with its prior, its reference and its judge, opened once.

A training may put another prior in the place of one that is in use. A run therefore opens its lab
once, at its beginning, and keeps it to its end: images, scores and manifest are of one prior.
"""

from dataclasses import dataclass
from functools import cache
from threading import Lock

from .data.dataset import Absent, Dataset
from .data.registry import DATASETS, load, load_here
from .diffusion.outline import check_match
from .diffusion.prior import Prior, load_prior
from .limits import choice
from .machine.device import choose_device, choose_dtype
from .scores.judge import Judge, load_judge
from .scores.reference import Reference, load_reference

__all__ = ["IMAGES", "Lab", "forget_labs", "open_images", "open_lab"]

IMAGES = ("here", "download", "none")
"""Which real images a lab holds: those that are on this machine, those that can be downloaded
too, or none. A lab without images still scores a set, and runs methods that look at no image."""
_OPENING = Lock()
_READING = Lock()


@dataclass(frozen=True, eq=False)
class Lab:
    """All that is needed to distil a data set, and to judge what comes of it."""

    data: Dataset
    prior: Prior
    reference: Reference
    judge: Judge

    @property
    def name(self) -> str:
        """The name of the data set."""
        return self.data.name


def open_lab(
    name: str,
    device: str = "auto",
    dtype: str = "auto",
    prior: str | None = None,
    *,
    images: str = "here",
    compiled: bool = False,
) -> Lab:
    """Opens the lab of a data set, by its name; the same call gives the same lab.

    `device`, `dtype` and `compiled` are those of `load_prior`. `prior` is a `DiTPipeline` folder
    or a Hub id instead of the data set's own. `images` is one of `IMAGES`. Threads wait in line.

    Raises:
        Refused: if there is no such data set, device or dtype, no prior, reference or judge, or
            prior and data set do not belong together.
    """
    choice("data set", name, DATASETS)
    choice("images", images, IMAGES)
    where = choose_device(device)
    precision = str(choose_dtype(where, dtype)).removeprefix("torch.")
    with _OPENING:
        return _open(name, str(where), precision, prior, images, compiled)


def open_images(name: str) -> Dataset:
    """The data set of a lab, as far as it is on this machine; nothing else is loaded.

    Raises:
        Refused: if there is no such data set, or its images cannot be read.
    """
    choice("data set", name, DATASETS)
    if not DATASETS[name].here():
        return load_here(name)
    with _READING:
        return _here(name)


def forget_labs() -> None:
    """Has the next `open_lab` load its files again, as a training may have changed them.

    A lab that is open already stays as it is.
    """
    with _OPENING:
        _open.cache_clear()
    with _READING:
        _here.cache_clear()


@cache
def _open(
    name: str, device: str, dtype: str, prior: str | None, images: str, compiled: bool
) -> Lab:
    # First, as all else is made with one.
    loaded = load_prior(prior or name, device, dtype, compiled=compiled)
    reference, judge, data = load_reference(name), load_judge(name), _images(name, images)
    check_match(loaded, data)
    return Lab(data, loaded, reference, judge)


@cache
def _here(name: str) -> Dataset:
    return load_here(name)


def _images(name: str, images: str) -> Dataset:
    if images == "download":
        return load(name)
    if images == "here":
        return open_images(name)
    source = DATASETS[name]
    split = Absent(source.size, "This needs real images, and the lab was opened without them.")
    return Dataset(name, source.classes, split, split, source.modes, source.wnids)
