"""Evaluations that are stopped: the same one goes on, and ends as if it had not been."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from distiller.errors import Refused
from distiller.evaluation import classifier
from distiller.evaluation.accuracy import evaluate
from distiller.evaluation.classifier import LabelledSet
from distiller.evaluation.ongoing import going_on
from distiller.evaluation.plan import EvaluationPlan
from distiller.evaluation.result import Evaluation
from distiller.event import finish
from tests.evaluation.test_accuracy import CHOSEN, DATA, TINY

PROTOCOL = replace(TINY, augment=("resized_crop", "flip"), cutmix=True)  # which draw at random
BATCHES, EPOCHS = 2, 4


def plan(**given: Any) -> EvaluationPlan:
    return EvaluationPlan(PROTOCOL, seeds=2, epochs=EPOCHS, **given)


def same(one: Evaluation, other: Evaluation) -> bool:
    nets = all(
        torch.equal(a, b)
        for x, y in zip(one.nets, other.nets, strict=True)
        for a, b in zip(x.state_dict().values(), y.state_dict().values(), strict=True)
    )
    return nets and bool((one.confusion == other.confusion).all())


@pytest.mark.parametrize("report", ["last", "best-on-test"])
@pytest.mark.parametrize("stop", [1, 5, 8, 11, 15])
def test_stopped_anywhere_it_ends_as_if_it_had_not_been(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, report: str, stop: int
) -> None:
    monkeypatch.setattr(classifier, "SECONDS", -1.0)  # a checkpoint at every epoch
    whole = finish(evaluate(CHOSEN, DATA.test, plan(report=report)))
    kept = plan(report=report, kept=tmp_path)
    first = evaluate(CHOSEN, DATA.test, kept)
    for _ in range(stop):
        next(first)
    first.close()
    events = list(evaluate(CHOSEN, DATA.test, kept))
    begun = (stop - 1) // BATCHES * BATCHES  # steps of the epochs before the one that was stopped
    assert [event.i for event in events] == list(range(begun, 2 * EPOCHS * BATCHES))
    assert same(finish(evaluate(CHOSEN, DATA.test, kept)), whole)


def test_a_net_that_is_done_is_not_trained_again(tmp_path: Path) -> None:
    whole = finish(evaluate(CHOSEN, DATA.test, plan(kept=tmp_path)))
    assert len(list(tmp_path.glob("*.ckpt"))) == 2
    assert list(evaluate(CHOSEN, DATA.test, plan(kept=tmp_path))) == []
    assert same(finish(evaluate(CHOSEN, DATA.test, plan(kept=tmp_path))), whole)


def test_another_set_or_another_plan_is_not_gone_on_from(tmp_path: Path) -> None:
    finish(evaluate(CHOSEN, DATA.test, plan(kept=tmp_path)))
    other = LabelledSet(255 - CHOSEN.images, CHOSEN.labels)
    assert len(list(evaluate(other, DATA.test, plan(kept=tmp_path)))) > 0
    changed = replace(plan(kept=tmp_path), protocol=replace(PROTOCOL, lr=0.02))
    assert len(list(evaluate(CHOSEN, DATA.test, changed))) > 0


def test_what_was_kept_is_deleted_once_the_evaluation_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISTILLER_CACHE", str(tmp_path))
    stopped = going_on(CHOSEN)
    folder = stopped.__enter__()
    assert folder is not None
    (folder / "a.ckpt").write_bytes(b"kept")
    assert not stopped.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert (folder / "a.ckpt").exists()
    with going_on(CHOSEN) as again, going_on(CHOSEN, "soft") as other:
        assert again == folder != other
        with pytest.raises(Refused, match="Another run works in"), going_on(CHOSEN):
            pass
    assert not folder.exists()


def test_many_images_lie_on_the_device_as_bytes_and_are_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows, cpu = torch.tensor([3, 0, 2]), torch.device("cpu")
    few = classifier._images_on(cpu, CHOSEN.images, 64)(rows)
    monkeypatch.setattr(classifier, "LARGE", 0)
    torch.testing.assert_close(
        classifier._images_on(cpu, CHOSEN.images, 64)(rows), few, rtol=0, atol=0
    )
