"""Data sets: real images with their classes, in a train and a test split."""

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import Refused

__all__ = ["Absent", "Dataset", "Source", "Split"]


@dataclass(frozen=True)
class Split:
    """Some images of a data set, in a fixed order."""

    images: NDArray[np.uint8]  # (n, size, size, 3)
    labels: NDArray[np.int64]  # (n,)
    modes: NDArray[np.int64] | None = None  # (n,) where the modes inside a class are known

    @property
    def size(self) -> int:
        """Height and width of an image in pixels."""
        return int(self.images.shape[1])

    def of(self, label: int) -> NDArray[np.int64]:
        """The indices (n,) of a class's images."""
        return np.flatnonzero(self.labels == label)

    def fingerprint(self) -> str:
        """A hash of all images and labels, as 24 hexadecimal digits."""
        content = hashlib.sha256(repr(self.images.shape).encode())
        for k in range(0, len(self.images), 1000):
            content.update(np.ascontiguousarray(self.images[k : k + 1000]).tobytes())
        content.update(np.ascontiguousarray(self.labels, "<i8").tobytes())
        return content.hexdigest()[:24]


class Absent(Split):
    """A split whose images are not on this machine: whoever asks for them is refused."""

    def __init__(self, size: int, why: str) -> None:
        object.__setattr__(self, "_size", size)
        object.__setattr__(self, "_why", why)

    @property
    def size(self) -> int:
        """Height and width that an image would have."""
        return int(self._size)

    def __getattr__(self, name: str) -> Any:  # of what was never set: images and labels
        if name.startswith("_"):
            raise AttributeError(name)
        raise Refused(self._why)


@dataclass(frozen=True)
class Dataset:
    """A data set in memory."""

    name: str
    classes: tuple[str, ...]
    train: Split
    test: Split
    modes: tuple[str, ...] = ()  # names of the known modes, the same in every class
    wnids: tuple[str, ...] = ()  # the classes' WordNet IDs, where they have any
    latents: Path | None = None  # the folder where the latents of its images are kept for good

    @property
    def size(self) -> int:
        """Height and width of an image in pixels."""
        return self.train.size

    def choose_from(self, label: int, n: int) -> NDArray[np.int64]:
        """The indices (m,) of a class's training images, of which n are to be chosen.

        Raises:
            Refused: if there are fewer.
        """
        members = self.train.of(label)
        if n > len(members):
            raise Refused(
                f"The class {self.classes[label]!r} has {len(members)} training images; "
                f"{n} were asked for."
            )
        return members


@dataclass(frozen=True)
class Source:
    """Where a data set comes from, known without loading it."""

    title: str
    about: str
    classes: tuple[str, ...]
    size: int
    load: Callable[[], Dataset]
    modes: tuple[str, ...] = ()
    here: Callable[[], bool] = lambda: True  # whether its images can be had without a download
    public: bool = True  # whether they can be had with one
    ships: bool = True  # whether its images may be among what is shipped
    folder: Path | None = None  # where a data set of one's own lies, with its models
    wnids: tuple[str, ...] = ()  # the classes' WordNet IDs, where they have any
    prior: str | None = None  # a folder or Hub id, with its revision, where it does not lie there
    licence: str | None = None  # of that prior

    def __post_init__(self) -> None:
        """A class is found by its name.

        Raises:
            Refused: if two classes have the same one.
        """
        twice = [name for name, n in Counter(self.classes).items() if n > 1]
        if twice:
            raise Refused(
                f"Two classes of {self.title} are called {twice[0][:60]!r}, so that this name "
                "means neither. Give each class a name of its own, in its dataset.json."
            )
