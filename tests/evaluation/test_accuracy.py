"""Evaluation: what it measures where the answer is known, and what its numbers mean."""

import json
import math
import shutil
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from distiller.data.dataset import Dataset, Split
from distiller.errors import Refused
from distiller.evaluation.accuracy import confusion, draw_real, evaluate, evaluate_random
from distiller.evaluation.classifier import Classifier, LabelledSet, predict, resize, train
from distiller.evaluation.nets import make_net
from distiller.evaluation.plan import EvaluationPlan
from distiller.evaluation.protocol import PROTOCOLS, QUICK, Protocol, protocol_for
from distiller.evaluation.result import Evaluation, join
from distiller.event import Event, finish, translated
from distiller.machine.compiled import training_work

TINY = replace(QUICK, net="convnet-2-w8", epochs={math.inf: 30})


def bars(n: int, seed: int, noise: float = 25) -> Split:
    """Three classes of 16 px images that a small net tells apart: rows, columns, neither."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 3
    wave = np.where(np.arange(16) // 2 % 2, 200, 60)
    shapes = np.stack([np.tile(wave[:, None], 16), np.tile(wave, (16, 1)), np.full((16, 16), 130)])
    images = shapes[labels][..., None] + rng.normal(0, noise, (n, 16, 16, 3))
    return Split(images.clip(0, 255).astype(np.uint8), labels)


DATA = Dataset("bars", ("rows", "columns", "neither"), train=bars(90, 0), test=bars(60, 1))
CHOSEN = LabelledSet(DATA.train.images[:30], DATA.train.labels[:30])


def trained(chosen: LabelledSet = CHOSEN, protocol: Protocol = TINY, **given: Any) -> Evaluation:
    """What nets reach that are trained on a set."""
    return finish(evaluate(chosen, DATA.test, EvaluationPlan(protocol, **given)))


def result(*accuracies: float, net: str = "a") -> Evaluation:
    return Evaluation(net, "quick", 1, accuracies, np.eye(2, dtype=np.int64), 0.0, False, ())


def test_learns_what_can_be_learnt_and_nothing_else() -> None:
    good = trained()
    assert good.accuracies == pytest.approx((100,) * 3, abs=5)
    rng = np.random.default_rng(0)
    blind = LabelledSet(rng.integers(0, 256, (30, 16, 16, 3)).astype(np.uint8), CHOSEN.labels)
    assert trained(blind).mean < 75


def test_an_event_for_every_step_and_the_same_numbers_again() -> None:
    events = list(evaluate(CHOSEN, DATA.test, EvaluationPlan(TINY, seeds=2, epochs=3)))
    assert [e.i for e in events] == list(range(2 * 3 * 2))  # two batches of 25 and 5
    assert {e.n for e in events} == {12}
    first, second = (trained(epochs=3) for _ in range(2))
    assert first.accuracies == second.accuracies
    assert first.epochs == 3
    again = trained(epochs=3, seeds=1, seed=1)
    assert again.accuracies == first.accuracies[1:2]


def test_an_image_of_weight_zero_might_as_well_not_be_there() -> None:
    """Full batches without augmentation: the same losses with and without it."""
    plain = replace(TINY, augment=(), batch=100)
    spoilt = CHOSEN.images.copy()
    spoilt[3] = 255 - spoilt[3]
    weights = np.ones(30)
    weights[3] = 0
    losses = []
    for images in (CHOSEN.images, spoilt):
        net = Classifier(make_net("convnet-2-w8", 16, 3), plain, 16)
        chosen = LabelledSet(images, CHOSEN.labels, weights)
        losses.append(list(train(net, plain, chosen, 5, seed=0)))
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)
    net = Classifier(make_net("convnet-2-w8", 16, 3), plain, 16)
    unweighted = list(train(net, plain, LabelledSet(spoilt, CHOSEN.labels), 5, seed=0))
    assert unweighted != pytest.approx(losses[1], rel=1e-3)


def test_weights_count_by_their_ratios() -> None:
    losses = []
    for scale in (1.0, 7.0):
        net = Classifier(make_net("convnet-2-w8", 16, 3), TINY, 16)
        chosen = LabelledSet(CHOSEN.images, CHOSEN.labels, np.full(30, scale))
        losses.append(list(train(net, TINY, chosen, 2, seed=0)))
    assert losses[0] == pytest.approx(losses[1])


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="compiling needs g++")
def test_compiled_training_reaches_the_same() -> None:
    small = replace(TINY, batch=30, net="convnet-1-w8")
    plain, compiled = (trained(protocol=small, seeds=1, compiled=c) for c in (False, True))
    assert (plain.compiled, compiled.compiled) == (False, True)
    assert compiled.mean == pytest.approx(plain.mean, abs=8)


def test_little_work_is_not_compiled() -> None:
    assert not trained(epochs=1, compiled=None).compiled
    net = make_net("convnet-3", 32, 10)
    products = 9 * 128 * (3 * 32**2 + 128 * 16**2 + 128 * 8**2) + 2048 * 10
    assert training_work(net, 32, 50) == 50 * 3 * 2 * products


def test_the_baseline_draws_anew_for_every_seed() -> None:
    a, b, same = (draw_real(DATA, CHOSEN.labels, k) for k in (0, 1, 0))
    assert np.bincount(a.labels).tolist() == [10, 10, 10]
    assert np.array_equal(a.images, same.images)
    assert not np.array_equal(a.images, b.images)
    baseline = finish(evaluate_random(DATA, CHOSEN.labels, EvaluationPlan(TINY, seeds=2)))
    assert baseline.accuracies == pytest.approx((100,) * 2, abs=5)
    alone = trained(b, seeds=1, seed=1)
    assert alone.accuracies == baseline.accuracies[1:]


def test_intervals_are_those_of_students_t() -> None:
    """1, 2, 3: standard deviation 1, t = 4.3027 at 2 degrees of freedom, n = 3."""
    e = result(1, 2, 3)
    assert (e.mean, e.std) == (2, 1)
    assert e.interval == pytest.approx((2 - 4.302653 / 3**0.5, 2 + 4.302653 / 3**0.5))
    assert result(5, 7, 9).against(result(1, 2, 3)) == pytest.approx(
        (5, 5 - 4.302653 / 3**0.5, 5 + 4.302653 / 3**0.5)
    )
    with pytest.raises(Refused, match="same net"):
        e.against(result(1, 2, 3, net="b"))
    with pytest.raises(Refused, match="number of seeds"):
        e.against(result(1, 2))


def test_one_seed_has_no_spread_and_says_null() -> None:
    row = json.loads(json.dumps(result(50.0).table(), allow_nan=False))
    assert row["accuracies"] == [50.0]
    assert row["accuracy_std"] is None
    assert row["accuracy_interval"] == [None, None]
    assert row["baseline"] is None


def test_the_table_has_the_baseline_likewise() -> None:
    row = json.loads(json.dumps(result(5, 7, 9).table(result(1, 2, 3))))
    assert row["baseline"]["accuracy_mean"] == 2
    assert row["difference_mean"] == 5
    keys = {"net", "protocol", "epochs", "accuracies", "accuracy_mean", "accuracy_std", "seconds"}
    assert keys <= row.keys()
    assert keys <= row["baseline"].keys()


def test_confusion_counts_true_by_predicted() -> None:
    logits = torch.eye(3)[torch.tensor([0, 1, 1, 2])]
    table = confusion(logits, np.array([0, 0, 1, 2]))
    assert table.tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 1]]
    e = Evaluation("a", "quick", 1, (75.0,), table, 0.0, False, ())
    assert e.by_class.tolist() == [50, 100, 100]


def test_larger_images_are_averaged_down_in_the_net() -> None:
    x = torch.arange(16.0).reshape(1, 1, 4, 4).repeat(1, 3, 1, 1)
    assert resize(x, 2)[0, 0].tolist() == [[2.5, 4.5], [10.5, 12.5]]
    assert resize(x, 8) is x
    net = Classifier(make_net("convnet-2-w8", 8, 3), TINY, 8).eval()
    assert predict(net, DATA.test.images[:5], batch=2).shape == (5, 3)


def test_protocols_are_whole() -> None:
    for name, p in PROTOCOLS.items():
        assert p.name == name
        assert p.epochs_for(1) >= p.epochs_for(10) >= p.epochs_for(10_000) >= 1
        rates = [p.rate_at(i / 100) for i in range(100)]
        assert max(rates) == pytest.approx(p.lr)
        assert p.rate_at(1) <= p.lr / 2
    assert "flip" in protocol_for("quick", "solids").augment
    assert "flip" not in protocol_for("quick", "digits").augment
    with pytest.raises(Refused, match="no protocol 'slow'"):
        protocol_for("slow", "solids")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"images": CHOSEN.images[:, :8]}, "must be of shape"),
        ({"labels": CHOSEN.labels[:5]}, "with n labels"),
        ({"labels": CHOSEN.labels % 2}, r"without any: \[2\]"),
        ({"labels": CHOSEN.labels + 1}, r"without any: \[0\]"),
        ({"weights": np.zeros(30)}, "not all zero"),
        ({"weights": np.full(30, np.nan)}, "finite numbers"),
        ({"weights": np.arange(30) - 1.0}, "negative"),
    ],
)
def test_what_does_not_fit_is_refused(change: dict[str, np.ndarray], words: str) -> None:
    with pytest.raises(Refused, match=words):
        trained(replace(CHOSEN, **change))


def test_a_class_without_test_images_is_refused() -> None:
    """As in pictures of one's own, where a class may be missing from the test split."""
    rows = DATA.test.labels != 1
    test = Split(DATA.test.images[rows], DATA.test.labels[rows])
    with pytest.raises(Refused, match=r"not in the test: \[1\]"):
        finish(evaluate(CHOSEN, test, EvaluationPlan(TINY)))


def test_seed_by_seed_is_the_same_as_all_at_once() -> None:
    whole = trained(seeds=2, epochs=3)
    parts = [trained(seeds=1, seed=k, epochs=3) for k in range(2)]
    joined = join(parts)
    assert joined.accuracies == whole.accuracies
    assert np.array_equal(joined.confusion, whole.confusion)
    with pytest.raises(Refused, match="To be joined"):
        join([parts[0], replace(parts[1], epochs=4)])
    with pytest.raises(Refused, match="To be joined"):
        join([])


def test_watching_shows_a_curve_and_changes_nothing() -> None:
    settings: dict[str, Any] = {"seeds": 1, "epochs": 30}
    blind = trained(**settings)
    curve: list[tuple[int, float]] = []

    def follow(event: Event) -> None:
        if (accuracy := event.scalars.get("accuracy")) is not None:
            curve.append((event.i, accuracy))

    plan = EvaluationPlan(TINY, **settings, watch=DATA.test)
    watched = finish(translated(evaluate(CHOSEN, DATA.test, plan), follow))
    assert watched.accuracies == blind.accuracies
    assert 12 <= len(curve) <= 24
    assert curve[-1] == (59, blind.accuracies[0])
    assert curve[0][1] < curve[-1][1]


def test_the_best_on_test_is_labelled_and_no_worse() -> None:
    """On labels at random the best of many tests is far above the last: why it is not honest."""
    rng = np.random.default_rng(1)
    noise = LabelledSet(rng.integers(0, 256, (30, 16, 16, 3)).astype(np.uint8), np.arange(30) % 3)
    last, best = (trained(noise, epochs=30, report=r) for r in ("last", "best-on-test"))
    assert all(b >= a for a, b in zip(last.accuracies, best.accuracies, strict=True))
    assert best.mean > last.mean
    assert best.confusion.trace() / best.confusion.sum() == pytest.approx(best.mean / 100)
    assert (last.table()["report"], best.table()["report"]) == ("last", "best-on-test")
    with pytest.raises(Refused, match="report"):
        best.against(last)
    with pytest.raises(Refused, match="no report 'luckiest'"):
        trained(noise, report="luckiest")


def test_no_seeds_are_refused() -> None:
    with pytest.raises(Refused, match="seeds must be at least 1"):
        trained(seeds=0)
