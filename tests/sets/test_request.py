"""One validator for the page, the command line, the API and links."""

import math
from dataclasses import replace
from typing import Any

import pytest

from distiller.data.registry import DATASETS
from distiller.errors import Refused
from distiller.recipes.loop import Settings
from distiller.sets.request import Request, dial_value, label_of


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ({"dataset": "cats"}, r"no data set 'cats'. Known: cifar10, cifar100, digits"),
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


def test_a_request_costs_the_images_that_are_drawn_times_the_steps() -> None:
    request = Request.parse({"ipc": 3, "steps": 7, "classes": [0, 1], "method": "herding"})
    assert request.pool == 3
    assert request.image_steps() == 3 * 3 * 2 * 7
    assert request.image_steps(classes=1) == 3 * 3 * 7
    assert Request(ipc=3, steps=7, method="dit").image_steps() == 3 * 7


def test_what_is_left_out_is_as_in_the_settings() -> None:
    assert Request.parse({}).settings == Request().settings == Settings()


def test_a_dial_takes_what_a_request_may_have() -> None:
    assert dial_value("dap.gamma", 5) == 5.0
    assert dial_value("cfg_scale", 30) == 30.0
    for key, value in (("dap.gamma", 5.1), ("dap.gamma", math.nan), ("cfg_scale", -1)):
        with pytest.raises(Refused, match=f"{key} must be a number from 0 to "):
            dial_value(key, value)
        name, _, option = key.partition(".")
        raw = {"method": name, "options": {option: value}} if option else {key: value}
        with pytest.raises(Refused, match=f"{key} must be a number from 0 to "):
            Request.parse(raw)
    for key in ("dap.block", "ipc", "gamma", "<b>"):  # which act from the next run on, or nowhere
        with pytest.raises(Refused, match="no dial"):
            dial_value(key, 1)


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


def test_what_came_later_is_recorded_only_where_it_is_not_as_before() -> None:
    """Sets of before stay theirs: a request that asks for nothing new has the record it had."""
    plain = Request.parse({"method": "mgd3"})
    assert plain.options["mgd3.form"] == "energy"
    record = plain.public()
    assert set(record["options"]) == {"mgd3.strength", "mgd3.stop", "mgd3.images"}
    assert list(record) == [
        "dataset", "method", "classes", "ipc", "steps", "cfg_scale", "seed", "sampler", "options",
        "prior",
    ]  # fmt: skip
    new = {"method": "mgd3", "options": {"form": "step"}}
    request = Request.parse({**new, "cfg_channels": "3"})
    assert request.public()["options"]["mgd3.form"] == "step"
    assert request.public()["cfg_channels"] == request.settings.cfg_channels == 3
    assert Request.from_query(Request.parse(new).query()) == Request.parse(new)
    with pytest.raises(Refused, match="cfg_channels must be a whole number from 1"):
        Request.parse({"cfg_channels": 0})


def test_class_guidance_may_be_asked_for_in_an_interval() -> None:
    request = Request.parse({"cfg_between": "100-800"})
    assert request.cfg_between == request.settings.cfg_between == (100, 800)
    assert request == Request.parse({"cfg_between": [100, 800]})
    assert request.query()["cfg_between"] == "100-800"
    assert Request.from_query(request.query()) == request
    assert request.public()["cfg_between"] == (100, 800)
    assert "cfg_between" not in {**Request().query(), **Request().public()}
    assert Request.parse({"cfg_between": ""}).cfg_between is None
    for given, words in {
        "800": "needs two times, such as 100-800; got '800'",
        "800-100": "needs its lower time first; got 800-100",
        "0-2000": "a time of cfg_between must be a whole number from 0 to 1000; got '2000'",
    }.items():
        with pytest.raises(Refused, match=words):
            Request.parse({"cfg_between": given})


def test_a_link_may_hold_anything() -> None:
    for query in ({"x": "1"}, {"dap.gamma": "<b>"}, {"classes": "7" * 5000}, {"ipc": "1e400"}):
        with pytest.raises(Refused) as caught:
            Request.from_query(query)
        assert len(str(caught.value)) < 500


def test_a_class_is_found_by_its_name_whatever_it_is_called(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = ("7", "0", "tench, Tinca tinca", "Tinca tinca", "a", "b", "a,b", " c", "", "#1")
    named = replace(DATASETS["digits"], classes=names)
    monkeypatch.setattr(DATASETS, "_sources", {**DATASETS, "digits": named})
    for classes in [*((k,) for k in range(10)), (4, 5), (0, 1), (2, 3), (8, 7)]:
        request = Request.parse({"dataset": "digits", "classes": list(classes)})
        assert request.classes == classes
        assert Request.from_query(request.query()).classes == classes
    assert label_of("7", names) == 0
    assert label_of(7, names) == 7
    assert label_of("5", names) == label_of("#5", names) == 5
    assert label_of("#1", names) == 1
    with pytest.raises(Refused, match="class must be a whole number from 0 to 9; got '10'"):
        label_of("#10", names)


def test_no_two_classes_have_one_name() -> None:
    with pytest.raises(Refused, match="Two classes of Digits are called 'crane'"):
        replace(DATASETS["digits"], classes=("crane", "heron", "crane"))
