"""A page that is loaded again: it goes on with its own run, and with nobody else's."""

import asyncio
import gc
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from distiller.errors import Refused
from tests.followed import everything
from viz.serving import desk as desks
from viz.serving.kept import Kept
from viz.serving.line import Line
from viz.training import in_line
from viz.visitor import coming_back as module
from viz.visitor import visit
from viz.visitor.coming_back import resume, standing
from viz.visitor.session import Session, holder

RAW = {"dataset": "digits", "method": "dit", "classes": [3], "ipc": 2, "steps": 4, "cfg_scale": 1.5}
Began = Callable[[], int]


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    """A line of its own."""
    made = Line(50)
    desk = desks.Desk(made, Kept(None, memory=10**7, disk=0))
    for where in ("visitor.visit", "serving.ticket", "visitor.session"):
        monkeypatch.setattr(f"viz.{where}.open_desk", lambda: desk)
    yield made
    made.close()


@pytest.fixture
def began(monkeypatch: pytest.MonkeyPatch) -> Began:
    """How many runs were begun."""
    work, count = desks.explore, [0]

    def explore(*given: Any) -> Any:
        count[0] += 1
        return work(*given)

    monkeypatch.setattr(desks, "explore", explore)
    return lambda: count[0]


def brought(front: str = "explore", **runs: Any) -> str:
    return json.dumps({"front": front, **{name: {"id": id} for name, id in runs.items()}})


def leave_after(session: Session, raw: dict[str, Any], values: int) -> dict[str, Any]:
    """Asks for a run, and loses the connection after so many values; the last of them."""

    async def watch() -> dict[str, Any]:
        run = visit.run(session, raw)
        for _ in range(values):
            shown, _ = await anext(run)
        await run.aclose()
        assert shown is not None
        return dict(shown)

    return asyncio.run(watch())


def test_a_run_outlives_its_connection(line: Line, began: Began) -> None:
    session = Session()
    seen = leave_after(session, RAW, 2)
    ticket = session.tickets["explore"]
    assert seen["id"] == ticket.id
    back = resume(brought(explore=ticket.id))
    assert back.session is session
    assert back.picked == ("explore",)
    assert back.request is not None
    assert back.request.query() == {**back.request.query(), "steps": "4", "classes": "3"}
    assert back.words.startswith("Your run went on") or back.words.startswith("Your run was fin")
    *_, (shown, _), (_, file) = everything(visit.run_again(session, session.picked["explore"]))
    assert began() == 1
    assert shown is not None
    assert (shown["live"], shown["id"]) == (False, ticket.id)
    assert file is not None
    assert session.last is not None
    assert "shown" in standing(ticket.id)
    assert "last run" in resume(brought(explore=ticket.id)).words


def test_a_run_that_waits_is_followed_again_and_one_out_of_line_is_asked_for_again(
    line: Line, began: Began
) -> None:
    held = threading.Event()

    def hold() -> Iterator[None]:
        yield None
        held.wait(60)

    blocker = line.join("other", hold)  # type: ignore[arg-type]
    session = Session()
    seen = leave_after(session, RAW, 2)
    assert "comes first" in seen["words"]
    id = session.tickets["explore"].id
    assert standing(id) == "waiting"
    assert "still waits in line" in resume(brought(explore=id)).words
    line.grace = 0.0
    assert line.find(blocker.id) is blocker  # which sweeps the line
    line.grace = 60.0
    assert standing(id) == "stopped"
    assert "out of the line" in resume(brought(explore=id)).words
    held.set()
    *_, (_, file) = everything(visit.run_again(session, session.picked["explore"]))
    assert file is not None
    assert began() == 1


def test_an_id_leads_to_the_visit_it_was_given_to_and_cannot_be_guessed(
    line: Line, began: Began
) -> None:
    """Two visitors who ask for the same share the work, and nothing else."""
    mine, theirs = Session(), Session()
    leave_after(mine, RAW, 2)
    leave_after(theirs, RAW, 2)
    ids = [session.tickets["explore"].id for session in (mine, theirs)]
    assert ids[0] != ids[1]
    assert all(len(id) == 32 for id in ids)
    assert resume(brought(explore=ids[0])).session is mine
    assert resume(brought(explore=ids[1])).session is theirs
    assert holder(mine.visitor) is None
    mixed = resume(brought(explore=ids[0], evaluate=ids[1]))
    assert mixed.session is mine
    assert mixed.picked == ("explore",)
    job = mine.tickets["explore"].job
    assert job is not None
    assert holder(job.id) is None
    everything(visit.run_again(mine, mine.tickets["explore"]))
    assert began() == 1


def test_an_id_that_the_server_does_not_know_any_more_gives_a_sentence(line: Line) -> None:
    session = Session()
    everything(visit.run(session, RAW))
    first = session.tickets["explore"].id
    everything(visit.run(session, {**RAW, "steps": 3}))
    last = session.tickets["explore"].id
    assert resume(brought(explore=first)).session is None  # another run came after it
    assert standing(first) == "replaced"
    del session
    gc.collect()
    query = {"dataset": "digits", "classes": "5", "steps": "7"}
    back = resume(json.dumps({"explore": {"id": last, "query": query}, "lost": True}))
    assert back.session is None
    assert back.picked == ()
    assert back.words.startswith("The connection was lost and is back. The server does not know")
    assert back.words.endswith("Press Distil to make it again.")
    assert back.request is not None
    assert (back.request.classes, back.request.steps) == ((5,), 7)
    assert standing(last) == "unknown"
    assert standing("") == "none"


@pytest.mark.parametrize(
    "nonsense",
    [
        None, 7, "", "{", "[]", "null", '{"explore": 3}', '{"explore": {"id": ["a"]}}',
        '{"explore": {"id": "x", "query": {"steps": "1e9", "dataset": ["digits"]}}, "front": {}}',
        '{"explore": {"id": {"a": 1}, "query": 5}}', "[" * 19_000, "x" * 30_000,
    ],
)  # fmt: skip
def test_nonsense_leads_to_a_new_visit(nonsense: Any) -> None:
    back = resume(nonsense)
    assert back.session is None
    assert back.picked == ()
    assert back.request is None


def test_a_run_that_failed_says_so_to_who_comes_back(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> Iterator[Any]:
        yield {"live": True}
        raise Refused("It cannot be made here.")

    monkeypatch.setattr(desks, "explore", refuse)
    session = Session()
    leave_after(session, RAW, 2)
    ticket = session.tickets["explore"]
    with pytest.raises(Refused, match="cannot be made"):
        everything(visit.run_again(session, ticket))
    assert "went wrong" in resume(brought(explore=ticket.id)).words


def test_a_training_goes_on_without_its_page_and_beside_the_runs(
    line: Line, began: Began, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, held = threading.Event(), threading.Event()

    def train(*_: Any, **__: Any) -> Iterator[Any]:
        for words in ("reads the pictures", "trains the judge"):
            yield {**in_line("cats", words), "progress": 0.5}
        seen.set()
        assert held.wait(60)
        yield {**in_line("cats", "done"), "live": False}

    monkeypatch.setattr(visit, "train_pictures", train)
    monkeypatch.setenv("DISTILLER_TRAIN", "1")
    session = Session()

    async def leave() -> str:
        states = visit.training(session, None, "cats", 64, 4)
        first = await anext(states)
        await states.aclose()
        return first["id"]

    id = asyncio.run(leave())
    assert seen.wait(60)
    assert standing(id) == "running"
    everything(visit.run(Session(), RAW))  # nobody waits for a training
    back = resume(brought(front="train", train=id))
    assert (back.session, back.picked, back.front) == (session, ("train",), "train")
    assert back.words.startswith("Your training went on")
    held.set()
    states = everything(visit.training_again(session, session.picked["train"]))
    assert (states[-1]["now"], states[-1]["live"], states[-1]["id"]) == ("done", False, id)
    assert standing(id) == "shown"


def test_dials_stand_where_they_stood_and_what_is_private_is_not_brought(line: Line) -> None:
    session = Session()
    raw = {**RAW, "method": "dap", "options": {"dap.gamma": 0.3}}
    leave_after(session, raw, 1)
    session.dials["dap.gamma"] = 2.0
    request = resume(brought(explore=session.tickets["explore"].id)).request
    assert request is not None
    assert request.options["dap.gamma"] == 2.0
    private = {**RAW, "method": "dp-merf", "options": {"dp-merf.secret": 123456}}
    leave_after(session, private, 1)
    request = resume(brought(explore=session.tickets["explore"].id)).request
    assert request is not None
    assert "123456" not in str(request)


def test_an_evaluation_is_followed_again(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    opened, begun = threading.Event(), list[int]()

    def evaluate(lab: Any, sets: Any, board: Any, plan: Any) -> Iterator[Any]:
        begun.append(1)
        yield {"live": True, "now": "trains"}
        opened.wait(60)
        yield {"live": False, "now": "done"}

    monkeypatch.setattr(visit, "evaluate_sets", evaluate)
    session = Session()
    chosen = [next(iter(session.shelf.of("digits")))]

    async def leave() -> dict[str, Any]:
        run = visit.evaluation(session, "digits", chosen, "quick", "", 1)
        shown = await anext(run)
        await run.aclose()
        return dict(shown)

    id = asyncio.run(leave())["id"]
    assert standing(id) == "running"
    back = resume(brought("evaluate", evaluate=id))
    assert (back.session, back.picked, back.front) == (session, ("evaluate",), "evaluate")
    assert back.words.startswith("Your evaluation went on")
    opened.set()
    *_, last = everything(visit.evaluation_again(session, session.picked["evaluate"]))
    assert (last["id"], last["now"], begun) == (id, "done", [1])
    assert standing(id) == "shown"
    assert module.LOST not in back.words
