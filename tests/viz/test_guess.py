"""Guesses: questions that hold no answer, and answers that are the shipped study's."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from distiller.data.registry import DATASETS
from distiller.errors import Refused
from distiller.methods import METHODS
from distiller.sets.request import Request
from tests.followed import everything
from tests.viz.sent import check
from viz import payloads
from viz.compare.lanes import shipped_lanes
from viz.compare.lineup import linked
from viz.guess import game as guess
from viz.guess import question
from viz.guess.answer import answer_mix, answer_pair
from viz.guess.game import asked, examples, found, guessed
from viz.guess.question import (
    FEWEST,
    SHEET,
    Mix,
    Pair,
    draw_mix,
    draw_pair,
    methods_of,
    pair_of,
    study_of,
)
from viz.results.study import studies_of
from viz.serving.desk import Desk
from viz.serving.kept import Kept
from viz.serving.line import Line
from viz.settings import RUN
from viz.visitor.link import opening
from viz.visitor.session import Session

SHIPPED = "solids", 4  # a data set, and the class whose comparison ships


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A desk that has made nothing yet."""
    made = Desk(Line(50), Kept(tmp_path / "runs", memory=10**8, disk=10**8))
    monkeypatch.setattr(guess, "open_desk", lambda: made)
    yield made
    made.line.close()


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two images in two steps, of methods that need no fitting."""
    monkeypatch.setattr("viz.guess.question.RUN", replace(RUN, steps=2))
    monkeypatch.setattr(question, "LANE_IMAGES", 2)
    monkeypatch.setattr(question, "SHEET", 2)
    monkeypatch.setattr(question, "FEWEST", 1)
    monkeypatch.setattr(question, "methods_of", lambda study: ["dit", "diversity"])


def shipped_pair(left: str, right: str) -> tuple[Pair, dict[int, payloads.Run]]:
    """A question about two lanes of the comparison that ships, and their runs."""
    lanes = shipped_lanes(SHIPPED[0])
    assert lanes is not None
    pair = pair_of(study_of(SHIPPED[0]), (left, right), SHIPPED[1])
    slots = {lane["method"]: str(lane["slot"]) for lane in lanes["lineup"]["lanes"]}
    return pair, {k: lanes["runs"][slots[name]] for k, name in enumerate((left, right))}


def the_question(shown: list[Any]) -> payloads.GuessQuestion:
    *waits, last = shown
    for wait in waits:
        check(payloads.GuessWait, wait)
    check(payloads.GuessQuestion, last)
    result: payloads.GuessQuestion = last
    return result


# ------------------------------------------------------------------------------------- drawing


@pytest.mark.slow
def test_a_seed_draws_a_question_and_who_stands_left() -> None:
    drawn = [draw_pair("digits", str(seed)) for seed in range(40)]
    assert draw_pair("digits", "7").methods == drawn[7].methods
    assert {pair.lineup.base.classes for pair in drawn} > {(0,), (3,)}
    order = [
        methods_of(pair.study).index(pair.methods[0])
        < methods_of(pair.study).index(pair.methods[1])
        for pair in drawn
    ]
    assert 5 < sum(order) < 35


def test_lanes_are_the_runs_that_compare_and_explore_make() -> None:
    pair = pair_of(study_of("solids"), ("dap", "random"), 4)
    lanes = shipped_lanes("solids")
    assert lanes is not None
    for slot in (0, 1):
        request = pair.lineup.lanes[slot]
        assert isinstance(request, Request)
        assert question.shipped_run(request) is not None
        assert opening(request.query()).request == request
    compared = linked(pair.lineup.query())
    assert compared is not None
    assert compared.lanes == pair.lineup.lanes


def test_only_methods_with_intervals_that_are_quick_and_kept_are_asked_about() -> None:
    for dataset in ("solids", "digits"):
        study = study_of(dataset)
        for name in methods_of(study):
            row = study.row(name)
            assert row.figures["accuracy"].half(1) is not None
            plain = study.row(question.PLAIN).figures["seconds"].mean
            if took := row.figures.get("seconds"):  # those of another machine are left out
                assert took.mean <= question.QUICK * plain
            assert "pool" not in name
    assert "dp-merf" not in methods_of(study_of("solids"))  # it draws its noise in private
    assert "minimax+d3hr+mmd" not in methods_of(study_of("solids"))  # 458 s
    assert "igd" not in methods_of(study_of("solids"))  # two lanes have the same number of steps
    assert "igd" in methods_of(study_of("digits"))
    photographs = methods_of(study_of("cifar10"))
    assert {"dap", "mmd", "dap+diversity"} <= set(photographs)
    assert not {"igd", "lgd", "s3"} & set(photographs)  # 37 to 52 s where `dit` took 6


def test_a_sheet_holds_some_of_either_and_no_image_twice() -> None:
    counts = set()
    for seed in range(30):
        mix = draw_mix("digits", str(seed))
        assert len(set(mix.places)) == len(mix.places) == SHEET
        assert FEWEST <= len(mix.real) <= SHEET - FEWEST
        counts.add(len(mix.real))
    assert len(counts) > 3
    assert mix.lineup.lanes[0].method == "random"  # type: ignore[union-attr]


def test_what_cannot_be_asked_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Refused, match="No study with ten images a class ships with Imagenette"):
        draw_pair("imagenette", "0")
    for bad in (("mnist", "pair"), ("digits", "poker"), (None, None)):
        with pytest.raises(Refused):
            everything(asked(Session(), *bad))
    away = replace(DATASETS["cifar10"], here=lambda: False)
    monkeypatch.setattr(question, "DATASETS", {**DATASETS, "cifar10": away})
    with pytest.raises(Refused, match="real images of CIFAR-10 are not on this machine"):
        draw_mix("cifar10", "0")
    assert "random" not in methods_of(study_of("cifar10"))


# ------------------------------------------------------------------------------------- asking


@pytest.mark.usefixtures("tiny")
def test_a_question_tells_nothing_and_its_guess_brings_the_answer(desk: Desk) -> None:
    shown = everything(asked(Session(), "digits", "pair", "1"))
    asked_for = the_question(shown)
    assert [sheet["n"] for sheet in asked_for["sheets"]] == [2, 2]
    pair = draw_pair("digits", "1")
    sent = json.dumps([{**each, "sheets": []} for each in shown]).lower()
    for name in (*METHODS, *(method.title.lower() for method in METHODS.values())):
        words = sent.replace("digits", "").replace("distil", "")
        assert f" {name} " not in words
        assert f'"{name}"' not in words
    answer = guessed({"token": asked_for["token"], "guess": 1})
    check(payloads.GuessAnswer, answer)
    assert [side["link"]["method"] for side in answer["sides"]] == list(pair.methods)
    assert guessed({"token": asked_for["token"], "guess": 1}) == answer
    again = the_question(everything(asked(Session(), "digits", "pair", "1")))
    assert again["token"] != asked_for["token"]
    assert again["sheets"] == asked_for["sheets"]


@pytest.mark.usefixtures("tiny")
def test_real_images_are_found_and_the_rest_are_distilled() -> None:
    asked_for = the_question(everything(asked(Session(), "digits", "real", "2")))
    (sheet,) = asked_for["sheets"]
    assert sheet["n"] == 2
    mix = draw_mix("digits", "2")
    answer = found({"token": asked_for["token"], "marked": mix.real})
    check(payloads.GuessFound, answer)
    assert answer["real"] == mix.real
    assert answer["right"] == 2
    opposite = found({"token": asked_for["token"], "marked": [1 - mix.real[0]]})
    assert opposite["right"] == 0
    assert found({"token": asked_for["token"], "marked": [0, 1]})["right"] == 1
    with pytest.raises(Refused, match="asks for the real"):
        guessed({"token": asked_for["token"], "guess": 0})


def test_the_images_of_a_sheet_are_those_of_its_runs() -> None:
    lanes = shipped_lanes("solids")
    assert lanes is not None
    mix = draw_mix("solids", "x", 4, "dit")
    runs = {0: lanes["runs"]["0"], 1: lanes["runs"]["1"]}
    sheet = guess._mixed(mix, runs)
    tiles = guess._tiles({**runs[0], **sheet})
    for place, (lane, k) in enumerate(mix.places):
        np.testing.assert_array_equal(tiles[place], guess._tiles(runs[lane])[k])


@pytest.mark.parametrize("bad", [None, {}, {"token": "x", "guess": 0}, "text", {"token": 3}])
def test_a_guess_without_its_question_is_refused(bad: Any) -> None:
    for answer in (guessed, found):
        with pytest.raises(Refused, match=r"held no longer|needs the token"):
            answer(bad)


def test_what_is_no_guess_is_refused() -> None:
    pair, runs = shipped_pair("dit", "dap")
    token = guess._HELD.put(guess._Asked(pair, runs))
    for wrong in (2, -1, None, "left", [0]):
        with pytest.raises(Refused, match="the guess"):
            guessed({"token": token, "guess": wrong})
    mix = guess._HELD.put(guess._Asked(draw_mix("solids", "x", 4, "dit"), runs))
    for marked in (None, "0", [99], ["x"], [0] * 13):
        with pytest.raises(Refused):
            found({"token": mix, "marked": marked})


def test_only_the_newest_questions_are_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guess._HELD, "most", 1)
    pair, runs = shipped_pair("dit", "dap")
    first, second = (guess._HELD.put(guess._Asked(pair, runs)) for _ in range(2))
    with pytest.raises(Refused, match="held no longer"):
        guessed({"token": first, "guess": 0})
    assert guessed({"token": second, "guess": 0})["sides"]


# ------------------------------------------------------------------------------------- answers


def test_two_that_the_study_does_not_tell_apart_have_no_wrong_guess() -> None:
    pair, runs = shipped_pair("dit", "dap")  # 70.6 ± 1.8 and 70.4 ± 2.1
    for side in (0, 1):
        answer = answer_pair(pair, runs, side)
        assert answer["better"] is None
        assert "neither guess is wrong" in answer["verdict"]


def test_a_difference_beyond_chance_has_a_better_side_whoever_stands_left() -> None:
    """77.9 ± 1.0 beside 69.8 ± 3.1, three sets each: Welch's interval is 8.1 -+ 6.9 or so."""
    _, runs = shipped_pair("dit", "dap")
    study = study_of("solids")
    for methods, better in (
        (("dap", "minimax+discrepancy"), 1),
        (("minimax+discrepancy", "dap"), 0),
    ):
        pair = pair_of(study, methods, 4)
        right, wrong = (answer_pair(pair, runs, guess) for guess in (better, 1 - better))
        assert right["better"] == wrong["better"] == better
        assert "found the same" in right["verdict"]
        assert "wrong" not in wrong["verdict"]
        assert "8.4 points above that of DAP" in right["difference"]


def test_accuracies_and_intervals_are_those_of_the_first_screen_of_evaluate() -> None:
    pair, runs = shipped_pair("dit", "d3hr")
    (shown,) = [s for s in studies_of("solids")["studies"] if s["choice"].startswith("10 ")]
    rows = {row["name"]: row["values"]["accuracy"] for row in shown["rows"]}
    for side in answer_pair(pair, runs, 0)["sides"]:
        value = rows[side["name"]]
        assert value["low"] is not None
        assert value["high"] is not None
        assert side["mean"] == value["mean"]
        assert [side["low"], side["high"]] == [value["low"], value["high"]]
    measured = " ".join(answer_pair(pair, runs, 0)["measured"])
    assert "whole sets of all 10 classes" in measured
    assert "protocol is quick, with hard labels" in measured


def run_of(**values: float) -> Any:
    """A run with these scores, of which random draws have the mean 50 and the deviation 1."""
    scores = [
        {"space": "latents", "name": name, "title": name, "about": "", "value": value,
         "mean": 50.0, "spread": 1.0, "grade": "like"}
        for name, value in values.items()
    ]  # fmt: skip
    return {"n": 10, "scores": scores}


def test_scores_that_differ_beyond_the_spread_are_shown_and_looked_at() -> None:
    """Two scores at 5 % together: 2.24 deviations of one from the mean of random draws."""
    pair = pair_of(study_of("digits"), ("random", "dit"), 0)
    for value, count in ((52.2, 0), (52.3, 1), (47.7, 1)):
        runs = {0: run_of(coverage=44.0, vendi=1.0), 1: run_of(coverage=value, vendi=50.0)}
        answer = answer_pair(pair, runs, 0)
        assert len(answer["scores"]) == count
        assert ("nothing to see" in answer["look"]) == (count == 0)
        for row in answer["scores"]:
            assert (row["left"], row["right"]) == (50.0, value)  # the mean of draws, not this one
    both = pair_of(study_of("digits"), ("dap", "dit"), 0)
    runs = {0: run_of(coverage=50.0, vendi=50.0), 1: run_of(coverage=50.0, vendi=60.0)}
    (row,) = answer_pair(both, runs, 0)["scores"]
    assert (row["left"], row["right"]) == (50.0, 60.0)
    assert "different the images" in answer_pair(both, runs, 0)["look"]


def test_the_examples_are_answered_already() -> None:
    shown = examples()
    check(payloads.GuessExamples, shown)
    assert shown["answer"]["better"] == 0
    assert shown["pair"]["token"] == shown["real"]["token"] == ""
    assert set(shown["found"]["marked"]) < set(shown["found"]["real"])
    assert shown["found"]["right"] == shown["real"]["sheets"][0]["n"] - 1
    mix = draw_mix("solids", "example", 4, "dit")
    assert isinstance(mix, Mix)
    _, runs = shipped_pair("random", "dit")
    assert answer_mix(mix, runs, set(mix.real))["right"] == SHEET
