"""Sweeps: what may be swept, and how a link holds it."""

from typing import Any

import pytest

from distiller.errors import Refused
from distiller.sets.request import Request
from tests.viz.sent import check
from viz import payloads
from viz.sweep.grid import COUNT, Axis, Sweep, usual
from viz.sweep.link import linked, possible

LINK = {
    "tab": "sweep", "dataset": "digits", "classes": "7", "method": "dap+diversity", "ipc": "4",
    "steps": "6", "seed": "11", "x": "cfg_scale", "x.low": "1", "x.high": "4", "x.count": "4",
    "y": "diversity.strength", "y.low": "0", "y.high": "0.5", "y.count": "3",
}  # fmt: skip


def axis(key: str, low: Any, high: Any, count: Any = 2) -> dict[str, Any]:
    return {"key": key, "low": low, "high": high, "count": count}


def raw(*axes: Any, **more: Any) -> dict[str, Any]:
    return {
        "dataset": "digits", "label": 3, "method": "dit", "ipc": 2, "steps": 2, "cfg_scale": 1.5,
        "seed": 0, "axes": list(axes) or [axis("cfg_scale", 1, 2)], **more,
    }  # fmt: skip


def made(sweep: Sweep, place: str) -> Request:
    cell = sweep.cells[place]
    assert isinstance(cell, Request)
    return cell


def test_a_cell_is_the_request_that_explore_would_make() -> None:
    axes = axis("dap.gamma", 0, 1, 3), axis("steps", 2, 4)
    sweep = Sweep.parse(raw(*axes, method="dap"))
    assert list(sweep.cells) == ["0 0", "0 1", "0 2", "1 0", "1 1", "1 2"]
    cell = made(sweep, "1 1")
    asked = {"dataset": "digits", "method": "dap", "classes": [3], "ipc": 2, "cfg_scale": 1.5}
    assert cell == Request.parse({**asked, "steps": 4, "options": {"dap.gamma": 0.5}})
    assert Request.from_query(cell.query()) == cell


def test_one_dial_is_a_row() -> None:
    assert list(Sweep.parse(raw(axis("ipc", 1, 3, 3))).cells) == ["0 0", "0 1", "0 2"]


def test_values_go_from_end_to_end_evenly() -> None:
    assert Axis.parse(axis("cfg_scale", 1, 3, 5), "dit").values == (1, 1.5, 2, 2.5, 3)
    assert Axis.parse(axis("cfg_scale", 0, 1, 4), "dit").values == (0, 0.3333, 0.6667, 1)
    assert Axis.parse(axis("steps", 2, 9, 3), "dit").values == (2, 6, 9)
    assert Axis.parse(axis("steps", 2, 4, 7), "dit").values == (2, 3, 4)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (axis("cfg_scale", 1, 31), r"Class guidance \(CFG\), high, must be a number from 0 to 30"),
        (axis("steps", 0, 5), "Steps, low, must be a whole number from 1 to 1000"),
        (axis("ipc", 2, 9, COUNT[1] + 1), "number of values of Images must be .* from 2 to 7"),
        (axis("ipc", 2, 9, 1), "number of values of Images must be .* from 2 to 7"),
        (axis("steps", 5, 5), "Steps needs two ends, the lower one first; got 5 and 5"),
        (axis("seed", 1, 5), "There is no dial"),
        (axis("dap.gamma", 0, 1), "There is no dial"),
        ("cfg_scale", "An axis needs a dial"),
    ],
)
def test_an_axis_that_cannot_be_is_refused(given: Any, words: str) -> None:
    with pytest.raises(Refused, match=words):
        Sweep.parse(raw(given))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([], "A sweep needs"),
        ({**raw(), "axes": []}, "number of dials must be a whole number from 1 to 2"),
        (raw(axis("ipc", 1, 2), axis("ipc", 1, 3)), "Images is swept twice"),
        (raw(method="random"), "There is no dial"),
        (raw(axis("cfg_scale", 1, 2), ipc=64, steps=1000), "at most 6,400"),
    ],
)
def test_a_sweep_that_cannot_be_is_refused(given: Any, words: str) -> None:
    with pytest.raises(Refused, match=words):
        Sweep.parse(given)


def test_private_settings_and_words_are_no_dials() -> None:
    for key in ("dp-merf.secret", "dap.mean"):
        with pytest.raises(Refused, match="dial"):
            Sweep.parse(raw(axis(key, 0, 1), method=key.partition(".")[0]))


def test_a_cell_that_costs_too_much_is_refused_alone() -> None:
    sweep = Sweep.parse(raw(axis("steps", 10, 200), ipc=64))
    assert isinstance(sweep.cells["0 0"], Request)
    refusal = sweep.cells["0 1"]
    assert isinstance(refusal, Refused)
    assert "12,800 image steps" in str(refusal)


def test_cells_of_one_fit_follow_each_other() -> None:
    axes = axis("dap.block", 0, 2), axis("cfg_scale", 1, 2)
    assert list(Sweep.parse(raw(*axes, method="dap")).cells) == ["0 0", "1 0", "0 1", "1 1"]


def test_a_link_and_the_controls_hold_the_same_sweep() -> None:
    sweep = linked(LINK)
    assert sweep is not None
    assert sweep.query() == LINK
    value = sweep.value()
    check(payloads.Sweep, value)
    assert Sweep.parse(value) == sweep
    check(payloads.Swept, sweep.shown())
    assert sweep.shown()["words"] == "Digits · 7 · DAP + Diversity · 4 images · 6 steps · seed 11"


def test_other_links_are_not_of_a_sweep() -> None:
    assert linked({**LINK, "tab": "compare"}) is None
    assert linked({"tab": "sweep"}) is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"x": "mood"}, "no dial 'mood'"),
        ({"classes": "1,2"}, "A sweep is of one class; got 2"),
        ({"z": "steps"}, "parameter"),
        ({"x.low": "much"}, "must be a number from 0 to 30; got 'much'"),
    ],
)
def test_a_link_that_is_not_understood_is_refused(changes: dict[str, str], words: str) -> None:
    with pytest.raises(Refused, match=words):
        linked({**LINK, **changes})


def test_a_link_to_a_sweep_without_a_dial_is_refused() -> None:
    with pytest.raises(Refused, match="the number of dials must be"):
        linked({"tab": "sweep", "dataset": "digits"})


@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        ({"dataset": "cats"}, {"dataset": "solids", "classes": "torus"}),
        ({"classes": "1,2"}, {"classes": "0"}),
        ({"method": "dam"}, {"method": "dit"}),
        ({"ipc": "1e9"}, {"ipc": "10"}),
        ({"z": "steps"}, {}),
        ({"x": "mood"}, {"x": "diversity.strength", "x.low": "0", "x.high": "0.5", "x.count": "3"}),
        ({"x.low": "much"}, {"x.low": "1"}),
        ({"x.count": "99"}, {}),
        ({"x.low": "5"}, {"x.low": "1"}),
        ({"y.high": "99"}, {}),
    ],
)
def test_of_a_refused_link_what_can_be_had_is_set(
    changes: dict[str, str], kept: dict[str, str]
) -> None:
    asked = {**LINK, **changes}
    if changes.get("dataset") == "cats":
        asked["classes"] = "torus"
    found = possible(asked).query()
    assert linked(found) is not None
    assert {key: found[key] for key in kept} == kept
    free = {"x", "y", "cfg_scale", *changes}
    same = {k: v for k, v in asked.items() if k[0] not in "xyz" and k not in {*free, *kept}}
    assert {key: found[key] for key in same} == same


def test_what_can_be_had_of_a_dial_is_within_its_bounds() -> None:
    found = possible({**LINK, "y.high": "99", "y.count": "5"}).query()
    assert (found["x"], found["y"], found["y.count"]) == ("cfg_scale", "diversity.strength", "5")
    assert 0 < float(found["y.high"]) < 99
    again = possible({**LINK, "y": "cfg_scale"}).query()
    assert again["x"] == "cfg_scale"
    assert "y" not in again


def test_the_usual_sweep_is_what_its_value_says() -> None:
    sweep = usual()
    assert Sweep.parse(sweep.value()) == sweep
    assert len(sweep.cells) == 12
