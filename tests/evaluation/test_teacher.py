"""Teachers and soft labels: what a student learns from, and what it must not."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from distiller.errors import Refused
from distiller.evaluation import teacher as teachers
from distiller.evaluation.accuracy import evaluate
from distiller.evaluation.classifier import Classifier, LabelledSet, predict, train
from distiller.evaluation.nets import make_net
from distiller.evaluation.plan import EvaluationPlan
from distiller.evaluation.protocol import PROTOCOLS, SOFT, protocol_for
from distiller.evaluation.teacher import (
    cached_teacher,
    load_teacher,
    of_labels,
    save_teacher,
    train_teacher,
)
from distiller.event import finish
from tests.evaluation.test_accuracy import CHOSEN, DATA

SMALL = replace(SOFT, net="convnet-2-w8", epochs={math.inf: 150}, lr=5e-3)


@pytest.fixture(scope="module")
def trained() -> tuple[Classifier, dict[str, object]]:
    return finish(train_teacher(DATA, net="convnet-2-w8", epochs=100))


def test_a_student_learns_from_the_teacher_and_not_from_the_labels(
    trained: tuple[Classifier, dict[str, object]],
) -> None:
    """Images with every label wrong, but a good teacher: a good student."""
    teacher, config = trained
    assert config["accuracy"] > 95
    wrong = LabelledSet(CHOSEN.images, (CHOSEN.labels + 1) % 3)
    student = finish(evaluate(wrong, DATA.test, EvaluationPlan(SMALL, seeds=1, teacher=teacher)))
    assert student.mean > 80
    assert student.table()["labels"] == "soft"
    hard = finish(evaluate(wrong, DATA.test, EvaluationPlan(SMALL, seeds=1).with_hard_labels()))
    assert hard.mean < 20
    assert hard.table()["labels"] == "hard"


def test_the_loss_is_the_kl_divergence_at_the_temperature(
    trained: tuple[Classifier, dict[str, object]],
) -> None:
    """One batch without augmentation, against the sum over classes written out."""
    plain = replace(SMALL, augment=(), cutmix=False, batches={}, batch=100)
    student = Classifier(make_net("convnet-2-w8", 16, 3, seed=4), plain, 16)
    mine, its = (predict(net, CHOSEN.images).double() for net in (student, trained[0]))
    p, q = (torch.softmax(z / 20, 1) for z in (its, mine))
    expected = float((p * (p / q).log()).sum(1).mean())
    loss = next(train(student, plain, CHOSEN, 1, 0, teacher=trained[0]))
    assert loss == pytest.approx(expected, rel=1e-4)


@pytest.mark.slow
def test_a_teacher_labels_the_same_compiled(trained: tuple[Classifier, dict[str, object]]) -> None:
    """The first loss by a teacher of some classes, in bfloat16 where that is faster."""
    mine = CHOSEN.labels < 2
    chosen = LabelledSet(CHOSEN.images[mine], CHOSEN.labels[mine])
    teacher, losses = of_labels(trained[0], [0, 1]), []
    for compiled in (False, True):
        student = Classifier(make_net("convnet-2-w8", 16, 2, seed=4), SMALL, 16)
        losses.append(next(train(student, SMALL, chosen, 1, 0, compiled, teacher)))
    assert losses[1] == pytest.approx(losses[0], rel=0.05)


def test_the_teacher_sees_what_it_was_trained_on_whatever_the_student_normalises(
    trained: tuple[Classifier, dict[str, object]],
) -> None:
    losses = []
    for mean in ((0.0, 0.0, 0.0), (5.0, 5.0, 5.0)):
        plain = replace(SMALL, augment=(), cutmix=False, batches={}, batch=100, mean=mean)
        net = Classifier(make_net("convnet-2-w8", 16, 3), plain, 16)
        torch.nn.init.zeros_(net.net.head.weight)  # a student that says the same of all
        torch.nn.init.zeros_(net.net.head.bias)
        losses.append(next(train(net, plain, CHOSEN, 1, 0, teacher=trained[0])))
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)


def test_is_kept_by_the_content_of_the_training_split(
    trained: tuple[Classifier, dict[str, object]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISTILLER_CACHE", str(tmp_path / "cache"))
    teacher, config = trained
    with pytest.raises(Refused, match="train-teacher --dataset bars --net convnet-2-w8"):
        cached_teacher(DATA, "convnet-2-w8")
    save_teacher(teacher, config, tmp_path / "teacher")
    logits = predict(teacher, DATA.test.images)
    for found in (
        load_teacher(tmp_path / "teacher", DATA),
        cached_teacher(DATA, "convnet-2-w8"),
    ):
        assert torch.equal(predict(found, DATA.test.images), logits)
        assert not any(p.requires_grad for p in found.parameters())
    some = of_labels(cached_teacher(DATA, "convnet-2-w8"), [0, 2])
    assert torch.equal(predict(some, DATA.test.images), logits[:, [0, 2]])
    other = replace(DATA, train=DATA.test)
    with pytest.raises(Refused, match="there is none of bars yet"):
        cached_teacher(other, "convnet-2-w8")
    with pytest.raises(Refused, match="trained on other images"):
        load_teacher(tmp_path / "teacher", other)
    (tmp_path / "teacher" / "model.safetensors").write_bytes(b"cut")
    with pytest.raises(Refused, match="cannot be read"):
        load_teacher(tmp_path / "teacher", DATA)


def test_soft_labels_and_a_teacher_go_together(
    trained: tuple[Classifier, dict[str, object]],
) -> None:
    with pytest.raises(Refused, match="soft trains with soft labels; it needs a teacher"):
        finish(evaluate(CHOSEN, DATA.test, EvaluationPlan(SMALL, seeds=1)))
    hard = replace(SMALL, temperature=None)
    with pytest.raises(Refused, match="it takes no teacher"):
        finish(evaluate(CHOSEN, DATA.test, EvaluationPlan(hard, seeds=1, teacher=trained[0])))


def test_the_preset_is_that_of_the_papers() -> None:
    assert [p.labels for p in PROTOCOLS.values()].count("soft") == 1
    assert [SOFT.batch_for(ipc) for ipc in (1, 10, 50, 100)] == [10, 50, 100, 100]
    assert SOFT.rate_at(0) == 1e-3
    assert SOFT.rate_at(1) == pytest.approx(0.5e-3)
    assert SOFT.for_net("mobilenetv2_100").lr == 2.5e-3
    assert SOFT.for_net("convnet-3").lr == 1e-3
    assert "flip" not in protocol_for("soft", "digits").augment
    net = make_net("resnet-18", 32, 10, norm="batch")
    decays = {
        p.ndim: group["weight_decay"]
        for group in SOFT.make_optimizer(net).param_groups
        for p in group["params"]
    }
    assert decays == {1: 0, 2: 0.01, 4: 0.01}


def test_the_command_trains_and_soft_finds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from PIL import Image

    from distiller.__main__ import main
    from distiller.data.registry import load

    monkeypatch.setenv("DISTILLER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("shutil.which", lambda name: None)  # compiling takes longer than this
    train = load("digits").train
    for label in (0, 1):
        for k, row in enumerate(train.of(label)[:3]):
            path = tmp_path / "set" / str(label) / f"{k}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.asarray(train.images[row])).save(path)
    soft = ["evaluate", str(tmp_path / "set"), "--dataset", "digits", "--protocol", "soft"]
    soft += ["--epochs", "2", "--seeds", "1", "--net", "convnet-2-w8,convnet-1-w8", "--json"]
    assert main(soft) == 2
    assert "Soft labels need a teacher" in capsys.readouterr().err
    out = tmp_path / "teacher"
    made = ["train-teacher", "--dataset", "digits", "--net", "convnet-2-w8", "--epochs", "1"]
    assert main([*made, "--out", str(out)]) == 0
    assert "on the real test split" in capsys.readouterr().out
    assert main([*soft, "--teacher", str(out)]) == 0
    tables = json.loads(capsys.readouterr().out)["nets"]
    assert [t["net"] for t in tables] == ["convnet-2-w8", "convnet-1-w8"]
    assert {t["labels"] for t in tables} == {"soft"}
    assert teachers.TEACHER.net == "resnet-18"
