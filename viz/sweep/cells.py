"""The cells of a sweep on their way: each is a run of the desk with a key of its own.

So a cell that was made before is there at once, whoever made it, and what a sweep made is kept as
every run is. Few of its cells stand in the line at a time: others come in between two of them.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from distiller.machine.assets import ASSETS

from .. import payloads
from ..draw.preview import contact_sheet, data_uri
from ..serving.desk import Made
from ..serving.held import Held
from ..serving.job import Job
from ..serving.run_group import RunGroup
from ..serving.ticket import Begun, Several
from ..visitor.session import Session
from .grid import Sweep

__all__ = ["cell_of", "handed_cell", "shipped_sweep", "swept"]

AT_ONCE = 2  # cells in the line: the device does not wait for the next one
PAUSE = 0.1  # seconds between two values to show, at least
SHOWN = 4  # images of a cell, in two columns
WIDTHS = ("mmd2_half", "mmd2_double")  # the same score again, at other bandwidths


_HELD: Held[payloads.SweptCell] = Held(
    2000, "This cell is held no longer. Sweep again: what was made is there at once."
)


async def swept(session: Session, raw: Any) -> AsyncGenerator[payloads.Swept, None]:
    """Makes the cells of a sweep, and yields how all of them stand.

    A finished cell is a token, with which the page fetches it (`handed_cell`). A cell that is
    refused shows its sentence, and the others go on.

    Raises:
        Refused: if the sweep itself cannot be made.
        Exception: what else went wrong in a cell, once the others are done.
    """
    sweep, value = Sweep.parse(raw), {key: raw[key] for key in raw if key != "run"}
    ticket = session.several("sweep", value)
    if ticket is None:
        ask = partial(_cells, session, sweep, {})
        ticket = session.issue("sweep", Several(ask, value=value))
    yield sweep.shown(ticket.id)
    async for cells in ticket.follow(session.visitor, lambda job: None):
        yield {**sweep.shown(ticket.id), "cells": cells}


async def _cells(
    session: Session, sweep: Sweep, private: dict[str, Job], begun: Begun
) -> AsyncGenerator[Mapping[str, payloads.Waiting | payloads.Done], None]:
    """How the cells stand that are followed for the first time or again."""
    runs = RunGroup(
        f"{session.visitor} sweeping", sweep.cells, _finish, step=_step, at_once=AT_ONCE,
        pause=PAUSE, begun=begun, private=private,
    )  # fmt: skip
    session.turn("sweep").leave = runs.leave
    async for cells in runs.follow():
        yield cells
    if runs.wrong:
        raise runs.wrong[0]


async def _finish(_: str, made: Made) -> str:
    return _HELD.put(await asyncio.to_thread(cell_of, made.images, made.shown))


def _step(shown: payloads.Step) -> payloads.Waiting:
    words = f"{shown['stage'] or 'step'} {shown['step']} of {shown['steps']}"
    return {"live": True, "failed": False, "words": words}


def cell_of(made: NDArray[np.uint8], run: payloads.Run) -> payloads.SweptCell:
    """What the grid shows of a finished run with images (n, h, w, 3)."""
    images = made[:SHOWN]
    return {
        "query": run["query"],
        "sheet": data_uri(contact_sheet(images, min(len(images), 2))),
        "scores": [_score(score) for score in run["scores"] if score["name"] not in WIDTHS],
    }


def _score(score: payloads.Score) -> payloads.SweptScore:
    of = f" of {score['of']}" if "of" in score else ""
    return {
        "space": score["space"],
        "name": score["name"],
        "title": score["title"],
        "about": score["about"],
        "value": score["value"],
        "mean": score["mean"],
        "spread": score["spread"],
        "grade": score["grade"],
        "verdict": score["verdict"],
        "unit": score.get("unit", of),
    }


def handed_cell(token: Any) -> payloads.SweptCell:
    """The finished cell of a token.

    Raises:
        Refused: if it is held no longer, or never was.
    """
    return _HELD.get(token)


@cache
def shipped_sweep(dataset: str) -> payloads.SweptExample | None:
    """The sweep that ships with a data set; none of most."""
    path = ASSETS / "sweep" / f"{dataset}.json"
    found: payloads.SweptExample | None = json.loads(path.read_text()) if path.is_file() else None
    return found
