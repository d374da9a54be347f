"""Studies: what the sets of many methods reach, all measured alike, beside random real images.

A study is a file of `assets/results/`. A command of `bench/` writes it; the tables of
`bench/results.md` and the page are made from it.

A method is compared with random real images by Welch's interval of the difference of two means,

    (a - b) -+ t_{0.975, df} sqrt(s_a^2 / n_a + s_b^2 / n_b),

where n counts sets and s is the standard deviation between them, each at least half a digit of
what was printed. Of a method that has one set alone the spread between sets is not known. It is
taken to be that of random real images; the interval then says whether one more draw of random real
images could be like that set. Each method is compared by itself: of twenty that are no different,
one is told apart by chance.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from ..data.models import prior_folder
from ..errors import Refused
from ..machine.disk import write_whole
from ..machine.json_file import read_json

__all__ = ["Column", "Difference", "Figure", "Study", "StudyRow", "figure_of", "read_study"]

RANDOM = "random"
"""The row that all others are compared with."""


@dataclass(frozen=True)
class Column:
    """What a number of a study is."""

    title: str
    digits: int  # after the point


@dataclass(frozen=True)
class Figure:
    """A mean, and how far what it is the mean of lies apart."""

    mean: float
    spread: float | None  # the sample standard deviation; None where it was not taken
    n: int  # how many sets, or nets of one set, the two are of
    over: Literal["sets", "nets"] = "sets"
    each: tuple[float, ...] = ()  # the values themselves, where they were kept

    @property
    def between_sets(self) -> bool:
        """Whether the spread is that of several sets."""
        return self.over == "sets" and self.n > 1 and self.spread is not None

    def half(self, digits: int) -> float | None:
        """Half the 95 % interval of the mean over sets (Student's t); None where it is unknown."""
        if self.spread is None or not self.between_sets:
            return None
        return _t(self.n - 1) * _at_least(self.spread, digits) / math.sqrt(self.n)


@dataclass(frozen=True)
class Difference:
    """A difference to random real images, or to another method, with its 95 % interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class StudyRow:
    """One method of a study."""

    method: str  # as the commands have it: "herding:pool=1"
    figures: Mapping[str, Figure]  # by column
    published: str = ""  # what papers print of the same, in their words


@dataclass(frozen=True)
class Study:
    """Sets of one size of one data set, by many methods; their nets were all trained alike."""

    name: str  # of its file
    dataset: str
    ipc: int
    protocol: str
    net: str
    command: str  # that measured it
    conditions: tuple[str, ...]  # sentences: how sets were made, how many sets and nets there are
    columns: Mapping[str, Column]
    rows: tuple[StudyRow, ...] = field(repr=False)
    prior: str = ""  # the fingerprint of the prior that made the sets; none of real images alone
    steps: int = 0  # of the sampler that made the sets; 0 of real images alone, or where unknown

    @property
    def of_earlier_prior(self) -> bool:
        """Whether another prior made the sets than the one of that data set that is here now."""
        folder = prior_folder(self.dataset) if self.prior else None
        if folder is None:
            return False
        record = read_json(folder / "prior.json")
        return str(record.get("measured", {}).get("sha256")) != self.prior

    def row(self, method: str) -> StudyRow:
        """The row of a method.

        Raises:
            LookupError: if the study has none.
        """
        for row in self.rows:
            if row.method == method:
                return row
        raise LookupError(f"The study {self.name} has no row {method!r}.")

    def difference(self, method: str, column: str, other: str = RANDOM) -> Difference | None:
        """A method beside another; None where the spread of the other's sets is not known."""
        mine = self.row(method).figures.get(column)
        its = next((r.figures.get(column) for r in self.rows if r.method == other), None)
        if mine is None or its is None or its.spread is None or not its.between_sets:
            return None
        digits = self.columns[column].digits
        spread = _at_least(its.spread, digits)
        b = spread**2 / its.n
        if mine.spread is not None and mine.between_sets:
            a = _at_least(mine.spread, digits) ** 2 / mine.n
            freedom = (a + b) ** 2 / (a**2 / (mine.n - 1) + b**2 / (its.n - 1))
        else:
            a, freedom = spread**2, its.n - 1.0
        half = _t(freedom) * math.sqrt(a + b)
        mean = mine.mean - its.mean
        return Difference(mean, mean - half, mean + half)

    def updated(self, later: "Study") -> "Study":
        """A later study, with the rows and columns of this one that it did not measure again.

        Rows keep their order; new ones come last.

        Raises:
            Refused: if the two were not made alike.
        """
        mine, its = (
            (s.dataset, s.ipc, s.protocol, s.net, s.conditions, s.prior, s.steps)
            for s in (self, later)
        )
        if mine != its:
            raise Refused(
                f"The rows of {self.name} were made in another way, so new ones cannot stand "
                f"beside them. They have {mine}; the new ones have {its}."
            )
        new = {row.method: row for row in later.rows}
        kept = [new.pop(row.method, row) for row in self.rows]
        columns = {**self.columns, **later.columns}
        return replace(later, columns=columns, rows=(*kept, *new.values()))

    def write(self, folder: Path) -> Path:
        """Writes the study into a folder, a line for each row; returns the file."""
        plain = {k: v for k, v in asdict(self).items() if k not in ("name", "rows")}
        for key in ("prior", "steps"):
            if not plain[key]:
                del plain[key]
        head = json.dumps(plain, indent=1, ensure_ascii=False)[:-2]
        lines = ",\n  ".join(json.dumps(_plain(row), ensure_ascii=False) for row in self.rows)
        path = folder / f"{self.name}.json"
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(path, f'{head},\n "rows": [\n  {lines}\n ]\n}}\n'.encode())
        return path


def read_study(path: Path) -> Study:
    """Reads a study.

    Raises:
        Refused: if the file is no study.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        columns = {key: Column(**value) for key, value in raw.pop("columns").items()}
        rows = tuple(_row(value, columns) for value in raw.pop("rows"))
        conditions = tuple(raw.pop("conditions"))
        return Study(path.stem, columns=columns, rows=rows, conditions=conditions, **raw)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused(f"{path.name} is no study: {error!r:.200}.") from error


def figure_of(
    values: Sequence[float], digits: int, over: Literal["sets", "nets"] = "sets"
) -> Figure:
    """The figure of values as it is printed, with so many digits after the point."""
    n = len(values)
    mean = math.fsum(values) / n
    spread = math.sqrt(math.fsum((v - mean) ** 2 for v in values) / (n - 1)) if n > 1 else None
    return Figure(round(mean, digits), None if spread is None else round(spread, digits), n, over)


def _row(raw: Mapping[str, Any], columns: Mapping[str, Column]) -> StudyRow:
    figures = {
        key: Figure(**{**value, "each": tuple(value.get("each", ()))})
        for key, value in raw["figures"].items()
    }
    if unknown := sorted(set(figures) - set(columns)):
        raise ValueError(f"{raw['method']} has {unknown}, which are no columns")
    return StudyRow(raw["method"], figures, raw.get("published", ""))


def _plain(row: StudyRow) -> dict[str, Any]:
    figures = {}
    for key, figure in row.figures.items():
        figures[key] = {k: v for k, v in asdict(figure).items() if k != "each" or v}
    published = {"published": row.published} if row.published else {}
    return {"method": row.method, **published, "figures": figures}


def _at_least(spread: float, digits: int) -> float:
    """A spread that was rounded to so many digits: it may be half a digit more."""
    return max(spread, 0.5 * 10.0**-digits)


def _t(freedom: float) -> float:
    from scipy.stats import t

    return float(t.ppf(0.975, freedom))
