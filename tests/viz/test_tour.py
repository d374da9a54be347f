"""The guided tour: what it says of whole sets, and what it shows."""

import re

import pytest

from distiller.errors import Refused
from distiller.machine.assets import ASSETS
from tests.viz.sent import check
from viz import payloads
from viz.catalogue import first_run
from viz.guess import game as guess
from viz.results.study import studies_of
from viz.tour import facts, first, lanes, question
from viz.visitor.link import TOUR, opening, tour_page


def test_a_link_opens_a_page_that_the_tour_has() -> None:
    scripts = (ASSETS / "page" / "tour" / "pages.js").read_text(encoding="utf-8")
    assert tuple(re.findall(r"^  id: '(\w+)',$", scripts, re.M)) == TOUR
    for page in TOUR:
        assert tour_page({"tour": page}) == page
        assert opening({"tour": page}) == opening({})
    assert tour_page({"dataset": "digits"}) == ""
    with pytest.raises(Refused, match="no page of the tour 'dip'"):
        tour_page({"tour": "dip"})
    with pytest.raises(Refused, match="no page of the tour"):
        tour_page({"tour": ""})


def test_a_link_may_open_the_tour_and_ask_for_a_run() -> None:
    opened = opening({"tour": "dap", "dataset": "digits", "seed": "4"})
    assert opened.linked
    assert opened.request.seed == 4


def test_the_tour_says_what_the_study_does() -> None:
    told = facts()
    check(payloads.TourFacts, told)
    shown = {s["choice"]: s for s in studies_of("solids")["studies"]}["10 images a class, quick"]
    rows = {row["name"]: row["values"] for row in shown["rows"]}
    ten = told["studies"]["solids-10"]
    assert ten["methods"]["dap"]["accuracy"] == rows["DAP"]["accuracy"]
    grades = [
        values["accuracy"]["grade"]
        for name, values in rows.items()
        if "accuracy" in values and name != rows_random(shown)
    ]
    counts = {grade: grades.count(grade) for grade in ("better", "like", "worse")}
    assert counts == ten["counts"]
    assert sum(counts.values()) > 20


def rows_random(shown: payloads.Study) -> str:
    (name,) = [row["name"] for row in shown["rows"] if row["kind"] == "random"]
    return name


@pytest.mark.parametrize("dataset", ["solids", "digits"])
def test_what_the_tour_shows_ships(dataset: str) -> None:
    run, shipped = first(dataset), lanes(dataset)
    assert run == first_run(dataset)
    methods = [lane["method"] for lane in shipped["lineup"]["lanes"]]
    assert {"random", "dit", "dap", "d3hr"} <= {*methods}
    assert len(shipped["runs"]) == len(methods)


def test_what_does_not_ship_is_refused() -> None:
    with pytest.raises(Refused, match="No comparison ships with CIFAR-10"):
        lanes("cifar10")
    with pytest.raises(Refused, match="no data set"):
        first("cats")


def test_the_question_of_the_tour_is_there_at_once_and_can_be_answered() -> None:
    asked = question()
    assert asked["game"] == "pair"
    assert len(asked["sheets"]) == 2
    answer = guess.guessed({"token": asked["token"], "guess": 1})
    check(payloads.GuessAnswer, answer)
    assert len({side["name"] for side in answer["sides"]}) == 2
