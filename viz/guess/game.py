"""Guesses: a question is asked without its answer, and the guess brings the answer.

What teaches better is said by the shipped study: its accuracies are of whole sets of all classes,
with intervals over several sets. Two methods that it does not tell apart are a question like any
other, and then neither guess is wrong.
"""

import base64
import io
import secrets
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from distiller.data.registry import DATASETS
from distiller.errors import Refused
from distiller.image import contact_sheet
from distiller.limits import choice, whole
from distiller.sets.request import Request

from .. import payloads
from ..draw.preview import data_uri
from ..serving.desk import Made, open_desk
from ..serving.held import Held
from ..serving.job import Busy, Job, Place, words_of
from ..serving.ticket import Begun, Several
from ..settings import FIRST
from ..visitor.session import Session
from .answer import Runs, answer_mix, answer_pair
from .question import Mix, Pair, draw_mix, draw_pair, pair_of, shipped_run, study_of

__all__ = ["GAMES", "ask_shipped", "asked", "examples", "found", "guessed"]

GAMES = {"pair": "Which set teaches a net better?", "real": "Which images are real?"}
PAIR, MIX, LABEL = ("minimax+discrepancy", "dap"), "dit", 4
"""The methods and the class of the examples, whose images ship with the page."""
COLUMNS = 4  # of a sheet of real and distilled images


@dataclass(frozen=True)
class _Asked:
    """A question that waits for its guess."""

    drawn: Pair | Mix
    runs: Runs


_HELD: Held[_Asked] = Held(128, "This question is held no longer. Ask for the next one.")


async def asked(
    session: Session, dataset: Any, game: Any, seed: str = ""
) -> AsyncGenerator[payloads.GuessWait | payloads.GuessQuestion, None]:
    """Makes the images of a question: yields how that stands, and last the question.

    How it stands is not said of either method, since that would tell one from the other. Ends
    without a question if the visitor stops it. Without a seed it draws one.

    Raises:
        Refused: if there is no such data set or game, or no such question can be asked here.
    """
    name = choice("data set", dataset, DATASETS)
    draw = draw_pair if choice("game", game, GAMES) == "pair" else draw_mix
    value = {"dataset": name, "game": game}
    ticket = session.several("guess", value)
    if ticket is None:
        ask = partial(_asking, session, draw(name, seed or secrets.token_hex(16)))
        ticket = session.issue("guess", Several(ask, value=value))
    wait: payloads.GuessWait = {"live": True, "game": game, "words": "", "id": ticket.id}
    async for shown in ticket.follow(session.visitor, lambda job: None):
        if isinstance(shown, str):
            yield {**wait, "words": shown}
        else:
            question: payloads.GuessQuestion = shown
            yield {**question, "id": ticket.id}


async def _asking(
    session: Session, drawn: Pair | Mix, begun: Begun
) -> AsyncGenerator[str | payloads.GuessQuestion, None]:
    """How the images of a question stand, in words, and last the question."""
    runs: dict[int, payloads.Run] = {}
    yield "The images are made"
    for slot, request in drawn.lineup.lanes.items():
        assert isinstance(request, Request)  # a question is drawn with none that is refused
        async for shown in _made(session, request, begun):
            if isinstance(shown, str):
                yield shown
            else:
                runs[slot] = shown
    if len(runs) == len(drawn.lineup.lanes):
        yield _question(drawn, runs, _HELD.put(_Asked(drawn, runs)))


async def _made(
    session: Session, request: Request, tell: Begun
) -> AsyncGenerator[str | payloads.Run, None]:
    """The run of a request, from what ships or from the desk; words while it waits in line."""
    if (shipped := shipped_run(request)) is not None:
        yield shipped
        return
    visitor = f"{session.visitor} guessing"  # no dial of Explore turns this run

    def begun(job: Job) -> None:
        tell(job)
        session.turn("guess").leave = lambda: open_desk().line.leave(job, visitor)

    dials = {"cfg_scale": request.cfg_scale, **request.options}
    async for shown in open_desk().run(visitor, request, dials, begun):
        if isinstance(shown, Made):
            yield shown.shown
        elif isinstance(shown, (Place, Busy)):
            yield words_of(shown)


def _held(raw: Any) -> _Asked:
    if not isinstance(raw, Mapping):
        raise Refused("A guess needs the token of its question.")
    return _HELD.get(raw.get("token"))


# ------------------------------------------------------------------------------------ questions


def _question(drawn: Pair | Mix, runs: Runs, token: str) -> payloads.GuessQuestion:
    base = drawn.lineup.base
    source = DATASETS[base.dataset]
    label = source.classes[base.classes[0]]
    if isinstance(drawn, Mix):
        return {
            "live": False, "game": "real", "token": token,
            "caption": f"{source.title}, class {label}: real and distilled images",
            "ask": GAMES["real"], "sheets": [_mixed(drawn, runs)],
        }  # fmt: skip
    return {
        "live": False, "game": "pair", "token": token,
        "caption": f"{source.title}, class {label}: {base.ipc} images by each of two methods",
        "ask": GAMES["pair"],
        "sheets": [
            {"sheet": run["sheet"], "n": run["n"], "columns": run["columns"]}
            for _, run in sorted(runs.items())
        ],
    }  # fmt: skip


def _mixed(drawn: Mix, runs: Runs) -> payloads.GuessSheet:
    """The sheet of a question, written anew: nothing of the sheets that it is cut from is left."""
    tiles = {slot: _tiles(run) for slot, run in runs.items()}
    images = np.stack([tiles[lane][k] for lane, k in drawn.places])
    sheet = data_uri(contact_sheet(images, COLUMNS), lossless=True)
    return {"sheet": sheet, "n": len(images), "columns": COLUMNS}


def _tiles(run: payloads.Run) -> NDArray[np.uint8]:
    """The images (n, h, w, 3) of a run."""
    content = base64.b64decode(run["sheet"].partition(",")[2])
    with Image.open(io.BytesIO(content)) as picture:
        pixels = np.asarray(picture.convert("RGB"))
    side = pixels.shape[1] // run["columns"]
    rows = pixels.shape[0] // side
    cut = pixels.reshape(rows, side, run["columns"], side, 3).swapaxes(1, 2)
    return cut.reshape(-1, side, side, 3)[: run["n"]]


# -------------------------------------------------------------------------------------- answers


def guessed(raw: Any) -> payloads.GuessAnswer:
    """The answer to a guess of which set teaches better: {"token", "guess": 0 is left, 1 right}.

    Raises:
        Refused: if the question is held no longer, or it is no such guess.
    """
    question = _held(raw)
    if not isinstance(question.drawn, Pair):
        raise Refused("This question asks for the real images.")
    return answer_pair(question.drawn, question.runs, whole("the guess", raw.get("guess"), 0, 1))


def found(raw: Any) -> payloads.GuessFound:
    """The answer to a guess of which images are real: {"token", "marked": their places}.

    Raises:
        Refused: if the question is held no longer, or a place is not on the sheet.
    """
    question = _held(raw)
    if not isinstance(question.drawn, Mix):
        raise Refused("This question asks which of two sets teaches better.")
    marked, last = raw.get("marked"), len(question.drawn.places) - 1
    if not isinstance(marked, (list, tuple)) or len(marked) > last + 1:
        raise Refused("The images that were taken for real must be a list of their places.")
    places = {whole("a place", k, 0, last) for k in marked}
    return answer_mix(question.drawn, question.runs, places)


@cache
def examples() -> payloads.GuessExamples:
    """A question of each game that is answered already, from what ships.

    Raises:
        Refused: if what they show does not ship.
    """
    pair = _example(pair_of(study_of(FIRST), PAIR, LABEL))
    real = _example(draw_mix(FIRST, "example", LABEL, MIX))
    assert isinstance(pair.drawn, Pair)
    assert isinstance(real.drawn, Mix)
    marked = set(real.drawn.real[:-1])  # one is overlooked, as usual
    return {
        "pair": _question(pair.drawn, pair.runs, ""),
        "answer": answer_pair(pair.drawn, pair.runs, 0),
        "real": _question(real.drawn, real.runs, ""),
        "found": answer_mix(real.drawn, real.runs, marked),
    }


def ask_shipped(drawn: Pair) -> payloads.GuessQuestion:
    """A question whose images ship with the page: it is asked at once.

    Raises:
        Refused: if they do not.
    """
    made = _example(drawn)
    return _question(made.drawn, made.runs, _HELD.put(made))


def _example(drawn: Pair | Mix) -> _Asked:
    runs = {}
    for slot, request in drawn.lineup.lanes.items():
        run = shipped_run(request) if isinstance(request, Request) else None
        if run is None:
            raise Refused(f"The images of {drawn.lineup.query()} do not ship with the page.")
        runs[slot] = run
    return _Asked(drawn, runs)
