"""The feature space that nobody here trained: its weights are what they say, and they see."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch

from distiller.data.dataset import Split
from distiller.data.registry import load
from distiller.machine.assets import ASSETS
from distiller.scores import efficientnet
from distiller.scores.efficientnet import (
    EFFICIENTNET,
    WIDTH,
    efficientnet_features,
    real_efficientnet_features,
)

FOLDER = ASSETS / "features" / EFFICIENTNET


def test_the_weights_are_those_whose_origin_is_told() -> None:
    told = (FOLDER / "README.md").read_text()
    weights = (FOLDER / "model.safetensors").read_bytes()
    assert hashlib.sha256(weights).hexdigest() in told
    assert "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db" in told
    assert "Apache License, Version 2.0" in (FOLDER / "LICENSE").read_text()


@pytest.mark.slow
def test_shapes_are_told_apart_by_features_that_were_trained_on_photographs() -> None:
    train = load("solids").train
    rows = np.concatenate([train.of(k)[:16] for k in range(10)])
    f = efficientnet_features(train.images[rows]).reshape(10, 16, WIDTH)
    means = f[:, :8].mean(1)
    found = torch.cdist(f[:, 8:].reshape(-1, WIDTH), means).argmin(1).reshape(10, 8)
    assert (found == torch.arange(10)[:, None]).float().mean() > 0.5  # chance is 0.1


def test_features_depend_on_no_neighbour_in_the_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    images = load("digits").train.images[:5]
    together = efficientnet_features(images)
    monkeypatch.setattr(efficientnet, "BATCH", 2)
    torch.testing.assert_close(efficientnet_features(images), together, atol=1e-4, rtol=1e-3)
    assert efficientnet_features(images[:0]).shape == (0, WIDTH)


def test_features_of_real_images_are_made_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISTILLER_CACHE", str(tmp_path))
    split = Split(load("digits").train.images[:4], load("digits").train.labels[:4])
    first = real_efficientnet_features(split)
    torch.testing.assert_close(
        first.float(), efficientnet_features(split.images), rtol=1e-3, atol=1e-3
    )
    (kept,) = tmp_path.iterdir()
    monkeypatch.setattr(efficientnet, "efficientnet_features", None)  # asked again, it would fail
    assert torch.equal(real_efficientnet_features(split), first)
    monkeypatch.undo()
    monkeypatch.setenv("DISTILLER_CACHE", str(tmp_path))
    kept.write_bytes(kept.read_bytes()[:100])
    assert torch.equal(real_efficientnet_features(split), first)
