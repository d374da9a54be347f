"""DD-Ranking's scores, against its formulas where they have an answer of their own."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from distiller.evaluation.accuracy import evaluate, evaluate_random
from distiller.evaluation.plan import EvaluationPlan
from distiller.evaluation.ranking import augmentation_robust, label_robust, rank_set
from distiller.event import finish
from tests.evaluation.test_accuracy import CHOSEN, DATA, TINY


def test_scores_go_from_none_to_one() -> None:
    assert label_robust(1, -1) == pytest.approx(1)
    assert label_robust(-1, 1) == pytest.approx(0)
    assert label_robust(0, 0) == pytest.approx((1 - 1 / math.e) / (math.e - 1 / math.e))
    assert label_robust(0.3, 0.9, w=1) == augmentation_robust(0.3, 0.9, g=1)
    assert label_robust(0.2, 0.4) < label_robust(0.3, 0.4) < label_robust(0.3, 0.3)
    assert augmentation_robust(0.2, 0.1) < augmentation_robust(0.2, 0.2)


def test_a_ranking_is_made_of_what_the_nets_reach() -> None:
    plan = EvaluationPlan(TINY, seeds=1, epochs=4)
    result = finish(evaluate(CHOSEN, DATA.test, plan))
    baseline = finish(evaluate_random(DATA, CHOSEN.labels, plan))
    row = finish(rank_set(result, baseline, 100.0, CHOSEN, DATA, plan))
    assert row["improvement_over_random"] == result.mean - baseline.mean
    assert row["hard_label_recovery"] == 100 - result.mean
    alpha = (result.mean - baseline.mean - 100 + result.mean) / 200
    expected = (math.exp(alpha) - 1 / math.e) / (math.e - 1 / math.e)
    assert row["label_robust_score"] == pytest.approx(expected)
    assert 0 <= row["augmentation_robust_score"] <= 1


def test_the_command_says_best_on_test_and_reads_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from distiller.__main__ import main
    from distiller.data.registry import load

    monkeypatch.setenv("DISTILLER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("shutil.which", lambda name: None)
    train = load("digits").train
    lines = []
    for label in (0, 1):
        for k, row in enumerate(train.of(label)[:3]):
            path = tmp_path / str(label) / f"{k}.png"
            path.parent.mkdir(exist_ok=True)
            Image.fromarray(np.asarray(train.images[row])).save(path)
            lines.append(json.dumps({"file_name": f"{label}/{k}.png", "weight": 1 - label}))
    (tmp_path / "metadata.jsonl").write_text("\n".join(lines))
    command = ["evaluate", str(tmp_path), "--dataset", "digits", "--epochs", "20", "--seeds", "1"]
    command += ["--net", "convnet-2-w8"]
    assert main([*command, "--json"]) == 0
    table = json.loads(capsys.readouterr().out)
    assert table["report"] == "last"
    assert table["accuracy_by_class"][0] == 100  # only the images of 0 have any weight
    assert table["accuracy_by_class"][1] == 0
    (tmp_path / "metadata.jsonl").unlink()
    assert main([*command, "--report", "best-on-test"]) == 0
    assert "BEST ON TEST" in capsys.readouterr().out
    assert main([*command, "--report", "luckiest"]) == 2
    assert "no report 'luckiest'" in capsys.readouterr().err
