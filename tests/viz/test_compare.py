"""Comparisons: lanes that are made side by side, and what is said of them."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from distiller.errors import Refused
from distiller.sets.request import Request
from tests.followed import everything
from tests.viz.sent import check
from tests.viz.test_lineup import lane, raw
from viz import payloads
from viz.compare import lanes as compare
from viz.compare.lanes import compared, handed, shipped_lanes, told
from viz.compare.lineup import Lineup
from viz.serving import desk as desks
from viz.serving import run_group
from viz.serving.desk import Desk
from viz.serving.kept import Kept
from viz.serving.line import Line
from viz.visitor.session import Session


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A desk that has made nothing yet."""
    made = Desk(Line(50), Kept(tmp_path / "runs", memory=10**8, disk=10**8))
    monkeypatch.setattr(run_group, "open_desk", lambda: made)
    yield made
    made.line.close()


def counted(monkeypatch: pytest.MonkeyPatch) -> list[Request]:
    """The requests that are really distilled from now on."""
    begun: list[Request] = []
    work = desks.explore

    def explore(lab: Any, asked: Request, *given: Any) -> Any:
        begun.append(asked)
        return work(lab, asked, *given)

    monkeypatch.setattr(desks, "explore", explore)
    return begun


def made(race: payloads.Race) -> dict[str, payloads.Run]:
    """The finished runs of a comparison, by slot."""
    lanes = race["lanes"].items()
    return {slot: handed(shown["token"]) for slot, shown in lanes if not shown["live"]}


def test_every_lane_is_made_and_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = counted(monkeypatch)
    asked = raw(lane(0, "random"), lane(1), lane(3, "dap"))
    shown = everything(compared(Session(), asked))
    for race in shown:
        check(payloads.Race, race)
    assert len({race["id"] for race in shown}) == 1
    runs = made(shown[-1])
    assert sorted(runs) == ["0", "1", "3"]
    assert [run["query"]["method"] for run in runs.values()] == ["random", "dit", "dap"]
    for run in runs.values():
        check(payloads.Run, run)
    assert shown[-1]["told"]["begins"] == {"0": "real", "1": "noise", "3": "noise"}
    assert len(begun) == 3
    again = made(everything(compared(Session(), asked))[-1])
    assert len(begun) == 3
    assert {slot: run["sheet"] for slot, run in again.items()} == {
        slot: run["sheet"] for slot, run in runs.items()
    }


def test_a_lane_that_is_refused_says_so_and_the_others_go_on() -> None:
    bad = lane(2, "dap", options={"dap.gamma": 99})
    clash = lane(4, "minimax+random")
    race = everything(compared(Session(), raw(lane(0), bad, clash)))[-1]
    assert sorted(made(race)) == ["0"]
    assert "dap.gamma must be" in race["lanes"]["2"]["words"]
    assert race["lanes"]["4"]["failed"]


def test_what_goes_wrong_in_a_lane_is_raised_once_the_others_are_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    work = desks.explore

    def explore(lab: Any, asked: Request, *given: Any) -> Any:
        if asked.method == "dap":
            raise ZeroDivisionError("a fault")
        return work(lab, asked, *given)

    monkeypatch.setattr(desks, "explore", explore)
    seen: list[payloads.Race] = []
    with pytest.raises(ZeroDivisionError, match="a fault"):
        everything(compared(Session(), raw(lane(0, "dap"), lane(1))), seen.append)
    assert sorted(made(seen[-1])) == ["1"]
    assert "went wrong" in seen[-1]["lanes"]["0"]["words"]


def test_stop_keeps_what_is_done(desk: Desk) -> None:
    session, seen = Session(), list[payloads.Race]()

    async def watch() -> None:
        turn = session.turn("compare")
        async for race in turn.follow(
            compared(session, raw(lane(0, "random"), lane(1), steps=900))
        ):
            seen.append(race)
            if race["lanes"].get("1", {}).get("step"):
                turn.stop()

    asyncio.run(watch())
    assert sorted(made(seen[-1])) == ["0"]
    assert all(job.over for job in desk.line._jobs.values())


def test_lanes_are_sampled_before_any_is_scored_and_shown_at_once() -> None:
    last: dict[str, Any] = {}
    told: list[tuple[str, str]] = []
    for race in everything(compared(Session(), raw(lane(0), lane(1, "dap")))):
        for slot, shown in race["lanes"].items():
            stands = "made" if shown.get("made") else "done" if not shown["live"] else "waits"
            if last.get(slot) != stands:
                told.append((slot, stands))
            last[slot] = stands
            if stands == "made":
                last[f"sheet {slot}"] = shown["sheet"]
            elif stands == "done":
                assert handed(shown["token"])["sheet"] == last[f"sheet {slot}"]
    assert [one for one in told if one[1] != "waits"] == [
        ("0", "made"), ("1", "made"), ("0", "done"), ("1", "done"),
    ]  # fmt: skip


def test_a_dial_of_explore_never_turns_a_lane(desk: Desk) -> None:
    """Whoever compares waits under another name, so that the run is not one visitor's alone."""
    session = Session()

    async def watch() -> None:
        async for race in compared(session, raw(lane(0, "dap"), lane(1), steps=9)):
            shown = race["lanes"].get("0", {})
            if shown.get("step") == 2:
                (job,) = [j for j in desk.line._jobs.values() if j.state == "running"]
                desk.line.join(session.visitor, lambda: iter(()), key=job.key)
                assert not desk.line.claim(job)

    asyncio.run(watch())


def test_a_token_that_is_held_no_longer_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare._HELD, "most", 1)
    race = everything(compared(Session(), raw(lane(0, "random"), lane(1, "random"), seed=4)))[-1]
    first, second = (race["lanes"][slot]["token"] for slot in ("0", "1"))
    held = [token for token in (first, second) if token in compare._HELD._values]
    assert len(held) == 1
    for token in {first, second, None, "0", 7} - set(held):
        with pytest.raises(Refused, match="held no longer"):
            handed(token)


# ------------------------------------------------------------------------------- telling apart


def run_of(values: dict[str, float], spread: float) -> Any:
    """A run with these scores, of which random draws differ by a spread."""
    scores = [
        {"space": "latents", "name": name, "title": name.title(), "value": value, "spread": spread}
        for name, value in values.items()
    ]
    return {"n": 10, "scores": scores}


def lanes_of(*methods: str) -> Any:
    return Lineup.parse(raw(*(lane(slot, method) for slot, method in enumerate(methods)))).lanes


def test_lanes_are_told_apart_by_more_than_two_random_draws_differ() -> None:
    """One comparison at 5 %: 1.96 deviations of a difference, sqrt(2) of a draw each: 2.77."""
    lanes = lanes_of("dit", "dap")
    for gap, apart in ((2.7, 0), (2.8, 1), (-2.8, 1)):
        runs = {0: run_of({"coverage": 50.0}, 1.0), 1: run_of({"coverage": 50 + gap}, 1.0)}
        found = told(lanes, runs)
        check(payloads.Told, found)
        assert len(found["apart"]) == apart
    assert found["words"]["latents"][0] == "Coverage tells DiT (50) from DAP (47.2)."
    assert "a hint" in found["words"]["latents"][-1]


def test_more_comparisons_need_larger_differences() -> None:
    """Three pairs of two scores: each at 5 % / 6, 2.64 deviations, times sqrt(2): 3.73."""
    lanes = lanes_of("dit", "dap", "d3hr")
    for gap, apart in ((3.7, 0), (3.8, 2)):
        first = {"coverage": 50.0, "vendi": 5.0}
        runs = {0: run_of(first, 1.0), 1: run_of(first, 1.0)}
        runs[2] = run_of({"coverage": 50 + gap, "vendi": 5.0}, 1.0)
        assert len(told(lanes, runs)["apart"]) == apart


def test_ten_images_of_one_class_are_usually_not_told_apart_in_words() -> None:
    lanes = lanes_of("random", "dit", "dap")
    runs = {slot: run_of({"coverage": 50.0 + slot}, 5.0) for slot in range(3)}
    (sentence,) = told(lanes, runs)["words"]["latents"]
    assert "No score tells these lanes apart on this one class" in sentence
    assert "random draws of 10 real images do" in sentence
    assert told(lanes, {0: runs[0], 1: runs[1]})["words"]["latents"] == []  # one method alone


def test_lanes_of_one_method_are_told_by_their_numbers() -> None:
    runs = {slot: run_of({"coverage": 50.0 * slot}, 1.0) for slot in range(2)}
    words = told(lanes_of("dap", "dap"), runs)["words"]["latents"]
    assert words[0] == "Coverage tells DAP in lane 1 (0) from DAP in lane 2 (50)."


@pytest.mark.parametrize("dataset", ["digits", "solids"])
def test_the_shipped_comparison_is_what_its_lineup_says(dataset: str) -> None:
    shipped = shipped_lanes(dataset)
    assert shipped is not None
    check(payloads.Lanes, shipped)
    lineup = Lineup.parse(shipped["lineup"])
    for slot, request in lineup.lanes.items():
        assert isinstance(request, Request)
        assert shipped["runs"][str(slot)]["query"] == request.query()
    runs = {int(slot): run for slot, run in shipped["runs"].items()}
    assert told(lineup.lanes, runs) == shipped["told"]
