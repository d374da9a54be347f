"""How long work takes is learned from the work that was done."""

import pytest

from viz.serving.rates import Rates

RUN = ("run", "solids", "dit")


def rates() -> Rates:
    return Rates({"run": (200.0, 3.0), "score": (1.0, 1.0)})


def test_before_anything_was_done_the_usual_is_believed() -> None:
    assert rates().seconds(RUN, 400) == pytest.approx(6)


def test_a_slow_machine_is_soon_believed_to_be_slow() -> None:
    slow = rates()
    for _ in range(5):
        slow.learn(RUN, 200, 30.0)
    assert slow.seconds(RUN, 200) == pytest.approx(30, rel=0.2)


def test_a_tiny_run_that_began_slowly_hardly_moves_what_is_told() -> None:
    known = rates()
    for _ in range(5):
        known.learn(RUN, 200, 3.0)
    known.learn(RUN, 24, 2.0)  # most of it was its beginning
    assert known.seconds(RUN, 200) == pytest.approx(3, rel=0.3)


def test_a_method_that_was_never_run_is_taken_for_as_slow_as_the_others() -> None:
    slow = rates()
    for _ in range(5):
        slow.learn(RUN, 200, 30.0)
    for kind in (("run", "solids", "dap"), ("run", "digits", "dit")):
        assert slow.seconds(kind, 200) == pytest.approx(30, rel=0.2)
    slow.learn(("run", "solids", "dap"), 2000, 600.0)  # twice as slow
    assert slow.seconds(("run", "solids", "dap"), 200) == pytest.approx(60, rel=0.3)
    assert slow.seconds(RUN, 200) == pytest.approx(30, rel=0.2)
    assert slow.seconds(("score", "solids"), 2) == pytest.approx(2)
