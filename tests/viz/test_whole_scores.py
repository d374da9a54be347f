"""Scores of whole sets, against numbers worked out by hand."""

import math
from typing import Any

import pytest

from tests.viz.sent import check
from viz import payloads
from viz.compare.whole_scores import means_of, rank_of, shared_by, told_apart


def score(value: float | None, name: str = "coverage", **more: Any) -> Any:
    given = {"space": "latents", "name": name, "title": name.title(), "about": "", "value": value}
    return {**given, "mean": 50.0, "spread": 3.0, "grade": "like", **more}


def lane(*values: float | None, **more: Any) -> dict[int, Any]:
    return {label: [score(value, **more)] for label, value in enumerate(values)}


def mean(*values: float | None, **more: Any) -> payloads.Mean:
    found = means_of("x", {2: lane(*values, **more)}, range(len(values)))
    check(payloads.Means, found)
    return found["measures"][0]["lanes"]["2"]


def test_a_mean_stands_beside_means_of_random_real_images() -> None:
    """Nine draws of deviation 3 have a mean of deviation 1: beyond 1.96 it is no chance."""
    for value, grade in ((51.9, "like"), (52.0, "better"), (48.1, "like"), (48.0, "worse")):
        found = mean(*[value] * 9)
        assert found["mean"] == pytest.approx(value)
        assert (found["real"], found["chance"]) == (50.0, pytest.approx(1.0))
        assert (found["spread"], found["grade"]) == (pytest.approx(0.0), grade)
    assert mean(*[48.0] * 9, name="mmd2")["grade"] == "better"
    for value in (48.0, 52.0):
        assert mean(*[value] * 9, name="nearest")["grade"] == "worse"


def test_the_spread_is_that_between_classes_that_have_a_value() -> None:
    found = mean(40.0, None, 60.0)
    assert (found["mean"], found["count"]) == (50.0, 2)
    assert found["spread"] == pytest.approx(math.sqrt(200))
    assert mean(None)["count"] == 0
    assert mean(40.0, mean=None, spread=None)["real"] is None


def test_lanes_are_compared_on_the_classes_that_all_have() -> None:
    lanes: Any = {0: lane(1, 2, 3), 1: lane(1, 2), 4: {}}
    assert shared_by(lanes) == [0, 1]
    found = means_of("x", lanes, [0, 1])["measures"][0]["lanes"]
    assert {slot: one["count"] for slot, one in found.items()} == {"0": 2, "1": 2}
    assert shared_by({0: {}}) == []
    assert means_of("x", {0: {}}, [])["measures"] == []


@pytest.mark.parametrize(
    ("name", "value", "rank"),
    [("coverage", 7.0, 7.0), ("mmd2", 7.0, -7.0), ("nearest", 53.0, -3.0), ("modes", 4.0, 4.0)],
)
def test_a_rank_is_higher_for_what_is_better(name: str, value: float, rank: float) -> None:
    assert rank_of(score(value, name)) == rank
    assert rank_of(score(None, name)) is None


NAMES = {0: "A", 1: "B", 2: "C"}


def test_lanes_are_told_apart_class_by_class() -> None:
    """Of ten differences of one sign, two of 1024 sign patterns are as far from zero."""
    b = [v + 1 + 0.1 * k for k, v in enumerate(range(10))]
    lanes: Any = {0: lane(*range(10)), 1: lane(*b)}
    (sentence,) = told_apart(lanes, NAMES, range(10), "latents.coverage")
    assert "B is higher than A by 1.45" in sentence
    assert "10 pairs, p = 0.002" in sentence
    assert told_apart(lanes, NAMES, range(10), "latents.nothing") == []


def test_p_is_corrected_for_the_number_of_pairs() -> None:
    """Holm: 2/1024 is multiplied by 3, and again by at least as much for the next."""
    lanes: Any = {k: lane(*(10.0 * k + v % 3 for v in range(10))) for k in range(3)}
    found = told_apart(lanes, NAMES, range(10), "latents.coverage")
    assert len(found) == 3
    assert all("p = 0.0059" in sentence for sentence in found)


def test_on_few_classes_nothing_can_be_told_apart_and_it_says_so() -> None:
    """Five pairs give no p below 1/16, six 1/32; of three comparisons the least is three times."""
    for classes, count, needed in ((5, 2, 6), (6, 2, None), (6, 3, 7), (7, 3, None)):
        lanes: Any = {k: lane(*[10.0 * k] * classes) for k in range(count)}
        found = told_apart(lanes, NAMES, range(classes), "latents.coverage")
        if needed is None:
            assert all(" is higher than " in sentence for sentence in found)
        else:
            assert found == [
                f"Nothing can be told apart on {classes} classes: to compare {count} lanes takes "
                f"at least {needed}."
            ]


def test_lanes_that_are_alike_are_not_told_apart() -> None:
    lanes: Any = {0: lane(*range(9)), 1: lane(*(v + (-1) ** v for v in range(9)))}
    (sentence,) = told_apart(lanes, NAMES, range(9), "latents.coverage")
    assert sentence.startswith("A and B are not told apart (9 pairs")
