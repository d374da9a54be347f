"""The cells of a sweep: made one after the other, kept, stopped, refused."""

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from distiller.errors import Refused
from distiller.sets.request import Request
from tests.followed import everything
from tests.viz.sent import check
from tests.viz.test_compare import counted
from tests.viz.test_sweep import axis, raw
from viz import payloads
from viz.serving import desk as desks
from viz.serving import run_group
from viz.serving.desk import Desk, Made
from viz.serving.kept import Kept
from viz.serving.line import Line
from viz.settings import FIRST
from viz.sweep import cells as swept
from viz.sweep.cells import handed_cell
from viz.sweep.grid import usual
from viz.visitor.session import Session


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A desk that has made nothing yet."""
    made = Desk(Line(50), Kept(tmp_path / "runs", memory=10**8, disk=10**8))
    monkeypatch.setattr(run_group, "open_desk", lambda: made)
    yield made
    made.line.close()


def cells_of(shown: payloads.Swept) -> dict[str, payloads.SweptCell]:
    """The finished cells of a sweep, by their places."""
    cells = shown["cells"].items()
    return {place: handed_cell(cell["token"]) for place, cell in cells if not cell["live"]}


def test_every_cell_is_made_once_and_kept(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = counted(monkeypatch)
    asked = raw(axis("cfg_scale", 1, 2), axis("diversity.strength", 0, 0.5), method="diversity")
    shown = everything(swept.swept(Session(), asked))
    for each in shown:
        check(payloads.Swept, each)
    assert shown[0]["cells"] == {}
    cells = cells_of(shown[-1])
    assert sorted(cells) == ["0 0", "0 1", "1 0", "1 1"]
    for cell in cells.values():
        check(payloads.SweptCell, cell)
        assert {"coverage", "recognised"} <= {score["name"] for score in cell["scores"]}
    assert cells["1 0"]["query"]["diversity.strength"] == "0.5"
    assert len(begun) == 4

    async def by_its_link() -> Made:
        request = Request.from_query(cells["1 1"]["query"])
        found = [shown async for shown in desk.run("another", request, {})]
        assert isinstance(found[0], Made)
        return found[0]

    run = asyncio.run(by_its_link()).shown
    again = cells_of(everything(swept.swept(Session(), asked))[-1])
    assert again == cells
    assert len(begun) == 4  # neither the link nor the second sweep made anything
    scores = {(score["space"], score["name"]): score["value"] for score in run["scores"]}
    for score in cells["1 1"]["scores"]:
        assert score["value"] == scores[score["space"], score["name"]]


def test_a_cell_that_is_refused_says_so_and_the_others_are_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    work = desks.explore

    def explore(lab: Any, asked: Request, *given: Any) -> Any:
        if asked.ipc == 3:
            raise Refused("Three are too many.")
        return work(lab, asked, *given)

    monkeypatch.setattr(desks, "explore", explore)
    shown = everything(swept.swept(Session(), raw(axis("ipc", 1, 3, 3))))[-1]
    assert sorted(cells_of(shown)) == ["0 0", "0 1"]
    assert shown["cells"]["0 2"] == {"live": True, "failed": True, "words": "Three are too many."}


def test_what_goes_wrong_in_a_cell_is_raised_once_the_others_are_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    work = desks.explore

    def explore(lab: Any, asked: Request, *given: Any) -> Any:
        if asked.ipc == 1:
            raise ZeroDivisionError("a fault")
        return work(lab, asked, *given)

    monkeypatch.setattr(desks, "explore", explore)
    seen: list[payloads.Swept] = []
    with pytest.raises(ZeroDivisionError, match="a fault"):
        everything(swept.swept(Session(), raw(axis("ipc", 1, 2))), seen.append)
    assert sorted(cells_of(seen[-1])) == ["0 1"]
    assert "went wrong" in seen[-1]["cells"]["0 0"]["words"]


def test_stop_keeps_what_is_done_and_begins_nothing_more(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second cell is held until the sweep is stopped; the third never begins."""
    begun: list[int] = []
    gate = threading.Event()
    work = desks.explore

    def explore(lab: Any, asked: Request, *given: Any) -> Any:
        begun.append(asked.ipc)
        if asked.ipc > 1:
            assert gate.wait(60)
        return (yield from work(lab, asked, *given))

    monkeypatch.setattr(desks, "explore", explore)
    session = Session()
    asked = raw(axis("ipc", 1, 5, 5))

    async def stopped_after_one() -> payloads.Swept:
        last: payloads.Swept | None = None
        turn = session.turn("sweep")
        turn.ask()
        async for shown in turn.follow(swept.swept(session, asked)):
            last = shown
            if len(cells_of(shown)) == 1:
                while len(begun) < 2:  # it begins without a word
                    await asyncio.sleep(0.01)
                turn.stop()
        assert last is not None
        return last

    shown = asyncio.run(stopped_after_one())
    gate.set()
    assert list(cells_of(shown)) == ["0 0"]

    async def another() -> list[Any]:  # what the line does next is what another visitor asks for
        request = Request.parse({"dataset": "digits", "classes": [3], "ipc": 1, "steps": 3})
        return [shown async for shown in desk.run("another", request, {})]

    assert isinstance(asyncio.run(another())[-1], Made)
    assert begun == [1, 2, 1]


def test_few_cells_stand_in_the_line_at_a_time(desk: Desk) -> None:
    """Another visitor's run comes before most of a sweep."""
    waiting: list[int] = []

    def look(shown: payloads.Swept) -> None:
        jobs = [job for job in desk.line._jobs.values() if not job.over]
        waiting.append(len(jobs))

    everything(swept.swept(Session(), raw(axis("ipc", 1, 6, 6))), look)
    assert 0 < max(waiting) <= swept.AT_ONCE


def test_a_token_of_nothing_is_refused() -> None:
    with pytest.raises(Refused, match="held no longer"):
        handed_cell("no token")


def test_the_sweep_that_ships_is_the_usual_one_and_whole() -> None:
    example = swept.shipped_sweep(FIRST)
    assert example is not None
    check(payloads.SweptExample, example)
    sweep = usual(FIRST, example["sweep"]["label"])
    assert example["sweep"] == json.loads(json.dumps(sweep.value()))
    assert example["swept"] == json.loads(json.dumps(sweep.shown()))
    assert set(example["cells"]) == set(sweep.cells)
    for place, cell in example["cells"].items():
        request = sweep.cells[place]
        assert isinstance(request, Request)
        assert cell["query"] == request.query()
    assert swept.shipped_sweep("digits") is None
