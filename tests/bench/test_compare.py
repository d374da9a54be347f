"""The bench of Compare: its links and its counts."""

from urllib.parse import parse_qsl

import pytest

from bench.compare import link, shown
from viz.compare.lineup import Lineup


def test_steps_are_counted_within_lanes() -> None:
    steps = [(0, 1.0), (0, 1.5), (0, 2.0), (1, 7.0), (1, 8.0)]
    assert shown(steps) == pytest.approx(3 / 2)  # the wait between the lanes counts nowhere
    assert shown([(0, 1.0)]) == 0.0


def test_a_link_asks_for_its_lanes() -> None:
    lanes = [{"method": "dit", "cfg_scale": 2.0}, {"method": "dap", "dap.gamma": 1.0}]
    query = dict(parse_qsl(link("digits", lanes, ipc=3, steps=4, seed=5)[1:]))
    assert query.pop("tab") == "compare"
    lineup = Lineup.from_query(query)
    first, second = lineup.lanes.values()
    assert not isinstance(first, Exception)
    assert not isinstance(second, Exception)
    assert (first.ipc, first.steps, first.seed, first.cfg_scale) == (3, 4, 5, 2.0)
    assert second.options["dap.gamma"] == 1.0
