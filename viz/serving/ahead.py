"""Work done ahead: what the first run of most methods would wait for, made while nobody waits.

Most methods compare their images with encoded real ones. To encode those of one class of solids
takes two cores 7 s, and they are kept on the disk. So a page that has nothing else to do encodes
them, one class after the other. Each class is a job of its own: whatever a visitor asks for goes
before the next.
"""

from collections.abc import Generator, Iterable, Iterator

from distiller.data.models import prior_folder
from distiller.data.registry import DATASETS
from distiller.lab import open_lab
from distiller.machine.assets import ASSETS
from distiller.recipes.loop import encode_class

from .line import Line

__all__ = ["REFERENCES", "encode_ahead", "worked_on"]

REFERENCES = 1000  # real images of a class: as many as any method takes of itself
COST = 10.0  # seconds that a class is expected to take


def worked_on(first: str) -> list[str]:
    """The data sets that ship, images and prior, `first` before others.

    Photographs are none of them: to read them is one step of a minute, for which no run makes way.
    """
    ours = [
        name
        for name, source in DATASETS.items()
        if source.ships and prior_folder(name) == ASSETS / "priors" / name
    ]
    return sorted(ours, key=lambda name: name != first)


def encode_ahead(line: Line, datasets: Iterable[str]) -> None:
    """Has the real images of these data sets encoded for nobody, one class after the other.

    It ends early where visitors keep a class waiting for longer than the line lets nobody's jobs
    wait: then there is no time to be had.
    """
    _join(line, ((name, k) for name in datasets for k in range(len(DATASETS[name].classes))))


def _join(line: Line, left: Iterator[tuple[str, int]]) -> None:
    """Puts the next class into the line, and after it those that are left."""
    found = next(left, None)
    if found is None:
        return
    name, label = found

    def work() -> Generator[None, None, None]:
        lab = open_lab(name)
        for _ in encode_class(lab.prior, lab.data, label, REFERENCES):
            yield
        _join(line, left)

    line.join("nobody", work, cost=lambda: COST, long=True)
