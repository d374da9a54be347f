"""A data set at a size: its images as arrays in a folder, which the next call finds again."""

from collections.abc import Generator
from pathlib import Path

from ..errors import Refused
from ..event import Event
from ..limits import choice
from .class_folders import Pictures, load_pictures, save_pictures
from .dataset import Dataset
from .imagenet import SUBSETS, load_subset
from .registry import DATASETS, from_pictures, load
from .report import Report

__all__ = ["load_at"]


def load_at(name: str, size: int, folder: Path) -> Generator[Event, None, Dataset]:
    """A data set at a size, its images in `folder` as arrays; goes on from what is there.

    Raises:
        Refused: if there is no such data set, it cannot be had, or not at that size.
        OSError: if something cannot be written.
    """
    source = DATASETS[choice("data set", name, DATASETS)]
    if name in SUBSETS:
        pictures = yield from load_subset(SUBSETS[name], size, folder)
        return from_pictures(name, pictures, source.wnids)
    if source.size != size:
        raise Refused(f"{source.title} comes at {source.size} pixels alone; {size} were asked for.")
    data = load(name)
    if not folder.is_dir():
        train, test, key = data.train, data.test, data.train.fingerprint()
        arrays = (train.images, train.labels, test.images, test.labels)
        save_pictures(Pictures(data.classes, *arrays, key, Report()), folder)
    return from_pictures(name, load_pictures(folder), data.wnids)
