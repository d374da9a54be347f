"""The cells of a sweep on their way: each is a run of the desk with a key of its own.

So a cell that was made before is there at once, whoever made it, and what a sweep made is kept as
every run is. Few of its cells stand in the line at a time: others come in between two of them.
"""

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import AsyncGenerator
from threading import Lock
from typing import Any

from distiller.errors import Refused
from distiller.sets.request import Request

from . import payloads
from .desk import Made, desk, words_of
from .job import Busy, Job, Place
from .preview import contact_sheet, data_uri
from .session import Session
from .sweep import Sweep

__all__ = ["cell_of", "handed_cell", "swept"]

AT_ONCE = 2  # cells in the line: the device does not wait for the next one
PAUSE = 0.1  # seconds between two values to show, at least
SHOWN = 4  # images of a cell, in two columns
HELD = 2000  # finished cells that can be fetched, the newest
WIDTHS = ("mmd2_half", "mmd2_double")  # the same score again, at other bandwidths


async def swept(session: Session, raw: Any) -> AsyncGenerator[payloads.Swept, None]:
    """Makes the cells of a sweep, and yields how all of them stand.

    A finished cell is a token, with which the page fetches it (`handed_cell`). A cell that is
    refused shows its sentence, and the others go on.

    Raises:
        Refused: if the sweep itself cannot be made.
        Exception: what else went wrong in a cell, once the others are done.
    """
    grid = _Grid(session, Sweep.parse(raw))
    session.turn("sweep").leave = grid.leave
    async for shown in grid.follow():
        yield shown
    if grid.wrong:
        raise grid.wrong[0]


class _Grid:
    """The cells of one sweep, on their way."""

    def __init__(self, session: Session, sweep: Sweep) -> None:
        # Not the visitor's own name: a dial that is turned on Explore must not turn a cell.
        self.visitor, self.id = f"{session.visitor} sweeping", secrets.token_hex(8)
        self.sweep = sweep
        self.jobs: list[Job] = []
        self.wrong: list[Exception] = []
        self.cells: dict[str, payloads.Waiting | payloads.Done] = {}
        self.left = False
        self._news, self._room = asyncio.Event(), asyncio.Semaphore(AT_ONCE)

    def leave(self) -> None:
        """Takes back what is not done yet."""
        self.left = True
        for job in list(self.jobs):
            desk().line.leave(job, self.visitor)

    async def follow(self) -> AsyncGenerator[payloads.Swept, None]:
        """How the cells stand, until all are over; of what comes in quick succession the last."""
        yield self.sweep.shown(self.id)
        tasks = [asyncio.create_task(self._cell(*cell)) for cell in self.sweep.cells.items()]
        try:
            over = False
            while not over:
                await self._news.wait()
                self._news.clear()
                over = all(task.done() for task in tasks)
                yield {**self.sweep.shown(self.id), "cells": dict(self.cells)}
                await asyncio.sleep(PAUSE)
        finally:
            self.left = True
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _cell(self, place: str, request: Request | Refused) -> None:
        """Shows how a cell stands. What is no refusal is kept, and said in general words."""
        try:
            if isinstance(request, Refused):
                raise request
            async with self._room:
                if not self.left:
                    await self._run(place, request)
        except Refused as refusal:
            self._say(place, str(refusal), failed=True)
        except Exception as error:  # raised again by `swept`
            self.wrong.append(error)
            self._say(place, "Something went wrong here; the server's log says what.", failed=True)
        finally:
            asyncio.get_running_loop().call_soon(self._news.set)  # once this task is done

    async def _run(self, place: str, request: Request) -> None:
        dials = {"cfg_scale": request.cfg_scale, **request.options}
        self._say(place, "waits for its turn")
        async for shown in desk().run(self.visitor, request, dials, self._begun):
            if isinstance(shown, Made):
                cell = await asyncio.to_thread(cell_of, shown)
                self._show(place, {"live": False, "token": _hand(cell)})
            elif isinstance(shown, (Place, Busy)):
                self._say(place, words_of(shown))
            else:
                stage = shown["stage"] or "step"
                self._say(place, f"{stage} {shown['step']} of {shown['steps']}")

    def _begun(self, job: Job) -> None:
        self.jobs.append(job)
        if self.left:  # it was stopped while this one came into the line
            desk().line.leave(job, self.visitor)

    def _say(self, place: str, words: str, *, failed: bool = False) -> None:
        self._show(place, {"live": True, "failed": failed, "words": words})

    def _show(self, place: str, shown: payloads.Waiting | payloads.Done) -> None:
        if self.cells.get(place) != shown:
            self.cells[place] = shown
            self._news.set()


def cell_of(made: Made) -> payloads.SweptCell:
    """What the grid shows of a finished run."""
    images, run = made.images[:SHOWN], made.shown
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


_HELD: OrderedDict[str, payloads.SweptCell] = OrderedDict()
_HOLDING = Lock()


def _hand(cell: payloads.SweptCell) -> str:
    """Holds a finished cell for the page to fetch; the token that it is fetched with."""
    token = secrets.token_hex(16)
    with _HOLDING:
        _HELD[token] = cell
        while len(_HELD) > HELD:
            _HELD.popitem(last=False)
    return token


def handed_cell(token: Any) -> payloads.SweptCell:
    """The finished cell of a token.

    Raises:
        Refused: if it is held no longer, or never was.
    """
    with _HOLDING:
        cell = _HELD.get(str(token))
    if cell is None:
        raise Refused("This cell is held no longer. Sweep again: what was made is there at once.")
    return cell
