"""Links: what a page opens with."""

from distiller.sets.request import Request
from viz.catalogue import first_run
from viz.link import opening
from viz.settings import FIRST


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


def test_a_link_may_leave_out_what_is_usual() -> None:
    opened = opening({"seed": "7"})
    assert opened.linked
    assert (opened.request.dataset, opened.request.seed) == (FIRST, 7)


def test_a_link_that_is_not_understood_says_why_and_runs_nothing() -> None:
    for query, words in (
        ({"dataset": "cats"}, "no data set 'cats'"),
        ({"ipc": "1e9"}, "ipc must be"),
        ({"ipc": "64", "steps": "1000"}, "image steps; at most"),
        ({"<script>alert(1)</script>": "1"}, "no parameter"),
    ):
        opened = opening(query)
        assert words in opened.refusal
        assert not opened.linked
        assert opened.request == opening({}).request
