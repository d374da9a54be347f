"""Looks for comparisons that are worth a look, in the shipped studies.

    python -m bench.gallery

Of each study it prints the pairs of methods that a figure tells apart most clearly, beside the
interval of their difference; and the pairs of which one has more of one figure and less of another,
both beyond chance. `viz.results.pieces` shows eight of what it found.
"""

from collections.abc import Iterator
from itertools import combinations, permutations

from distiller.data.registry import DATASETS
from distiller.evaluation.study import Difference, Study
from viz.results.study import joined_studies

AXES = ("accuracy", "coverage", "vendi")
MOST = 12  # lines of each kind


def main() -> None:
    """Prints what each study tells apart."""
    for dataset in DATASETS:
        for study in joined_studies(dataset):
            print(f"\n{dataset}, {study.ipc} images a class, {study.protocol}")
            for axis in AXES:
                best = sorted(apart(study, axis), reverse=True)[:MOST]
                for clear, words in best:
                    print(f"  {axis:9} {clear:5.1f}  {words}")
            for clear, words in sorted(against(study), reverse=True)[:MOST]:
                print(f"  but       {clear:5.1f}  {words}")


def clearness(difference: Difference | None) -> float:
    """A difference in units of half its 95 % interval: beyond 1 it is beyond chance."""
    if difference is None:
        return 0.0
    return difference.mean / max((difference.high - difference.low) / 2, 1e-9)


def apart(study: Study, axis: str) -> Iterator[tuple[float, str]]:
    """How clearly each pair of methods is told apart, and the pair in words."""
    names = [row.method for row in study.rows if axis in row.figures]
    for one, other in permutations(names, 2):
        clear = clearness(study.difference(one, axis, other))
        if clear > 1:
            a, b = (study.row(name).figures[axis].mean for name in (one, other))
            yield clear, f"{one} {a:g} > {other} {b:g}"


def against(study: Study) -> Iterator[tuple[float, str]]:
    """Pairs of which one has more of one figure and less of another, by the less clear of both."""
    names = [row.method for row in study.rows]
    for more, less in combinations(AXES, 2):
        for one, other in permutations(names, 2):
            up = clearness(study.difference(one, more, other))
            down = -clearness(study.difference(one, less, other))
            if min(up, down) > 1:
                yield min(up, down), f"{one} has more {more} and less {less} than {other}"


if __name__ == "__main__":
    main()
