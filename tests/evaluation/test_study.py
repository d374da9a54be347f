"""Studies: what is measured stands in one file, and is compared as a textbook says."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import ttest_ind

from distiller.errors import Refused
from distiller.evaluation import Column, Figure, Study, StudyRow, figure_of, read_study
from distiller.machine.assets import ASSETS

ALIKE = {"accuracy": Column("accuracy, %", 1)}


def study(**figures: Figure) -> Study:
    rows = tuple(StudyRow(name, {"accuracy": figure}) for name, figure in figures.items())
    return Study("a-10-quick", "a", 10, "quick", "convnet-3", "none", ("One net.",), ALIKE, rows)


def test_a_difference_is_that_of_welch() -> None:
    rng = np.random.default_rng(0)
    mine, random = rng.normal(75, 2, 4), rng.normal(70, 4, 3)
    made = study(random=figure_of(list(random), 9), mmd=figure_of(list(mine), 9))
    found = made.difference("mmd", "accuracy")
    assert found is not None
    wanted = ttest_ind(mine, random, equal_var=False).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((wanted.low, wanted.high), abs=1e-6)


def test_one_set_is_compared_with_one_more_draw_of_random_images() -> None:
    """The prediction interval of a fourth draw, by Student: m +- t s sqrt(1 + 1/3)."""
    random = Figure(27.2, 1.0, 3)
    of_nets = Figure(35.0, 0.1, 3, "nets")  # says nothing of other sets
    made = study(random=random, igd=of_nets, dap=replace(of_nets, n=1, spread=None))
    half = 4.302653 * 1.0 * (1 + 1 / 3) ** 0.5
    for name in ("igd", "dap"):
        found = made.difference(name, "accuracy")
        assert found is not None
        assert (found.low, found.high) == pytest.approx((7.8 - half, 7.8 + half), abs=1e-4)


def test_without_a_spread_of_random_images_nothing_is_compared() -> None:
    several = Figure(30.0, 1.0, 3)
    for random in (Figure(27.0, None, 1), Figure(27.0, 0.4, 3, "nets")):
        assert study(random=random, mmd=several).difference("mmd", "accuracy") is None
    assert study(mmd=several).difference("mmd", "accuracy") is None


def test_a_spread_that_was_printed_as_zero_may_be_half_a_digit() -> None:
    made = study(random=Figure(50.0, 0.0, 3), mmd=Figure(50.1, 0.0, 3))
    found = made.difference("mmd", "accuracy")
    assert found is not None
    assert found.low < 0 < found.high
    half = Figure(50.0, 0.0, 3).half(1)
    assert half == pytest.approx(4.302653 * 0.05 / 3**0.5)
    assert Figure(50.0, 0.4, 3, "nets").half(1) is None


def test_a_study_is_read_as_it_was_written(tmp_path: Path) -> None:
    made = study(random=Figure(-0.0, 0.0, 3), mmd=Figure(45.6, None, 2, "nets", (45.7, 45.5)))
    assert read_study(made.write(tmp_path)) == made
    (tmp_path / "b.json").write_text("[]")
    with pytest.raises(Refused, match=r"b\.json is no study"):
        read_study(tmp_path / "b.json")


def test_a_study_of_an_earlier_prior_says_so(tmp_path: Path) -> None:
    record = json.loads((ASSETS / "priors/digits/prior.json").read_text())
    now = replace(study(), dataset="digits", prior=record["measured"]["sha256"])
    assert not now.of_earlier_prior
    earlier = replace(now, prior="0" * 64)
    assert earlier.of_earlier_prior
    assert read_study(earlier.write(tmp_path)).prior == earlier.prior
    assert not study().of_earlier_prior  # real images alone, of no prior
    with pytest.raises(Refused, match="in another way"):
        earlier.updated(now)


def test_rows_that_are_measured_again_take_their_place() -> None:
    before = study(random=Figure(1.0, 0.0, 3), mmd=Figure(2.0, 0.0, 3))
    later = study(igd=Figure(4.0, 0.0, 3), random=Figure(3.0, 0.0, 3))
    made = before.updated(later)
    assert [row.method for row in made.rows] == ["random", "mmd", "igd"]
    assert made.row("random").figures["accuracy"].mean == 3.0
    with pytest.raises(Refused, match="in another way"):
        before.updated(replace(later, conditions=("Two nets.",)))
    with pytest.raises(LookupError, match="dap"):
        made.row("dap")
