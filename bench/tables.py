"""The tables of methods in bench/results.md, made from the studies in assets/results/.

    python -m bench.tables

writes them anew. A comment before a table says which it is:

    <!-- table: scores solids-10-quick -->

The first word is a function here, the others are names of studies. So a figure stands in one file
alone; the page shows the same ones.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from distiller.evaluation.study import Column, Figure, Study, StudyRow, read_study
from distiller.machine.assets import ASSETS

RESULTS = ASSETS / "results"
PAGE = Path(__file__).parent / "results.md"
MARK = re.compile(r"^<!-- table: (\S+) (.+) -->\n\n(?:\|.*\n)*", re.M)

SCORES = {
    "modes": Column("modes", 1),
    "mmd2_z": Column("MMD², latents", 3), "mmd2_f": Column("MMD², features", 3),
    "sinkhorn_z": Column("Sinkhorn, latents", 1), "sinkhorn_f": Column("Sinkhorn, features", 1),
    "vendi": Column("Vendi", 1), "coverage": Column("coverage, %", 1),
    "recognised": Column("recognised, %", 1), "accuracy": Column("accuracy, %", 1),
    "seconds": Column("s", 1), "memory": Column("GB", 1),
}  # fmt: skip
BEYOND = {
    "clean": Column("clean, %", 1), "fgsm": Column("FGSM, %", 1), "pgd": Column("PGD, %", 1),
    "corrupted": Column("corrupted, %", 1), "covering": Column("covering radius", 1),
    "copies": Column("train images nearer by, %", 1), "copies_p": Column("p", 3),
    "membership": Column("membership advantage, %", 1),
}  # fmt: skip
"""What the nets of the first set withstand and give away."""

OF_IMAGES = {"cifar10": ("The images are JPEG copies of quality 75; papers have lossless images.",)}
"""Conditions of every study of a data set: what is to be said of its images."""

HIGHLIGHTS = {
    "mgd3+discrepancy": "`mgd3+discrepancy`",
    "discrepancy": "`discrepancy`",
    "mmd": "`mmd`",
    "cgs": "`cgs`, the best here that was published for distillation",
    "mgd3": "`mgd3`, the next",
    "dit": "`dit`, samples of the prior",
    "random": "`random`, real images",
}


def main() -> None:
    """Writes every table of bench/results.md anew."""
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


def renewed(text: str) -> str:
    """A page with its tables made anew from the studies."""

    def make(found: "re.Match[str]") -> str:
        kind, names = found[1], found[2]
        studies = [read_study(RESULTS / f"{name}.json") for name in names.split()]
        return f"<!-- table: {kind} {names} -->\n\n" + "\n".join(TABLES[kind](*studies)) + "\n"

    return MARK.sub(make, text)


def keep(study: Study, folder: Path, *, ship: bool, anew: bool = False) -> None:
    """Writes a study into a folder and, to `ship` it, into assets/results/.

    Rows that are there already and were not measured again stay, but not `anew`: then those are of
    a prior of before.
    """
    for place in [folder, RESULTS] if ship else [folder]:
        path = place / f"{study.name}.json"
        there = path.exists() and not anew
        (read_study(path).updated(study) if there else study).write(place)


def said(figure: Figure | None, digits: int) -> str:
    """A figure as a table has it; nothing where there is none."""
    if figure is None:
        return ""
    spread = "" if figure.spread is None else f" ± {figure.spread:.{digits}f}"
    return f"{figure.mean:.{digits}f}{spread}"


def lines(head: Sequence[str], body: Sequence[Sequence[str]]) -> list[str]:
    """A table of Markdown."""
    rows = [head, *body]
    written = ["| " + " | ".join(cells) + " |" for cells in rows]
    written = [line.replace("|  |", "| |") if k == 0 else line for k, line in enumerate(written)]
    return [written[0], "|" + "---|" * len(head), *written[1:]]


def _plain(study: Study, rows: Sequence[StudyRow], columns: Mapping[str, Column]) -> list[str]:
    kept = {key: column for key, column in columns.items() if key in rows[0].figures}
    body = [
        [f"`{row.method}`", *(said(row.figures.get(k), c.digits) for k, c in kept.items())]
        for row in rows
    ]
    return lines(["method", *(column.title for column in kept.values())], body)


def scores(study: Study) -> list[str]:
    """What the sets cover, how far they are and what they teach."""
    return _plain(study, [row for row in study.rows if "clean" in row.figures], SCORES)


def tried(study: Study) -> list[str]:
    """The same of what was tried besides, beside MGD3."""
    more = [row for row in study.rows if "clean" not in row.figures]
    return _plain(study, [study.row("mgd3"), *more], SCORES)


def beyond(study: Study) -> list[str]:
    """What the nets withstand and give away."""
    return _plain(study, [row for row in study.rows if "clean" in row.figures], BEYOND)


def highlights(study: Study) -> list[str]:
    """The accuracies that the text speaks of."""
    body = [
        [words, f"{study.row(m).figures['accuracy'].mean:.1f}"] for m, words in HIGHLIGHTS.items()
    ]
    return lines([f"accuracy on {study.dataset}, %", ""], body)


def rules(*studies: Study) -> list[str]:
    """Simple rules at several sizes, beside what papers print."""
    names = {"random": "Random", "herding": "Herding", "k-center": "K-Center"}
    body = []
    for study in studies:
        rows = [study.row(name) for name in names]
        cells = [text for row in rows for text in (said(row.figures["accuracy"], 1), row.published)]
        body.append([str(study.ipc), *cells])
    head = [text for title in names.values() for text in (title, "published")]
    return lines(["images a class", *head], body)


def soft(study: Study) -> list[str]:
    """Accuracies of soft labels, each net's and their mean."""
    words = {"random": "`random`, real images"}
    body = []
    for row in study.rows:
        figure = row.figures["accuracy"]
        each = ", ".join(f"{a:.1f}" for a in figure.each)
        body.append([words.get(row.method, f"`{row.method}`"), each, said(figure, 1)])
    what = f"trained on ten images per class of {study.dataset}"
    return lines([what, "three nets", "mean"], body)


TABLES: dict[str, Callable[..., list[str]]] = {
    f.__name__: f for f in (scores, tried, beyond, highlights, rules, soft)
}

if __name__ == "__main__":
    main()
