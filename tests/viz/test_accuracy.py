"""Accuracies on the page: what is kept, what compares with what, and what is said of it."""

import csv
import io
import json
import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from distiller.data.registry import DATASETS, load, load_here
from distiller.errors import Refused
from distiller.evaluation.accuracy import evaluate, of_classes
from distiller.evaluation.plan import EvaluationPlan
from distiller.evaluation.protocol import QUICK
from distiller.evaluation.result import Evaluation
from distiller.event import finish
from distiller.lab import Lab, open_lab
from distiller.sets.request import Request
from tests.viz.sent import check
from viz import payloads
from viz.evaluate.accuracy import evaluate_sets
from viz.evaluate.board import Board, Contest, Entry
from viz.evaluate.candidate import Candidate

TINY = replace(QUICK, net="convnet-2-w8", epochs={math.inf: 3}, augment=())
CLASSES = (1, 4, 7)


@pytest.fixture(scope="module")
def lab() -> Lab:
    return open_lab("digits", "cpu")


def some(lab: Lab, n: int, name: str = "some", classes: Sequence[int] = CLASSES) -> Candidate:
    """The first n training images of some classes."""
    train = lab.data.train
    return Candidate(name, "digits", {k: train.images[train.of(k)[:n]] for k in classes})


def run(lab: Lab, board: Board, *sets: Candidate, seeds: int = 2) -> list[dict[str, object]]:
    return list(evaluate_sets(lab, sets, board, EvaluationPlan(TINY, seeds=seeds)))


def test_curves_grow_and_end_in_the_accuracy_that_evaluate_finds(lab: Lab) -> None:
    board = Board()
    shown = run(lab, board, some(lab, 5))
    assert [s["live"] for s in shown] == [True] * (len(shown) - 1) + [False]
    progress = [s["progress"] for s in shown]
    assert progress == sorted(progress)
    assert progress[-1] == 1
    counts = [sum(len(c) for line in s["chart"]["lines"] for c in line["curves"]) for s in shown]
    assert counts == sorted(counts)
    assert counts[-1] == 2 * 2 * 3  # two lines, two seeds, three epochs
    random, mine = shown[-1]["tables"][0]["rows"]
    data = of_classes(lab.data, CLASSES)
    chosen = some(lab, 5).labelled(CLASSES)
    alone = finish(evaluate(chosen, data.test, EvaluationPlan(TINY, seeds=2)))
    assert mine["each"] == [round(a, 3) for a in alone.accuracies]
    assert shown[-1]["chart"]["lines"][1]["ends"] == [[3, a] for a in alone.accuracies]
    difference = np.subtract(mine["each"], random["each"]).mean()
    assert mine["difference"] == pytest.approx(difference, abs=1e-3)
    assert random["difference"] is None
    check(Sequence[payloads.EvaluationState], json.loads(json.dumps(shown, allow_nan=False)))


def test_what_is_finished_outlives_a_stop_and_is_not_trained_again(lab: Lab) -> None:
    board = Board()
    going = evaluate_sets(lab, [some(lab, 5)], board, EvaluationPlan(TINY, seeds=2))
    for shown in going:
        if shown["tables"] and len(shown["tables"][0]["rows"]) == 2:
            break
    next(going)  # into the second seed
    going.close()
    random, mine = board.rows()[0]["rows"]
    assert (random["seeds"], mine["seeds"]) == (1, 1)
    assert mine["difference"] is not None
    assert mine["low"] is None
    assert mine["verdict"] == "one seed says nothing"
    (table,) = board.tables.values()
    assert all(len(e.curves) == len(e.results) for e in table.values())  # none ends nowhere
    kept = mine["each"]
    after = run(lab, board, some(lab, 5))
    assert len(after) <= 2 * 4 + 2 + 4  # two nets and no more
    assert board.rows()[0]["rows"][1]["each"][:1] == kept
    assert len(run(lab, board, some(lab, 5))) == 2  # nothing is left to do


def test_sets_of_one_size_share_their_baseline_and_others_have_their_own(lab: Lab) -> None:
    board = Board()
    run(lab, board, some(lab, 5), some(lab, 5, "again"), some(lab, 2, "few"), seeds=1)
    rows = board.rows()[0]["rows"]
    assert [(r["kind"], r["images"]) for r in rows] == [
        ("random", "5"), ("set", "5"), ("set", "5"), ("random", "2"), ("set", "2"),
    ]  # fmt: skip
    assert rows[1]["each"] == rows[2]["each"]


def test_other_images_under_the_same_name_are_another_line(lab: Lab) -> None:
    board = Board()
    run(lab, board, some(lab, 5), seeds=1)
    run(lab, board, some(lab, 4), seeds=1)
    names = [r["name"] for r in board.rows()[0]["rows"] if r["kind"] == "set"]
    assert names == ["some", "some"]


def result(*accuracies: float) -> Evaluation:
    return Evaluation("a", "quick", 1, accuracies, np.eye(2, dtype=np.int64), 0.0, False, ())


def test_the_verdict_is_that_of_the_paired_interval() -> None:
    """Differences 1, 2, 3: 2 +- 4.3027 / sqrt 3, which has 0 inside; 11, 12, 13: not."""
    board = Board()
    contest = Contest("digits", tuple(range(10)), "quick", "a")
    table: dict[str, Entry] = {}
    board.put(contest, table)
    table["random"] = Entry("random real images", "random", (5,) * 10)
    table["near"] = Entry("near", "set", (5,) * 10)
    table["far"] = Entry("far", "set", (5,) * 10, {"dataset": "digits", "seed": "3"})
    table["off"] = Entry("off", "set", (5,) * 10)
    for k in range(3):
        table["random"].results[k] = result(50.0)
        table["near"].results[k] = result(51.0 + k)
        table["far"].results[k] = result(61.0 + k)
        table["off"].results[k] = result(39.0 + k)
    _, near, far, off = board.rows()[0]["rows"]
    assert (near["difference"], near["grade"]) == (2, "like")
    assert near["difference_low"] == pytest.approx(2 - 4.302653 / 3**0.5, abs=1e-3)
    assert (far["difference"], far["grade"]) == (12, "better")
    assert (off["difference"], off["grade"]) == (-10, "worse")
    board.full[contest] = {0: 90.0, 1: 92.0}
    lines = list(csv.DictReader(io.StringIO(board.csv())))
    assert [line["set"] for line in lines] == ["random real images", "near", "far", "off"]
    assert lines[2]["accuracies"] == "61.000 62.000 63.000"
    assert lines[2]["difference_to_random_real"] == "12.0"
    assert lines[2]["link"] == "?dataset=digits&seed=3"
    assert {line["full_data_mean"] for line in lines} == {"91.0"}
    assert {line["labels"] for line in lines} == {"hard"}


def test_a_board_is_bounded_and_the_newest_is_first() -> None:
    board = Board()
    for k in range(20):
        entry = Entry("a", "set", (1, 1), results={0: result(float(k))})
        board.put(Contest("digits", (0, k + 1), "quick", f"net {k}"), {"a": entry})
    assert len(board.tables) == 6
    assert [t["rows"][0]["mean"] for t in board.rows()] == [19, 18, 17, 16, 15, 14]


def test_missing_classes_are_made_before(lab: Lab) -> None:
    request = Request.parse({"dataset": "digits", "ipc": 2, "steps": 2, "classes": "3"})
    begun = Candidate("dit", "digits", {}, request, made_here=True)
    shown = run(lab, Board(), begun, seeds=1)
    assert sorted(begun.images) == list(range(10))
    assert {x.shape for x in begun.images.values()} == {(2, 32, 32, 3)}
    assert any("makes dit: sample 9" in str(s["now"]) for s in shown) or len(shown) > 4
    assert shown[-1]["chart"]["full"] is None  # nobody knows it of this protocol


def test_what_cannot_be_compared_is_refused(lab: Lab) -> None:
    board = Board()
    with pytest.raises(Refused, match="Choose at least one set"):
        run(lab, board)
    with pytest.raises(Refused, match=r"same classes only.*some: 3 classes; two: 2 classes"):
        run(lab, board, some(lab, 2), some(lab, 2, "two", (1, 4)))
    with pytest.raises(Refused, match="at least two classes"):
        run(lab, board, some(lab, 2, classes=(1,)))
    with pytest.raises(Refused, match="operations; at most"):
        list(evaluate_sets(lab, [some(lab, 50)], board, EvaluationPlan(TINY, "resnet-18", 10_000)))
    assert board.tables == {}  # what is refused displaces nothing
    request = Request.parse({"dataset": "digits", "ipc": 64, "steps": 100, "classes": "3"})
    with pytest.raises(Refused, match="image steps; at most"):
        run(lab, board, Candidate("large", "digits", {}, request, made_here=True))


def test_where_real_images_are_not_here_it_is_refused_before_any_work(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    board, chosen = Board(), some(lab, 2)
    away = replace(DATASETS["digits"], here=lambda: False)
    monkeypatch.setattr(DATASETS, "_sources", {**DATASETS, "digits": away})
    absent = replace(lab, data=load_here("digits"))
    request = Request.parse({"dataset": "digits", "ipc": 2, "steps": 2, "classes": "3"})
    begun = Candidate("dit", "digits", {}, request, made_here=True)
    for candidate in (chosen, begun):
        with pytest.raises(Refused, match="images of Digits, which are not on this machine"):
            run(absent, board, candidate)
    assert begun.images == {}
    assert board.tables == {}


def test_a_class_that_the_test_split_lacks_is_refused_before_training(lab: Lab) -> None:
    """As in pictures of one's own, where a class may be missing from the test split."""
    board, test = Board(), lab.data.test
    rows = test.labels != 4
    less = replace(lab.data, test=replace(test, images=test.images[rows], labels=test.labels[rows]))
    with pytest.raises(Refused, match=r"not in the test: \[1\]"):
        run(replace(lab, data=less), board, some(lab, 2))
    assert board.tables == {}


def test_what_ships_can_be_evaluated() -> None:
    from viz.evaluate.candidate import SETS, shipped_set

    names = {path.stem for path in SETS.glob("*.zip")}
    assert names >= {"digits", "solids"}
    for name in names:
        shipped = shipped_set(name)
        assert shipped is not None
        assert sorted(shipped.images) == list(range(len(DATASETS[name].classes)))
        link = shipped.link()
        assert link is not None
        assert Request.from_query(link).dataset == name
        if DATASETS[name].here():
            real = load(name).train.images[:200]
            assert not any(np.array_equal(shipped.images[0][0], image) for image in real)
