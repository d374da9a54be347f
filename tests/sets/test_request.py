"""One validator for the page, the command line, the API and links."""

import math
from typing import Any

import pytest

from distiller.errors import Refused
from distiller.sets.request import Request


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ({"dataset": "cats"}, r"no data set 'cats'. Known: cifar10, digits"),
        ({"method": "dam"}, "no method 'dam'"),
        ({"method": ""}, "no method ''"),
        ({"classes": "sphere,moon"}, "no class 'moon'"),
        ({"classes": "1,1"}, "named twice"),
        ({"classes": [10]}, "no class '10'"),
        ({"classes": [-1]}, "no class '-1'"),
        ({"classes": [0.5]}, "no class '0.5'"),
        ({"ipc": 10**9}, "ipc must be a whole number from 1 to 5000"),
        ({"ipc": 0}, "ipc must be"),
        ({"ipc": 2.5}, "ipc must be"),
        ({"ipc": True}, "ipc must be"),
        ({"ipc": None}, "ipc must be"),
        ({"steps": 0}, "steps must be"),
        ({"steps": math.nan}, "steps must be"),
        ({"steps": "many"}, "steps must be"),
        ({"seed": -1}, "seed must be"),
        ({"seed": 2**31}, "seed must be"),
        ({"cfg_scale": math.inf}, "cfg_scale must be a number from 0 to 30"),
        ({"cfg_scale": math.nan}, "cfg_scale must be"),
        ({"cfg_scale": [1]}, "cfg_scale must be"),
        ({"sampler": "euler"}, "no sampler 'euler'. Known: ddim, ddpm, dpm"),
        ({"method": "dap", "options": {"gamma": math.nan}}, "dap.gamma must be"),
        ({"method": "dap", "options": {"gamma": -1}}, "dap.gamma must be"),
        ({"method": "dap", "options": {"kernel": "cubic"}}, "cubic"),
        ({"options": {"gamma": 1}}, "no option 'gamma'"),
        ({"colour": "red"}, "no parameter 'colour'"),
        ({"ipc": 5000, "steps": 1000, "classes": "all"}, "no class 'all'"),
    ],
)
def test_nonsense_is_refused_in_words(raw: dict[str, Any], words: str) -> None:
    with pytest.raises(Refused, match=words):
        Request.parse(raw)


def test_the_budget_names_the_cost() -> None:
    with pytest.raises(Refused, match=r"64 images of 10 classes in 20 steps are 12,800 image"):
        Request.parse({"ipc": 64, "steps": 20}, budget=6400)
    assert Request.parse({"ipc": 64, "steps": 20, "classes": 0}, budget=6400).ipc == 64
    pooled = {"ipc": 64, "steps": 20, "classes": 0, "method": "herding", "options": {"pool": 10}}
    with pytest.raises(Refused, match=r"a pool 10 times as large.*are 12,800 image steps"):
        Request.parse(pooled, budget=6400)


def test_text_and_numbers_mean_the_same() -> None:
    text = Request.parse({"classes": "torus, 3", "ipc": "7", "cfg_scale": "1.5", "seed": "4"})
    plain = Request.parse({"classes": [4, 3], "ipc": 7.0, "cfg_scale": 1.5, "seed": 4})
    assert text == plain
    assert text.classes == (4, 3)
    assert Request.parse({}).classes == tuple(range(10))


def test_links_bring_back_the_request() -> None:
    raw = {
        "dataset": "digits",
        "method": "dap+diversity",
        "classes": [7],
        "steps": 33,
        "cfg_scale": 2.25,
        "options": {"dap.gamma": 3.5, "dap.kernel": "rbf", "diversity.t_low": 7},
    }
    request = Request.parse(raw)
    assert Request.from_query(request.query()) == request
    assert "diversity.strength" not in request.query()  # as the default has it


def test_a_link_may_hold_anything() -> None:
    for query in ({"x": "1"}, {"dap.gamma": "<b>"}, {"classes": "7" * 5000}, {"ipc": "1e400"}):
        with pytest.raises(Refused) as caught:
            Request.from_query(query)
        assert len(str(caught.value)) < 500
