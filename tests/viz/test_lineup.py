"""Lineups: what may be compared, and how a link holds it."""

from typing import Any

import pytest

from distiller.diffusion.prior import default_cfg_scale
from distiller.errors import Refused
from distiller.sets.request import Request
from tests.viz.sent import check
from viz import payloads
from viz.compare.lineup import LANES, Lineup, begins_of, linked, menu, usual

LINK = {
    "tab": "compare", "dataset": "digits", "classes": "7", "ipc": "4", "steps": "6", "seed": "11",
    "lane1": "random", "lane2": "dap", "lane2.cfg_scale": "3", "lane2.dap.gamma": "0.5",
    "lane4": "dap+diversity",
}  # fmt: skip


def lane(slot: int, method: str = "dit", **more: Any) -> dict[str, Any]:
    return {"slot": slot, "method": method, "cfg_scale": None, "options": {}, **more}


def raw(*lanes: Any, **more: Any) -> dict[str, Any]:
    given = list(lanes) or [lane(0, "random"), lane(1)]
    return {
        "dataset": "digits", "label": 3, "ipc": 2, "steps": 3, "seed": 0, "lanes": given, **more
    }  # fmt: skip


def request_of(lineup: Lineup, slot: int) -> Request:
    made = lineup.lanes[slot]
    assert isinstance(made, Request)
    return made


def test_a_lane_is_the_request_that_explore_would_make() -> None:
    options = {"dap.gamma": 1}
    made = request_of(Lineup.parse(raw(lane(2, "dap", options=options), lane(0))), 2)
    asked = {"dataset": "digits", "method": "dap", "classes": [3], "ipc": 2, "steps": 3}
    usual = {"cfg_scale": default_cfg_scale("digits"), "seed": 0}
    assert made == Request.parse({**asked, **usual, "options": options})


def test_a_link_and_the_controls_hold_the_same_lineup() -> None:
    lineup = linked(LINK)
    assert lineup is not None
    assert lineup.query() == {**LINK, "lane2.cfg_scale": "3.0"}
    assert request_of(lineup, 1).options["dap.gamma"] == 0.5
    value = lineup.value()
    check(payloads.Lineup, value)
    assert Lineup.parse(value) == lineup
    assert [one["slot"] for one in value["lanes"]] == [0, 1, 3]
    assert value["lanes"][0]["cfg_scale"] is None
    assert value["lanes"][1]["options"] == {"dap.gamma": 0.5}


def test_a_lineup_is_sampled_as_its_link_says_and_others_as_before() -> None:
    plain = Lineup.parse(raw())
    assert (plain.base.sampler, plain.base.cfg_between) == ("ddim", None)
    assert not {"sampler", "cfg_between"} & {*plain.query(), *plain.value()}
    lineup = linked({**LINK, "sampler": "dpm++", "cfg_between": "100-800"})
    assert lineup is not None
    assert request_of(lineup, 1).sampler == "dpm++"
    assert request_of(lineup, 1).cfg_between == (100, 800)
    assert linked(lineup.query()) == lineup
    value = lineup.value()
    check(payloads.Lineup, value)
    assert (value["sampler"], value["cfg_between"]) == ("dpm++", "100-800")
    assert Lineup.parse(value) == lineup


def test_the_usual_lineup_begins_with_random_real_images() -> None:
    lineup = usual("solids", 3)
    assert Lineup.parse(lineup.value()) == lineup
    assert request_of(lineup, 0).method == "random"
    assert LANES[0] <= len(lineup.lanes) <= LANES[1]


def test_other_links_are_not_of_a_comparison() -> None:
    assert linked({"dataset": "digits"}) is None
    assert linked({"tab": "compare"}) is None
    assert linked({"tab": "explore", "lane1": "dit"}) is None


def test_a_link_without_lanes_has_the_usual_ones() -> None:
    assert linked({"tab": "compare", "dataset": "digits", "classes": "3"}) == usual("digits", 3)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"dataset": "cats"}, "no data set 'cats'"),
        ({"classes": "0,1"}, "one class; got 2"),
        ({"classes": "x"}, "no class 'x'"),
        ({"ipc": "1e9"}, "ipc must be"),
        ({"lane2": "magic"}, "no method 'magic'"),
        ({"lane2.dap.gamma": "99"}, r"dap\.gamma must be"),
        ({"lane2.cfg_scale": "nan"}, "cfg_scale must be"),
        ({"lane3.dap.gamma": "1"}, "lane3 has settings and no method"),
        ({"lane7": "dit"}, "no parameter 'lane7'"),
        ({"script": "1"}, "no parameter 'script'"),
        ({"lane3": "dp-merf", "lane3.dp-merf.secret": "7"}, "secret is private"),
    ],
)
def test_a_link_that_is_not_understood_says_why(change: dict[str, str], words: str) -> None:
    with pytest.raises(Refused, match=words):
        linked({**LINK, **change})


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (None, "needs a data set"),
        ({"lanes": "many"}, "needs a data set"),
        (raw(lane(0)), "number of lanes must be a whole number from 2 to 6"),
        (raw(*map(lane, range(6)), lane(0)), "number of lanes"),
        (raw(lane(0), lane(0)), "same slot"),
        (raw(lane(0), lane(6)), "slot of a lane must be"),
        (raw(lane(0), "dit"), "needs a slot"),
        (raw(label=10), "class"),
        (raw(ipc=float("nan")), "ipc must be"),
        (raw(ipc=64, steps=1000), "image steps; at most"),
    ],
)
def test_nonsense_is_refused(given: Any, words: str) -> None:
    with pytest.raises(Refused, match=words):
        Lineup.parse(given)


def test_a_lane_that_cannot_be_made_leaves_the_others() -> None:
    bad = lane(4, "dap", options={"dap.gamma": "much"})
    lineup = Lineup.parse(raw(lane(0), bad, lane(2, None)))
    assert isinstance(lineup.lanes[0], Request)
    assert "dap.gamma must be" in str(lineup.lanes[4])
    assert "no method" in str(lineup.lanes[2])
    assert [one["slot"] for one in lineup.value()["lanes"]] == [0]


def test_a_lane_begins_from_what_the_least_common_of_its_methods_does() -> None:
    def begins(method: str, **options: Any) -> str:
        return begins_of(Request.parse({"method": method, "options": options}))

    assert begins("dap+diversity") == "noise"
    assert begins("d3hr") == "noise"
    assert begins("d3hr", selection="best") == "group"
    assert begins("dap+herding") == "pool"
    assert begins("herding", pool=1) == "real"
    assert begins("random") == "real"


def test_the_menu_offers_every_method_and_nothing_private() -> None:
    offered = menu()
    check(payloads.Menu, offered)
    keys = [knob["key"] for method in offered["methods"] for knob in method["knobs"]]
    assert "dap.gamma" in keys
    assert "dp-merf.secret" not in keys
    assert [m["name"] for m in offered["methods"] if m["alone"]] == ["dit", "random"]


def test_the_menu_has_the_bounds_of_a_request() -> None:
    for key, (low, high) in menu()["bounds"].items():
        for value, may in ((low, True), (high, True), (low - 1, False), (high + 1, False)):
            given = {"classes": [0], "ipc": 1, "steps": 1, key: value}
            if may:
                assert getattr(Request.parse(given), key) == value
            else:
                with pytest.raises(Refused, match=f"{key} must be"):
                    Request.parse(given)
