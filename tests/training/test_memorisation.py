"""What a prior has learned by heart shows, and what it has not does not."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from distiller.data.dataset import Dataset, Split
from distiller.training import quality
from distiller.training.card import _independent, _memorised
from distiller.training.memorisation import memorisation, nearest_distances
from distiller.training.quality import independent_quality

Pixels = NDArray[np.uint8]


def draw(n: int, seed: int) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, (n, 4, 4, 3)).astype(np.uint8)


def flat(pixels: Pixels) -> torch.Tensor:
    return torch.from_numpy(pixels.reshape(len(pixels), -1).astype(np.float32))


def test_the_nearest_distance_is_that_of_the_nearest() -> None:
    real = draw(20, 0)
    images = real[[3, 7]].astype(int)
    images[0, 0, 0, 0] += 5 if images[0, 0, 0, 0] < 250 else -5
    away = nearest_distances(images.astype(np.uint8), flat, flat(real), flip=False)
    torch.testing.assert_close(away, torch.tensor([5.0, 0.0]), atol=0.5, rtol=0)


def test_copies_and_mirrored_copies_are_found() -> None:
    train, held_out = draw(300, 0), draw(200, 1)
    mirrored = train[:40, :, ::-1].copy()
    for samples, flip in ((train[:40], False), (train[:40], True), (mirrored, True)):
        found = memorisation(samples, held_out, flat, flat(train), flip=flip)
        assert found["samples"] < 1
        assert found["near_percent"] == 100
        assert found["held_out"] > 100
    unseen = memorisation(mirrored, held_out, flat, flat(train), flip=False)
    assert unseen["near_percent"] < 10


def test_new_images_are_as_far_as_held_out_ones() -> None:
    found = memorisation(draw(400, 2), draw(400, 1), flat, flat(draw(300, 0)), flip=True)
    assert abs(found["samples"] - found["held_out"]) < 0.3 * found["spread"]
    assert found["near_percent"] < 4
    line = _memorised("latents", found)
    assert f"{found['near_percent']:.1f} % of the samples" in line


def test_independent_quality_holds_samples_beside_real_images(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    images = draw(400, 0)
    labels = np.arange(400) % 2
    split = Split(images, labels.astype(np.int64))
    data = Dataset("squares", ("a", "b"), split, split)
    monkeypatch.setattr(quality, "efficientnet_features", flat)
    monkeypatch.setattr(quality, "real_efficientnet_features", lambda split: flat(split.images))
    like = independent_quality(draw(100, 1).reshape(2, 50, 4, 4, 3), data)
    dark = independent_quality((draw(100, 1) // 4).reshape(2, 50, 4, 4, 3), data)
    for row in (like["frechet"], dark["frechet"]):
        assert row["random_real"] > 0
    assert like["frechet"]["samples"] == pytest.approx(like["frechet"]["random_real"], rel=0.15)
    assert dark["frechet"]["samples"] > 3 * dark["frechet"]["random_real"]
    assert abs(like["mmd2"]["samples"]) < 0.01 < dark["mmd2"]["samples"]
    assert like["coverage_percent"]["samples"] > 2 * dark["coverage_percent"]["samples"]
    assert "EfficientNet-Lite0" in _independent(like)
