"""The gallery: comparisons that are worth a look, each with a sentence of what is to be seen.

They were found with `python -m bench.gallery`, which goes through the shipped studies. The numbers
in the sentences are read from the studies, over whole sets of all classes; and what a sentence
claims is claimed here as a comparison of figures too, so that a test fails when a new study says
otherwise.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from distiller.data.models import has_models
from distiller.data.registry import DATASETS
from distiller.errors import Refused
from distiller.evaluation.study import Study
from distiller.sets.request import Request

from .. import payloads
from ..compare.lineup import Lineup
from .study import joined_studies, link_of

__all__ = ["PIECES", "Claim", "Piece", "gallery", "holds", "study_of_piece"]

PROTOCOL = "quick"
FIELD = re.compile(r"\{(\S+) (\w+)\}")

Claim = tuple[str, str, Literal[">", "~"], str]
"""That a method has more of an axis than another one, beyond chance, ("dit", "vendi", ">", "dap"),
or that the study does not tell them apart, "~"."""


@dataclass(frozen=True)
class Piece:
    """A comparison of some rows of a study."""

    title: str
    study: tuple[str, int]  # data set and images a class
    methods: Sequence[str]  # rows of the study, as lanes
    words: str  # "{dap vendi}" stands for that figure
    claims: Sequence[Claim]


PIECES = (
    Piece(
        "Guidance that makes images alike", ("digits", 10), ("random", "dit", "dap"),
        "DAP pulls every image toward the class. Its images come out more alike: their diversity "
        "is {dap vendi}, that of DiT is {dit vendi}, and that of random real images "
        "{random vendi}.",
        (("dit", "vendi", ">", "dap"), ("random", "vendi", ">", "dit")),
    ),
    Piece(
        "Much is covered by images that are much alike", ("digits", 10),
        ("random", "dit", "d3hr"),
        "D³HR covers {d3hr coverage} % of the real images, and random real images cover "
        "{random coverage} %. Yet its diversity is {d3hr vendi}, and theirs is {random vendi}.",
        (("d3hr", "coverage", ">", "random"), ("random", "vendi", ">", "d3hr")),
    ),
    Piece(
        "A discrepancy mends it", ("digits", 10), ("dit", "d3hr", "d3hr+discrepancy"),
        "With guidance by a discrepancy, D³HR covers {d3hr+discrepancy coverage} % in place of "
        "{d3hr coverage} %, and its diversity goes from {d3hr vendi} to {d3hr+discrepancy vendi}. "
        "Nets reach {d3hr+discrepancy accuracy} % beside {d3hr accuracy} %: not told apart.",
        (
            ("d3hr+discrepancy", "coverage", ">", "d3hr"),
            ("d3hr+discrepancy", "vendi", ">", "d3hr"),
            ("d3hr+discrepancy", "accuracy", "~", "d3hr"),
        ),
    ),
    Piece(
        "Coverage does not say what teaches best", ("digits", 10),
        ("random", "discrepancy", "k-center:pool=1"),
        "K-center picks real images at the rim of a class. They cover {k-center:pool=1 coverage} "
        "% of it, less than random real images with {random coverage} %. Yet nets learn more from "
        "them, {k-center:pool=1 accuracy} % beside {random accuracy} %. Guidance by a discrepancy "
        "covers {discrepancy coverage} %, and is not told apart from them with "
        "{discrepancy accuracy} %.",
        (
            ("random", "coverage", ">", "k-center:pool=1"),
            ("k-center:pool=1", "accuracy", ">", "random"),
            ("k-center:pool=1", "accuracy", "~", "discrepancy"),
            ("discrepancy", "coverage", ">", "random"),
        ),
    ),
    Piece(
        "Images that only avoid each other", ("digits", 10), ("random", "dit", "diversity"),
        "Repulsion makes the images differ more, {diversity vendi} in place of {dit vendi}, and "
        "cover less, {diversity coverage} % in place of {dit coverage} %.",
        (("diversity", "vendi", ">", "dit"), ("dit", "coverage", ">", "diversity")),
    ),
    Piece(
        "A discrepancy makes the difference", ("solids", 10),
        ("random", "dit", "minimax", "minimax+discrepancy"),
        "Minimax brings nets to {minimax accuracy} %, which is not told apart from random real "
        "images with {random accuracy} %. Together with guidance by a discrepancy it brings them "
        "to {minimax+discrepancy accuracy} %, which is.",
        (
            ("minimax", "accuracy", "~", "random"),
            ("minimax+discrepancy", "accuracy", ">", "random"),
        ),
    ),
    Piece(
        "A simple selection is hard to beat", ("solids", 50),
        ("random", "herding:pool=1", "discrepancy", "d3hr"),
        "With fifty images a class, real images that herding picks bring nets to "
        "{herding:pool=1 accuracy} %, random ones to {random accuracy} %. Guidance by a "
        "discrepancy reaches {discrepancy accuracy} %, and D³HR {d3hr accuracy} %.",
        (
            ("herding:pool=1", "accuracy", ">", "random"),
            ("herding:pool=1", "accuracy", ">", "discrepancy"),
            ("herding:pool=1", "accuracy", ">", "d3hr"),
        ),
    ),
    Piece(
        "With many images, chance is hard to beat", ("solids", 50), ("random", "dit", "d3hr"),
        "With fifty images a class, D³HR covers {d3hr coverage} % of the real images, and random "
        "real images cover {random coverage} %. Yet nets learn less from it, {d3hr accuracy} % "
        "beside {random accuracy} %. DiT with {dit accuracy} % is not told apart from them.",
        (
            ("d3hr", "coverage", ">", "random"),
            ("random", "accuracy", ">", "d3hr"),
            ("random", "accuracy", "~", "dit"),
        ),
    ),
)  # fmt: skip


@cache
def gallery(_: Any = None) -> list[payloads.GalleryPiece]:
    """The pieces whose data sets have their models on this machine."""
    return [_shown(piece) for piece in PIECES if has_models(piece.study[0])]


def study_of_piece(piece: Piece) -> Study:
    """The study of a piece.

    Raises:
        Refused: if it does not ship.
    """
    dataset, ipc = piece.study
    for study in joined_studies(dataset):
        if (study.ipc, study.protocol) == (ipc, PROTOCOL):
            return study
    raise Refused(f"The study of {dataset} with {ipc} images a class does not ship.")


def holds(study: Study, claim: Claim) -> bool:
    """Whether the figures of a study bear out what is claimed."""
    method, axis, relation, other = claim
    difference = study.difference(method, axis, other)
    if difference is None:
        return False
    return difference.low > 0 if relation == ">" else difference.low <= 0 <= difference.high


def _shown(piece: Piece) -> payloads.GalleryPiece:
    study = study_of_piece(piece)

    def figure(match: re.Match[str]) -> str:
        method, axis = match.groups()
        return f"{study.row(method).figures[axis].mean:.{study.columns[axis].digits}f}"

    title = DATASETS[study.dataset].title
    return {
        "title": piece.title,
        "words": FIELD.sub(figure, piece.words),
        "of": f"{title}, {study.ipc} images a class; means over all classes",
        "query": _link(study, piece.methods),
    }


def _link(study: Study, methods: Sequence[str]) -> dict[str, str]:
    """A link to the comparison of rows of a study, on the class that the page begins with."""
    lanes, runs = [], []
    for slot, method in enumerate(methods):
        link = link_of(study, method)
        if link is None:
            raise Refused(f"The models of {study.dataset} are not on this machine.")
        runs.append(run := Request.from_query(link))
        lanes.append({"slot": slot, "method": run.method, "options": run.public()["options"]})
    (label,) = runs[0].classes
    numbers = {"ipc": study.ipc, "steps": runs[0].steps, "seed": runs[0].seed}
    lineup = Lineup.parse({"dataset": study.dataset, "label": label, **numbers, "lanes": lanes})
    for lane in lineup.lanes.values():
        if isinstance(lane, Refused):
            raise lane
    return lineup.query()
