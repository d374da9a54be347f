"""Comparisons: sets beside random real images, and all that is asked about one of them."""

from dataclasses import replace

import numpy as np
import pytest

from distiller.errors import Refused
from distiller.evaluation.accuracy import evaluate, evaluate_random
from distiller.evaluation.comparison import Asked, Line, Step, compare, counts_of, evaluate_set
from distiller.evaluation.plan import EvaluationPlan
from distiller.evaluation.ranking import rank_set
from distiller.event import finish, translated
from tests.evaluation.test_accuracy import CHOSEN, DATA, TINY

PLAN = EvaluationPlan(TINY, seeds=2, epochs=3)
COUNTS = counts_of(CHOSEN, 3)


def test_lines_are_trained_seed_by_seed_and_reach_what_they_reach_alone() -> None:
    lines, order = [Line(COUNTS), Line(COUNTS, CHOSEN)], list[tuple[int, int]]()

    def follow(step: Step) -> None:
        assert step.line is not None
        if step.result is not None:
            order.append((step.seed, lines.index(step.line)))

    random, mine = finish(translated(compare(lines, DATA, PLAN), follow))
    assert order == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert mine.accuracies == finish(evaluate(CHOSEN, DATA.test, PLAN)).accuracies
    alone = finish(evaluate_random(DATA, CHOSEN.labels, PLAN))
    assert random.accuracies == alone.accuracies
    assert np.array_equal(random.confusion, alone.confusion)


def test_events_are_counted_over_all_seeds_of_a_line() -> None:
    steps = list(compare([Line(COUNTS, CHOSEN)], DATA, PLAN))
    counted = [step.event.i for step in steps if step.result is None]
    assert counted == list(range(len(counted)))
    assert {step.event.n for step in steps} == {len(counted)}
    shares = [step.share for step in steps if step.result is None]
    assert shares[: len(shares) // 2] == shares[len(shares) // 2 :]
    assert shares[-1] == 1


def test_what_is_known_is_not_trained_again() -> None:
    (whole,) = finish(compare([Line(COUNTS, CHOSEN)], DATA, PLAN))
    known = {1: finish(evaluate(CHOSEN, DATA.test, PLAN.of_seed(1)))}
    steps = list(compare([Line(COUNTS, CHOSEN, known)], DATA, PLAN))
    assert {step.seed for step in steps} == {0}
    assert finish(compare([Line(COUNTS, CHOSEN, known)], DATA, PLAN))[0].accuracies == (
        whole.accuracies
    )


def test_whether_to_compile_is_decided_for_all_seeds_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Though its nets are trained one at a time, and some may be known."""
    seen = []

    def pays(plan: EvaluationPlan, *_: object) -> bool:
        seen.append(plan.seeds)
        return False

    monkeypatch.setattr("distiller.evaluation.comparison.compile_pays", pays)
    monkeypatch.setattr("distiller.evaluation.accuracy.compile_pays", pays)
    undecided = replace(PLAN, compiled=None)
    finish(compare([Line(COUNTS, CHOSEN)], DATA, undecided))
    finish(evaluate(CHOSEN, DATA.test, undecided))
    assert set(seen) == {2}


def test_all_that_is_asked_is_in_the_table(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISTILLER_CACHE", str(tmp_path))
    bare = finish(evaluate_set(CHOSEN, DATA, PLAN))
    assert bare["baseline"] is None
    assert not {"full", "ranking", "robustness", "privacy"} & set(bare)
    asked = Asked(ranking=True, robust=True, privacy=True)
    table = finish(evaluate_set(CHOSEN, DATA, PLAN, asked))
    assert table["accuracies"] == bare["accuracies"]
    result = finish(evaluate(CHOSEN, DATA.test, PLAN))
    baseline = finish(evaluate_random(DATA, CHOSEN.labels, PLAN))
    assert table["difference_mean"] == result.against(baseline)[0]
    assert len(table["full"]) == 2
    full = float(np.mean(table["full"]))
    assert table["ranking"] == finish(rank_set(result, baseline, full, CHOSEN, DATA, PLAN))
    assert set(table["privacy"]) == {"memorisation", "membership_inference"}
    assert 0 <= table["robustness"]["pgd"] <= table["robustness"]["clean"] + 1e-9


def test_a_plan_that_cannot_be_is_refused() -> None:
    with pytest.raises(Refused, match="seeds must be at least 1"):
        EvaluationPlan(TINY, seeds=0)
    with pytest.raises(Refused, match="no report 'luckiest'"):
        EvaluationPlan(TINY, report="luckiest")
