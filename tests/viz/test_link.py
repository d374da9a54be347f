"""Links: what a page opens with."""

import pytest

from distiller.methods import METHODS
from distiller.sets.request import Request
from viz.catalogue import first_run
from viz.settings import FIRST
from viz.visitor.link import opening


def test_without_a_link_the_page_opens_with_the_shipped_run() -> None:
    first = first_run(FIRST)
    assert first is not None
    usual = Request.from_query(first["query"])
    assert opening({}).request == usual
    assert opening({"__theme": "dark"}) == opening({})
    assert not opening({}).linked


def test_a_link_is_what_a_request_writes() -> None:
    request = Request.parse(
        {"dataset": "digits", "method": "dap+diversity", "classes": [3], "ipc": 5, "seed": 11,
         "cfg_scale": 3, "options": {"dap.gamma": 2}}
    )  # fmt: skip
    opened = opening(request.query())
    assert (opened.request, opened.linked, opened.refusal) == (request, True, "")


def test_a_link_holds_the_channels_of_class_guidance_where_they_are_chosen() -> None:
    usual = Request.parse({"dataset": "digits", "classes": [3]})
    assert "cfg_channels" not in usual.query()  # so that earlier links stay what they are
    chosen = Request.parse({"dataset": "digits", "classes": [3], "cfg_channels": 3})
    assert opening(chosen.query()).request == chosen
    assert "cfg_channels must be" in opening({"cfg_channels": "0"}).refusal


def test_a_link_may_leave_out_what_is_usual() -> None:
    opened = opening({"seed": "7"})
    assert opened.linked
    assert (opened.request.dataset, opened.request.seed) == (FIRST, 7)


def test_a_link_to_several_classes_opens_the_first() -> None:
    opened = opening({"dataset": "digits", "classes": "4,2", "ipc": "64", "steps": "100"})
    assert (opened.linked, opened.request.classes) == (True, (4,))


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"dataset": "cats"}, "no data set 'cats'"),
        ({"ipc": "1e9"}, "ipc must be"),
        ({"ipc": "64", "steps": "1000"}, "64 images of 1 class in 1000 steps are 64,000 image"),
        ({"<script>alert(1)</script>": "1"}, "no parameter"),
        ({"prior": "/etc"}, "no parameter 'prior'"),
        ({"options": "1"}, "no parameter 'options'"),
    ],
)
def test_a_link_that_cannot_be_followed_says_why_and_runs_nothing(
    query: dict[str, str], words: str
) -> None:
    opened = opening(query)
    assert words in opened.refusal
    assert not opened.linked
    assert opened.request.dataset == FIRST


def test_of_a_link_that_cannot_be_followed_what_can_be_had_is_set() -> None:
    first = first_run("digits")
    assert first is not None
    usual = Request.from_query(first["query"])
    wrong = {
        "steps": "1000", "ipc": "64", "cfg_scale": "31", "seed": "11", "classes": "3",
        "method": "dap", "dap.gamma": "2", "dap.kernel": "cubic", "dataset": "digits", "x": "1",
    }  # fmt: skip
    opened = opening(wrong)
    assert (opened.linked, opened.request.method, opened.request.dataset) == (
        False,
        "dap",
        "digits",
    )
    assert opened.request.options["dap.gamma"] == 2
    assert opened.request.options["dap.kernel"] == METHODS["dap"]().kernel
    assert (opened.request.seed, opened.request.classes) == (11, (3,))
    assert opened.request.cfg_scale == usual.cfg_scale
    assert (opened.request.ipc, opened.request.steps) == (64, usual.steps)  # too much together


def test_a_link_to_evaluate_may_name_a_data_set() -> None:
    opened = opening({"tab": "evaluate", "dataset": "digits"})
    assert (opened.front, opened.linked, opened.refusal) == ("evaluate", False, "")


@pytest.mark.parametrize("tab", ["evaluate", "guess", "train"])
def test_a_link_may_name_a_tab_and_nothing_else(tab: str) -> None:
    assert (opening({"tab": tab}).front, opening({"tab": tab}).refusal) == (tab, "")
