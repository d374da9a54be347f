"""Scores against independent implementations, closed forms, and sets whose quality is known."""

import math

import numpy as np
import pytest
import torch

from distiller.errors import Refused
from distiller.scores.discrepancy import DISCREPANCIES
from distiller.scores.score import (
    SCORES,
    Comparison,
    Real,
    against,
    compare,
    coverage,
    discrepancies,
    join,
    mmd2,
    nearest,
    similarity,
    vendi,
    within_reach,
)

G = torch.Generator().manual_seed(0)
Y = torch.randn(300, 6, generator=G)
REAL = Real(Y)


def test_mmd_is_the_unbiased_u_statistic() -> None:
    x = torch.randn(12, 6, generator=G) + 0.5
    h = REAL.bandwidth

    def k(a: torch.Tensor, b: torch.Tensor) -> float:
        return math.exp(-float((a - b).square().sum()) / (2 * h * h))

    def mean(pairs: list[float]) -> float:
        return sum(pairs) / len(pairs)

    expected = (
        mean([k(a, b) for i, a in enumerate(x) for j, b in enumerate(x) if i != j])
        + mean([k(a, b) for i, a in enumerate(Y) for j, b in enumerate(Y) if i != j])
        - 2 * mean([k(a, b) for a in x for b in Y])
    )
    assert mmd2(against(REAL, x)) == pytest.approx(expected, abs=1e-5)


def test_mmd_is_centred_on_zero_for_the_same_distribution() -> None:
    values = [mmd2(against(REAL, torch.randn(20, 6, generator=G))) for _ in range(200)]
    error = np.std(values) / math.sqrt(200)
    assert abs(np.mean(values)) < 4 * error + 2e-3
    assert min(values) < 0 < max(values)


def test_similarity_and_nearest_have_their_closed_forms() -> None:
    far = torch.full((3, 6), 100.0)
    assert similarity(against(REAL, far)) == pytest.approx(0, abs=1e-12)
    gap = torch.cdist(far, Y).min(1).values.mean()
    typical = torch.cdist(Y, Y).fill_diagonal_(math.inf).min(1).values.mean()
    assert nearest(against(REAL, far)) == pytest.approx(float(gap / typical), rel=1e-4)
    assert nearest(against(REAL, Y[:5] + 1e-4)) < 0.01


def test_coverage_of_clusters_counts_those_that_were_hit() -> None:
    centres = torch.eye(5) * 100
    y = (centres[:, None] + torch.randn(5, 20, 5, generator=G)).reshape(100, 5)
    real = Real(y)
    assert coverage(against(real, centres)) == 100
    three = centres[[0, 1, 2, 0, 1]]
    assert coverage(against(real, three)) == 60
    covers = within_reach(against(real, three)).sum(1)
    assert covers.tolist() == [20] * 5


def test_vendi_counts_what_is_different() -> None:
    apart = torch.eye(6) * 1000
    assert vendi(against(REAL, apart)) == pytest.approx(6, abs=1e-3)
    assert vendi(against(REAL, apart[[0, 0, 0, 1, 1, 1]])) == pytest.approx(2, abs=1e-3)
    assert vendi(against(REAL, apart[[0] * 6])) == pytest.approx(1, abs=1e-3)


def test_random_real_subsets_are_graded_like_random_real_images() -> None:
    rng = np.random.default_rng(5)
    grades = []
    for _ in range(30):
        rows = rng.permutation(300)
        real = Real(Y[rows[20:]])
        grades += [c.grade for name, c in compare(real, Y[rows[:20]]).items() if name != "nearest"]
    assert grades.count("like") / len(grades) > 0.85


def test_a_collapsed_set_is_graded_worse_and_a_far_one_too() -> None:
    collapsed = compare(REAL, Y[:1].repeat(10, 1) + 0.01 * torch.randn(10, 6, generator=G))
    assert collapsed["vendi"].grade == "worse"
    assert collapsed["coverage"].grade == "worse"
    assert collapsed["mmd2"].grade == "worse"
    assert "worse than 100 %" in collapsed["vendi"].verdict()
    far = compare(REAL, Y[:10] + 20)
    assert far["similarity"].grade == "worse"
    assert far["nearest"].grade == "worse"
    assert far["nearest"].verdict().startswith("worse: above")


def test_a_chosen_set_is_graded_better() -> None:
    """Greedy herding minimises the MMD, and random draws do not."""
    k = torch.exp(-torch.cdist(Y, Y).square() / (2 * REAL.bandwidth**2))
    chosen: list[int] = []
    for i in range(10):
        gain = k.mean(1) - (k[:, chosen].sum(1) / (i + 1) if chosen else 0)
        gain[chosen] = -math.inf
        chosen.append(int(gain.argmax()))
    c = compare(REAL, Y[chosen])["mmd2"]
    assert c.grade == "better"
    assert c.apart < 0
    assert c.verdict().startswith("better than")


def test_a_single_image_has_no_mmd_and_says_so() -> None:
    table = compare(REAL, Y[:1] + 0.1)
    assert math.isnan(table["mmd2"].value)
    assert table["mmd2"].verdict() == "needs at least two images"
    assert table["vendi"].value == pytest.approx(1)


def test_ties_count_half() -> None:
    c = Comparison(1.0, np.array([1.0, 1.0, 0.0, 2.0]), "higher")
    assert c.beats == 0.5
    assert Comparison(1.0, c.draws, "lower").beats == 0.5


def test_joining_averages_draw_by_draw() -> None:
    a, b = compare(REAL, Y[:10]), compare(REAL, Y[10:20])
    both = join({0: a, 1: b})
    for name in SCORES:
        assert both[name].value == pytest.approx((a[name].value + b[name].value) / 2)
        np.testing.assert_allclose(both[name].draws, (a[name].draws + b[name].draws) / 2)


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(Refused, match="6 columns"):
        compare(REAL, torch.zeros(3, 5))
    with pytest.raises(Refused, match="class of 300"):
        compare(REAL, torch.zeros(300, 6))
    with pytest.raises(Refused, match="at least 3"):
        Real(Y[:2])


def test_every_discrepancy_is_held_against_draws_that_do_not_meet_themselves() -> None:
    first, second = REAL.halves
    assert len(first) == len(second) == 150
    assert torch.cdist(first, second).min() > 0
    table = discrepancies(REAL, second[:10])
    assert table.keys() == DISCREPANCIES.keys()
    for name, c in table.items():
        assert c.value == pytest.approx(float(DISCREPANCIES[name].to(first)(second[:10])), rel=1e-4)
        assert len(c.draws) == 50
        assert np.isfinite(c.draws).all()
    far = discrepancies(REAL, second[:10] + 8)
    graded = {name: c.grade for name, c in far.items()}
    assert all(grade == "worse" for name, grade in graded.items() if name != "parameter"), graded


def test_a_discrepancy_that_needs_more_images_says_so() -> None:
    table = discrepancies(REAL, Y[:1] + 0.1)
    assert math.isnan(table["frechet"].value)
    assert not math.isnan(table["mmd"].value)
    crowd = discrepancies(REAL, torch.cat([Y[:160] + 0.1]))
    assert np.isnan(crowd["mmd"].draws).all()  # too many for draws from half of the class
