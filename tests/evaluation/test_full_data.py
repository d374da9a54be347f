"""The full data's accuracy: what is kept is found again, and only for what it was measured on."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from distiller.data.dataset import Split
from distiller.evaluation.full_data import evaluate_full, full_accuracies
from distiller.evaluation.plan import EvaluationPlan
from distiller.event import finish
from tests.evaluation.test_accuracy import DATA, TINY


def test_is_kept_by_seed_for_the_same_images_protocol_and_net(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISTILLER_CACHE", str(tmp_path))
    assert full_accuracies(DATA, TINY) == {}
    plan = EvaluationPlan(TINY, seeds=1)
    found = {k: finish(evaluate_full(DATA, plan.of_seed(k)))[0] for k in (0, 3)}
    assert full_accuracies(DATA, TINY) == found
    monkeypatch.setattr("distiller.evaluation.full_data.evaluate", None)  # nothing is trained again
    assert finish(evaluate_full(DATA, plan.of_seed(3))) == [found[3]]
    assert min(found.values()) > 95
    other = replace(DATA, train=Split(DATA.train.images[::-1].copy(), DATA.train.labels))
    assert full_accuracies(other, TINY) == {}
    assert full_accuracies(DATA, replace(TINY, lr=0.1)) == {}
    assert full_accuracies(DATA, TINY, "convnet-1-w8") == {}
    next(tmp_path.glob("*.json")).write_text("{")
    assert full_accuracies(DATA, TINY) == {}


def test_what_ships_is_of_the_data_and_protocol_that_ship() -> None:
    from distiller.data.registry import load
    from distiller.evaluation.protocol import protocol_for

    for name in ("digits", "solids"):
        known = full_accuracies(load(name), protocol_for("quick", name))
        assert len(known) >= 3
        assert np.mean(list(known.values())) > 85


def test_a_fingerprint_follows_every_pixel_and_label() -> None:
    images = np.zeros((3, 4, 4, 3), np.uint8)
    labels = np.array([0, 1, 2])
    prints = {Split(images, labels).fingerprint(), Split(images, labels[::-1]).fingerprint()}
    images = images.copy()
    images[2, 3, 3, 2] = 1
    prints.add(Split(images, labels).fingerprint())
    assert len(prints) == 3
