"""Independent references: what is kept of real photographs, and what it is compared with."""

from pathlib import Path

import numpy as np
import pytest
import torch

from distiller.data.dataset import Dataset, Split
from distiller.data.registry import DATASETS
from distiller.errors import Refused
from distiller.event import finish
from distiller.scores import independent
from distiller.scores.independent import (
    build_independent,
    load_independent,
    save_independent,
)
from distiller.scores.score import compare


@pytest.fixture(autouse=True)
def _flat(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pixels stand for features: a net takes long, and is tested by itself."""

    def flat(images: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(images.reshape(len(images), -1) / 255).float()

    monkeypatch.setattr(independent, "efficientnet_features", flat)


def make_data(per_class: int = 30) -> Dataset:
    rng = np.random.default_rng(0)
    labels = np.tile([0, 1], per_class)
    pixels = rng.integers(0, 128, (2 * per_class, 4, 4, 3)) + 100 * labels[:, None, None, None]
    split = Split(pixels.astype(np.uint8), labels)
    return Dataset("squares", ("dark", "light"), split, split)


def test_it_keeps_some_of_each_class_and_their_distances(tmp_path: Path) -> None:
    data = make_data()
    made = finish(build_independent(data, 20))
    assert made.labels.tolist() == [0] * 20 + [1] * 20
    assert made.z.shape == (40, 39)
    assert made.explained == pytest.approx(1, abs=1e-4)
    images = data.train.images[:6]
    true = torch.cdist(*(torch.from_numpy(images.reshape(6, -1) / 255).float(),) * 2)
    torch.testing.assert_close(torch.cdist(*(made.project(images),) * 2), true, atol=0.5, rtol=0.1)
    other = data.train.images[data.train.of(1)[:5]]
    own = data.train.images[data.train.of(0)[:5]]
    near, far = (compare(made.real(0), made.project(x))["mmd2"].value for x in (own, other))
    assert near < 0.5 * far


def test_what_is_kept_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "squares-independent.npz"
    made = finish(build_independent(make_data(), 20))
    save_independent(made, path)
    monkeypatch.setattr(independent, "independent_file", lambda name: path)
    load_independent.cache_clear()
    again = load_independent("squares")
    assert again is not None
    torch.testing.assert_close(again.z, made.z, atol=2e-3, rtol=2e-3)
    assert (again.labels == made.labels).all()
    assert again.explained == made.explained
    path.write_bytes(path.read_bytes()[:100])
    load_independent.cache_clear()
    with pytest.raises(Refused, match="is damaged; copy it anew"):
        load_independent("squares")
    load_independent.cache_clear()


def test_photographs_that_ship_a_prior_have_one_and_nothing_else_has() -> None:
    for name in ("cifar10", "imagenette"):
        found = load_independent(name)
        assert found is not None
        assert np.bincount(found.labels).tolist() == [300] * 10
        assert found.explained > 0.5
    for name in set(DATASETS) - {"cifar10", "imagenette"}:
        assert load_independent(name) is None
