"""A training that is killed at any file or in any stage ends with the bytes of one that was not."""

import hashlib
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from distiller.data.dataset import Dataset, Split
from distiller.data.registry import DATASETS, load
from distiller.evaluation.teacher import save_teacher, train_teacher
from distiller.event import Event, finish
from distiller.training import own
from distiller.training.own import take_in, train_own
from distiller.training.prior import train_prior
from distiller.training.spec import PriorSpec
from tests.killed import killed_at_event, killed_at_file
from tests.tiny import train_in_a_moment

pytestmark = pytest.mark.slow

CPU = torch.device("cpu")
SPEC = PriorSpec(
    channels=(8, 8), autoencoder_steps=2, autoencoder_batch=8, width=16, depth=1, heads=1,
    patch=2, steps=2, batch=8, warmup=2,
)  # fmt: skip


@pytest.fixture(autouse=True)
def _tiny(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Trained in a moment, with a checkpoint after every step."""
    train_in_a_moment(monkeypatch)
    monkeypatch.setattr("distiller.machine.checkpoint.SECONDS", -1.0)
    monkeypatch.setitem(own.SIZES, 32, SPEC)
    monkeypatch.setenv("DISTILLER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(DATASETS, "_sources", dict(DATASETS))
    return iter(())


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(0)
    for name in ("a", "b"):
        (root / name).mkdir()
        for k in range(12):
            pixels = rng.integers(0, 256, (32, 32, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(root / name / f"{k}.png")
    return root


def made(out: Path) -> dict[str, str]:
    """What a training is for, by its name: not how long it took, nor what it goes on from."""
    return {
        str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(out.rglob("*"))
        if path.is_file() and ".training" not in path.parts and path.name != "prior.json"
    }


def own_training(pictures: Path, out: Path) -> Generator[Event, None, Any]:
    yield from take_in(pictures, out, 32)
    return (yield from train_own(out, CPU))


def few_digits() -> Dataset:
    digits = load("digits")
    parts = [Split(part.images[:60], part.labels[:60]) for part in (digits.train, digits.test)]
    return Dataset("digits", digits.classes, *parts)


def shipped_training(_: Path, out: Path) -> Generator[Event, None, Any]:
    return train_prior(few_digits(), out, SPEC, CPU)


def teacher_training(_: Path, out: Path) -> Generator[Event, None, Any]:
    teacher, config = yield from train_teacher(few_digits(), net="convnet-1-w4", epochs=1)
    save_teacher(teacher, config, out)


@pytest.mark.parametrize("training", [own_training, shipped_training, teacher_training])
def test_a_training_has_the_same_bytes_wherever_it_was_killed(
    training: Any, pictures: Path, tmp_path: Path
) -> None:
    stages = [event.stage for event in training(pictures, tmp_path / "whole")]
    whole = made(tmp_path / "whole")
    assert len(whole) > 1
    for stage in dict.fromkeys(stages):
        out = tmp_path / stage
        killed = killed_at_event(training(pictures, out), lambda e, s=stage: e.stage == s)  # type: ignore[misc]
        assert killed is not None
        finish(training(pictures, out))
        assert made(out) == whole, stage
    out, files = tmp_path / "files", 1
    while killed_at_file(training(pictures, out), files):
        files += 1
    assert files > 2
    assert made(out) == whole
