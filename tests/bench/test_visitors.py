"""The bench of visitors: it sees what goes wrong, and a small crowd finds nothing wrong."""

import asyncio
import time

import pytest

from bench.client import Layout, Outputs, TurnedAway
from bench.server import Usage
from bench.visitor import Log, Wait
from bench.visitors import main
from viz.serving.job import Busy, Place, words_of


@pytest.mark.slow
def test_a_small_crowd_is_served(capsys: pytest.CaptureFixture[str]) -> None:
    few = ["--visitors", "3", "--pages", "0", "--minutes", "0.1", "--think", "0.2", "--kept", "5"]
    log = main([*few, "--datasets", "digits", "--tiny"])
    said = capsys.readouterr().out
    assert not any(log.refused.values())
    assert log.lost == []
    assert {"load", "class", "thumbnails", "click"} <= set(log.light)
    assert log.runs["finished"] >= 4
    assert log.runs["scored for a program"] >= 1
    assert len(log.times) == log.runs["finished"]
    assert log.ahead
    assert max(log.ahead) < 10
    assert "finished runs lost: 0 (0)" in said
    assert "page loads: " in said
    assert "errors in the page's log: 0 (0)" in said


@pytest.mark.parametrize(
    ("place", "told"), [(Place(1, 2.7), 3), (Place(4, 0.2), 1), (Place(40, 130.0), 120)]
)
def test_what_the_page_says_of_a_place_is_read(
    place: Place, told: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, now = Log(), 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    wait = Wait(log)
    wait.see("")
    wait.see(words_of(Busy("200 runs wait already.")))
    wait.see(words_of(place))
    now = 105.0
    wait.see(words_of(Place(1, 60.0)))
    now = 110.0
    wait.see("")
    assert log.waits == [(told, 10.0)]
    assert log.told == [(told, 10.0), (60, 5.0)]
    assert log.full == 1


def test_what_is_refused_is_noted_and_has_no_time() -> None:
    log = Log()

    async def act(error: Exception | None) -> str:
        if error is not None:
            raise error
        return "there"

    assert asyncio.run(log.timed("load", act(None))) == "there"
    assert asyncio.run(log.timed("load", act(TurnedAway("busy")))) is None
    assert len(log.light["load"]) == 1
    assert "busy" in log.refused["load"][0]


def test_a_page_that_does_not_describe_itself_is_no_page() -> None:
    with pytest.raises(TurnedAway, match="no description"):
        Layout.read("<html>This application is currently busy</html>")


def test_the_first_component_of_a_name_is_meant_and_an_id_before_a_label() -> None:
    names = ({"label": "map"}, {"elem_id": "map"}, {"elem_id": "map", "label": "Seed"})
    layout = Layout(dict(enumerate(names)), [])
    assert [layout.component(name) for name in ("map", "Seed")] == [1, 2]
    with pytest.raises(LookupError, match="no component Steps"):
        layout.component("Steps")


def test_outputs_of_parts_are_read_when_they_are_looked_at() -> None:
    outputs = Outputs(['{"live": true}', "[1]", {"a": 1}, "no JSON"], [True, False, True, True])
    assert [outputs[i] for i in range(3)] == [{"live": True}, "[1]", {"a": 1}]
    assert next(iter(outputs)) == {"live": True}
    assert len(outputs) == 4
    with pytest.raises(ValueError, match="line 1"):
        outputs[-1]


def test_the_slope_is_that_of_the_last_part() -> None:
    seconds = [float(k) for k in range(0, 121, 10)]
    memory = [100 + 5 * min(at, 60) + (at - 60) / 60 * 3 * (at > 60) for at in seconds]
    usage = Usage(seconds, memory)
    assert usage.slope(0.5) == pytest.approx(3)
    assert usage.slope(0) > 100
