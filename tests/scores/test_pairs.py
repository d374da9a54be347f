"""Paired comparison: against SciPy's permutation test, closed forms, and its error rate."""

import math

import numpy as np
import pytest
from scipy.stats import permutation_test, ttest_rel

from distiller.errors import Refused
from distiller.scores.pairs import Paired, paired

RNG = np.random.default_rng(0)


def test_p_and_interval_are_scipys() -> None:
    a, b = RNG.normal(size=(2, 10))
    b = b + 0.8
    found = paired(a, b)
    exact = permutation_test(
        (b, a), lambda x, y, axis: np.mean(x - y, axis=axis), permutation_type="samples",
        n_resamples=np.inf,
    )  # fmt: skip
    assert found.p_value == pytest.approx(exact.pvalue, abs=1e-12)
    low, high = ttest_rel(b, a).confidence_interval()
    assert (found.low, found.high) == pytest.approx((low, high))


@pytest.mark.parametrize(("n", "p"), [(1, 1.0), (2, 0.5), (5, 1 / 16), (6, 1 / 32)])
def test_no_p_value_is_below_what_n_pairs_allow(n: int, p: float) -> None:
    found = paired(np.zeros(n), np.arange(1, n + 1))
    assert found.p_value == pytest.approx(p)
    assert found.told_apart == (n == 6)


def test_many_pairs_are_tried_at_random_and_agree_with_all_patterns() -> None:
    d = RNG.normal(0.4, 1, 14)
    exact = paired(np.zeros(14), d).p_value
    drawn = paired(np.zeros(15), np.append(d, 0.0)).p_value  # a zero changes no sum
    assert drawn == pytest.approx(exact, abs=0.01)


def test_where_nothing_differs_it_errs_at_its_level() -> None:
    rng = np.random.default_rng(1)
    told = [paired(*rng.normal(size=(2, 8))).told_apart for _ in range(1000)]
    assert 0.03 < np.mean(told) < 0.07


def test_words_say_what_can_be_said() -> None:
    assert paired([1], [2]).words("A", "B") == (
        "A and B cannot be told apart: there is one pair only."
    )
    assert "not told apart (4 pairs" in paired([1, 2, 3, 4], [2, 1, 4, 3]).words("A", "B")
    up = paired(np.zeros(10), np.linspace(1, 2, 10))
    assert up.words("A", "B").startswith("B is higher than A by 1.5, from 1.2")
    down = paired(np.linspace(1, 2, 10), np.zeros(10)).words("A", "B")
    assert down.startswith("B is lower than A by 1.5, from 1.2")
    odd = Paired(9, 1.0, -0.1, 2.1, 0.04).words("A", "B")
    assert odd == "B is higher than A by 1 (9 pairs, p = 0.04)."


@pytest.mark.parametrize("b", [[1.0], [], [1.0, math.nan]])
def test_what_makes_no_pairs_is_refused(b: list[float]) -> None:
    with pytest.raises(Refused, match="Pairs need"):
        paired([1.0, 2.0] if b else [], b)
