"""Several runs together that a page lost sight of: nothing is made twice, and nothing is lost."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.followed import everything
from viz.compare.lanes import compared
from viz.guess import game as guess
from viz.serving import desk as desks
from viz.serving import run_group
from viz.serving.desk import Desk
from viz.serving.kept import Kept
from viz.serving.line import Line
from viz.sweep.cells import swept
from viz.visitor.coming_back import followed, resume, standing
from viz.visitor.session import Session

SHARED = {"dataset": "digits", "label": 3, "ipc": 2, "steps": 6, "seed": 1}
LANES: list[dict[str, Any]] = [
    {"slot": slot, "method": method, "cfg_scale": None, "options": {}}
    for slot, method in ((0, "random"), (1, "dit"), (2, "diversity"))
]
AXES = [{"key": "cfg_scale", "low": 1, "high": 2, "count": 3}]
COMPARISON = {**SHARED, "lanes": LANES}
SWEEP = {**SHARED, "method": "dit", "cfg_scale": 1.5, "axes": AXES}
Made = list[Any]


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A desk that has made nothing yet."""
    made = Desk(Line(50), Kept(tmp_path / "runs", memory=10**8, disk=10**8))
    for module in (run_group, guess):
        monkeypatch.setattr(module, "open_desk", lambda: made)
    yield made
    made.line.close()


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> Made:
    """The requests that are really distilled."""
    found: Made = []
    work = desks.explore  # type: ignore[attr-defined]

    def explore(lab: Any, asked: Any, *given: Any) -> Any:
        found.append(asked)
        return work(lab, asked, *given)

    monkeypatch.setattr(desks, "explore", explore)
    return found


def left_when(values: AsyncGenerator[Any, None], enough: Callable[[Any], bool]) -> Any:
    """Follows until a value is enough, and loses the connection; that value."""

    async def watch() -> Any:
        try:
            async for value in values:
                if enough(value):
                    return value
        finally:
            await values.aclose()
        raise AssertionError("it came to its end first")

    return asyncio.run(watch())


def brought(name: str, id: str) -> str:
    return json.dumps({name: {"id": id}, "front": name})


def one_done(shown: Any) -> bool:
    lanes = shown["lanes"] if "lanes" in shown else shown["cells"]
    return any(not lane["live"] for lane in lanes.values())


def test_a_comparison_goes_on_with_its_lanes_where_they_are(begun: Made) -> None:
    session = Session()
    race = left_when(compared(session, {**COMPARISON, "run": False}), one_done)
    back = resume(brought("compare", race["id"]))
    assert back.session is session
    assert (back.picked, back.front) == (("compare",), "compare")
    assert back.values == {"compare": COMPARISON}
    assert "comparison" in back.words
    assert followed(brought("compare", race["id"]), "compare")
    assert not followed(brought("sweep", race["id"]), "sweep")
    *_, last = everything(compared(session, {**COMPARISON, "run": False}))
    assert last["id"] == race["id"]
    assert not any(lane["live"] for lane in last["lanes"].values())
    assert len(last["told"]["begins"]) == 3
    assert len(begun) == 3  # none of them twice
    assert standing(race["id"]) == "shown"
    assert resume(brought("compare", race["id"])).words.endswith("Here is your last comparison.")
    *_, again = everything(compared(session, COMPARISON))
    assert (again["id"], len(begun)) == (race["id"], 3)


def test_who_asks_for_something_else_is_not_given_what_was_asked_before(begun: Made) -> None:
    session = Session()
    race = left_when(compared(session, COMPARISON), one_done)
    resume(brought("compare", race["id"]))
    *_, last = everything(compared(session, {**COMPARISON, "seed": 2}))
    assert last["id"] != race["id"]
    assert session.picked == {}
    assert not followed(brought("compare", race["id"]), "compare")  # another came after it


def test_lanes_that_are_done_are_there_where_nothing_is_kept(desk: Desk, begun: Made) -> None:
    desk.kept = Kept(None, memory=0, disk=0)
    session = Session()
    race = left_when(compared(session, COMPARISON), one_done)
    resume(brought("compare", race["id"]))
    *_, last = everything(compared(session, COMPARISON))
    assert not any(lane["live"] for lane in last["lanes"].values())
    assert len(begun) == 3  # none of them twice


def test_what_is_kept_nowhere_is_followed_too(desk: Desk, begun: Made) -> None:
    lanes = [{**LANES[0], "slot": 1, "method": "dp-merf"}, LANES[0]]
    asked = {**COMPARISON, "lanes": lanes}
    session = Session()
    race = left_when(compared(session, asked), one_done)
    resume(brought("compare", race["id"]))
    everything(compared(session, asked))
    assert sorted(request.method for request in begun) == ["dp-merf", "random"]


def test_a_sweep_that_stood_still_is_filled_up(begun: Made) -> None:
    session = Session()
    grid = left_when(swept(session, SWEEP), one_done)
    back = resume(brought("sweep", grid["id"]))
    assert back.values == {"sweep": SWEEP}
    *_, last = everything(swept(session, SWEEP))
    assert last["id"] == grid["id"]
    assert len(last["cells"]) == 3
    assert not any(cell["live"] for cell in last["cells"].values())
    assert len(begun) == 3


def test_runs_that_nobody_follows_are_left_once_none_goes_on(desk: Desk) -> None:
    """A page that waits for them in vain hears so, and is loaded again."""
    session = Session()
    grid = left_when(swept(session, SWEEP), lambda shown: bool(shown["cells"]))
    desk.line.grace = 0.0
    assert standing(grid["id"]) in ("running", "waiting", "left")
    while standing(grid["id"]) != "left":
        desk.line.find("")  # which sweeps the line
    assert "the rest is asked for again" in resume(brought("sweep", grid["id"])).words


@pytest.mark.slow
def test_a_question_that_is_asked_again_is_the_same(
    begun: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("LANE_IMAGES", 2), ("SHEET", 2), ("FEWEST", 1)):
        monkeypatch.setattr(f"viz.guess.question.{name}", value)
    session = Session()
    wait = left_when(guess.asked(session, "digits", "real", "7"), lambda shown: shown["live"])
    assert (wait["game"], resume(brought("guess", wait["id"])).values) == (
        "real",
        {"guess": {"dataset": "digits", "game": "real"}},
    )
    *_, question = everything(guess.asked(session, "digits", "real"))
    *_, same = everything(guess.asked(Session(), "digits", "real", "7"))
    assert question["id"] == wait["id"]
    assert not question["live"]
    assert not same["live"]
    assert question["sheets"] == same["sheets"]
    assert len(begun) == 2
