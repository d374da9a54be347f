"""Whole sets: every class for the lanes of a comparison, kept, scored, and handed to Evaluate."""

import asyncio
import json
import threading
from collections.abc import AsyncGenerator, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from distiller.errors import Refused
from distiller.sets.request import Request
from tests.followed import everything
from tests.viz.sent import check
from tests.viz.test_compare import counted
from tests.viz.test_lineup import lane, raw
from viz import payloads
from viz.compare import lanes as compare
from viz.compare import whole, whole_set
from viz.compare.whole import cell, handed_over, means, sentences, whole_sets, whole_sets_again
from viz.serving import desk as desks
from viz.serving import run_group
from viz.serving.desk import Desk, Made
from viz.serving.kept import Kept
from viz.serving.line import Line
from viz.visitor.coming_back import resume, standing
from viz.visitor.session import Session


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A desk that has made nothing yet."""
    made = new_desk(tmp_path)
    for module in (run_group, whole_set):
        monkeypatch.setattr(module, "open_desk", lambda: made)
    yield made
    made.line.close()


def new_desk(folder: Path) -> Desk:
    return Desk(Line(50), Kept(folder / "runs", memory=10**8, disk=10**8))


def tiny(*lanes: Any, **more: Any) -> dict[str, Any]:
    return raw(*lanes, **{"steps": 2, **more})


def made_by(shown: payloads.Whole) -> dict[int, list[int]]:
    """The labels that are made, by slot."""
    return {lane["slot"]: list(lane["made"]) for lane in shown["lanes"]}


def test_every_class_of_every_lane_is_made_with_the_key_of_an_ordinary_run(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = counted(monkeypatch)
    asked = tiny(lane(0, "random"), lane(2))
    shown = everything(whole_sets(Session(), asked))
    for each in shown:
        check(payloads.Whole, each)
    last = shown[-1]
    assert made_by(last) == {0: list(range(10)), 2: list(range(10))}
    assert (last["progress"], last["left"], last["live"]) == (1.0, None, False)
    shares = [each["progress"] for each in shown]
    assert shares == sorted(shares)
    assert len(begun) == 20

    # It is there at once: for Compare, for another visitor, in another process.
    race = everything(compare.compared(Session(), {**asked, "label": 7}))[-1]
    assert all(not lane["live"] for lane in race["lanes"].values())
    lane_of_seven = race["lanes"]["2"]
    assert not lane_of_seven["live"]
    run = compare.handed(lane_of_seven["token"])
    places = {view: run["points"][view] for view in ("umap", "pca")}
    assert cell([last["id"], 2, 7])["points"] == places
    other = new_desk(tmp_path)
    monkeypatch.setattr(whole_set, "open_desk", lambda: other)
    again = everything(whole_sets(Session(), asked))[-1]
    other.line.close()
    assert made_by(again) == made_by(last)
    assert len(begun) == 20
    for label in (0, 9):
        mine, its = (cell([each["id"], 2, label]) for each in (last, again))
        check(payloads.Cell, mine)
        assert mine == its


def test_rows_fill_class_by_class(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = counted(monkeypatch)
    everything(whole_sets(Session(), tiny(lane(0, "random"), lane(1))))
    order = [(asked.classes[0], asked.method) for asked in begun]
    assert order == [(label, method) for label in range(10) for method in ("random", "dit")]


def test_stop_keeps_what_is_done(desk: Desk) -> None:
    session, seen = Session(), list[payloads.Whole]()

    async def watch() -> None:
        turn = session.turn("whole")
        async for shown in turn.follow(whole_sets(session, tiny(steps=15))):
            seen.append(shown)
            if len(made_by(shown)[1]) >= 2:
                turn.stop()

    asyncio.run(watch())
    assert 2 <= len(made_by(seen[-1])[1]) < 10
    assert all(job.over for job in desk.line._jobs.values())
    assert cell([seen[-1]["id"], 1, 0])["images"] == 2
    found = means(seen[-1]["id"])
    assert list(found["classes"]) == made_by(seen[-1])[1]


def test_a_page_that_is_loaded_again_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, session = counted(monkeypatch), Session()

    async def leave() -> payloads.Whole:
        states = whole_sets(session, tiny())
        async for shown in states:
            if len(made_by(shown)[1]) >= 2:
                break
        await states.aclose()
        return shown

    left = asyncio.run(leave())
    assert left["live"]
    assert standing(left["id"]) == "left"
    back = resume(json.dumps({"front": "whole", "whole": {"id": left["id"]}}))
    assert (back.session, back.picked, back.front) == (session, ("whole",), "compare")
    assert back.words.startswith("Your run of every class stood still")
    last = everything(whole_sets_again(session, session.picked["whole"]))[-1]
    assert (last["id"], last["live"]) == (left["id"], False)
    assert made_by(last) == {0: list(range(10)), 1: list(range(10))}
    assert len(begun) <= 21  # the one that it left was begun anew
    assert standing(left["id"]) == "shown"


def test_who_leaves_late_takes_nothing_from_who_came_back() -> None:
    session = Session()

    async def watch() -> payloads.Whole:
        old = whole_sets(session, tiny())
        await in_line(old)
        new = whole_sets_again(session, session.tickets["whole"])
        await in_line(new)
        await old.aclose()
        return [shown async for shown in new][-1]

    assert made_by(asyncio.run(watch())) == {0: list(range(10)), 1: list(range(10))}


async def in_line(states: AsyncGenerator[payloads.Whole, None]) -> None:
    """Follows until a class stands in the line."""
    async for shown in states:
        if shown["now"]:
            return


def test_how_far_it_is_is_told_at_once(desk: Desk) -> None:
    """However long the step takes that another run is in the middle of."""
    begun, asked = threading.Event(), threading.Event()

    def held() -> Generator[Any, None, None]:
        begun.set()
        assert asked.wait(60)
        yield None

    job = desk.line.join("a", held)
    assert begun.wait(60)
    desk.line.leave(job, "a")  # it is over, but for the step it is in

    async def first() -> payloads.Whole:
        states = whole_sets(Session(), tiny())
        shown = await asyncio.wait_for(anext(states), 30)
        await states.aclose()
        return shown

    shown = asyncio.run(first())
    asked.set()
    assert (shown["live"], shown["progress"], made_by(shown)) == (True, 0.0, {0: [], 1: []})


def test_a_run_that_somebody_looks_at_comes_first(desk: Desk) -> None:
    """It is served while a class of a whole set goes on, and either has its own dials and time."""
    order: list[str] = []

    async def look() -> Made:
        asked = Request.parse({"dataset": "digits", "classes": [5], "ipc": 2, "steps": 3})
        made = [shown async for shown in desk.run("b", asked, {"cfg_scale": 1.0})][-1]
        order.append("looked at")
        assert isinstance(made, Made)
        return made

    async def watch() -> Made:
        looking: asyncio.Task[Made] | None = None
        async for shown in whole_sets(Session(), tiny(lane(0), lane(1, "dap"), steps=60)):
            if looking is None and "samples" in shown["now"]:
                looking = asyncio.create_task(look())
            if any(made_by(shown).values()) and "a class" not in order:
                order.append("a class")
            if len(order) == 2:
                break
        assert looking is not None
        return await looking

    made = asyncio.run(watch())
    assert order == ["looked at", "a class"]
    assert not made.shown["moved"]


def test_a_class_that_two_ask_for_is_made_once_and_soon(desk: Desk) -> None:
    asked = threading.Event()

    def held() -> Generator[Any, None, None]:
        yield None
        assert asked.wait(60)

    job = desk.line.join("a", held, key="k", long=True)
    assert desk.line.join("b", held, key="k") is job
    assert not job.long
    asked.set()


def test_what_cannot_be_made_is_said_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    work = desks.explore

    def explore(lab: Any, asked: Request, *given: Any) -> Any:
        if asked.classes == (4,) and asked.method == "dit":
            raise Refused("There is no such four.")
        return work(lab, asked, *given)

    monkeypatch.setattr(desks, "explore", explore)
    bad = lane(3, "dap", options={"dap.gamma": 99})
    last = everything(whole_sets(Session(), tiny(lane(0, "random"), lane(1), bad)))[-1]
    random, dit, refused = last["lanes"]
    assert len(random["made"]) == 10
    assert dit["failed"] == {"4": "There is no such four."}
    assert 4 not in dit["made"]
    assert len(refused["failed"]) == 10
    assert "dap.gamma must be" in refused["failed"]["0"]
    assert last["progress"] == 1.0
    assert 4 not in means(last["id"])["classes"]


def test_what_goes_wrong_is_raised_and_what_was_made_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    work = desks.explore

    def explore(lab: Any, asked: Request, *given: Any) -> Any:
        if asked.classes == (1,):
            raise ZeroDivisionError("a fault")
        return work(lab, asked, *given)

    monkeypatch.setattr(desks, "explore", explore)
    seen: list[payloads.Whole] = []
    with pytest.raises(ZeroDivisionError, match="a fault"):
        everything(whole_sets(Session(), tiny()), seen.append)
    assert cell([seen[-1]["id"], 0, 0])["images"] == 2


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (tiny(lane(0, "dap"), lane(1), ipc=60, steps=200), "240,000 image steps"),
        (tiny(lane(0, "nonsense"), lane(1, "worse")), "nonsense"),
        ({}, "needs a data set"),
    ],
)
def test_what_is_too_much_or_nonsense_is_refused(
    asked: Any, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("viz.compare.lineup.BUDGET", 10**6)
    with pytest.raises(Refused, match=words):
        everything(whole_sets(Session(), asked))


def test_what_is_held_no_longer_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole._HELD, "most", 1)
    first, second = (everything(whole_sets(Session(), tiny()))[-1]["id"] for _ in range(2))
    assert cell([second, 0, 0])["label"] == 0
    for id in (first, None, 7, "0" * 32):
        for ask in (lambda id: cell([id, 0, 0]), means, lambda id: sentences([id, "a"])):
            with pytest.raises(Refused, match="held no longer"):
                ask(id)
    for wrong in ([second, 5, 0], [second, 0, 10], [second, "0", []]):
        with pytest.raises(Refused, match="no images"):
            cell(wrong)
    for nonsense in (None, [], [second]):
        with pytest.raises(Refused, match="needed"):
            cell(nonsense)


def test_the_sets_are_handed_to_evaluate_whole() -> None:
    session = Session()
    last = everything(whole_sets(session, tiny(lane(0, "random"), lane(1), lane(2, "dap"))))[-1]
    dataset, names = handed_over(session, last)
    assert dataset == "digits"
    found = session.shelf.of("digits")
    assert len(names) == 2  # random real images are drawn anew by the evaluation
    for lane_, name in zip(last["lanes"][1:], names, strict=True):
        assert found[name].missing() == []
        assert found[name].link() == lane_["link"]
    assert handed_over(session, last)[1] == names
    with pytest.raises(Refused, match="held no longer"):
        handed_over(session, {"id": "0" * 32})
    with pytest.raises(Refused, match="run every class first"):
        handed_over(session, None)


def test_of_random_real_images_there_is_no_set() -> None:
    session = Session()
    last = everything(whole_sets(session, tiny(lane(0, "random"), lane(1, "random"), seed=2)))[-1]
    with pytest.raises(Refused, match="no set yet"):
        handed_over(session, last)
