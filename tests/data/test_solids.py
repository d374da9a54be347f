"""The renderer: deterministic, with exact shares of known modes."""

import numpy as np
import pytest

from distiller.data import solids
from distiller.data.registry import DATASETS, load


def test_the_same_seed_draws_the_same_images() -> None:
    first, again = (solids.render(solids.draw(4, 6, seed=3)) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert (solids.render(solids.draw(4, 6, seed=4)) != first).mean() > 0.5


def test_an_image_does_not_depend_on_its_neighbours() -> None:
    scenes = solids.draw(8, 5, seed=0)
    alone = solids.Scenes(*(part[2:3] for part in scenes))
    np.testing.assert_array_equal(solids.render(alone)[0], solids.render(scenes)[2])


@pytest.mark.parametrize("n", [100, 1000])
def test_modes_come_in_exact_shares_that_differ_in_order_by_class(n: int) -> None:
    orders = set()
    for label in range(10):
        counts = np.bincount(solids.draw(label, n, seed=1).modes, minlength=12)
        np.testing.assert_allclose(np.sort(counts)[::-1], np.array(solids.SHARES) * n, atol=1)
        orders.add(tuple(np.argsort(-counts, kind="stable")))
    assert len(orders) == 10
    assert sum(solids.SHARES) == pytest.approx(1)
    assert max(solids.SHARES) == 0.30
    assert min(solids.SHARES) == pytest.approx(0.01, abs=0.002)


def test_every_class_and_mode_looks_different() -> None:
    """Same scene, other shape or other mode: the picture changes where it should."""
    base = solids.draw(1, 1, seed=9)
    for label in range(10):
        pictures = [
            solids.render(base._replace(labels=np.array([label]), modes=np.array([mode])))[0]
            for mode in range(12)
        ]
        for a in range(12):
            for b in range(a):
                assert np.abs(pictures[a].astype(int) - pictures[b]).mean() > 0.5, (label, a, b)
    shapes = [solids.render(base._replace(labels=np.array([c])))[0].astype(int) for c in range(10)]
    for a in range(10):
        for b in range(a):
            assert np.abs(shapes[a] - shapes[b]).mean() > 1.5, (a, b)


def test_distances_never_overshoot() -> None:
    """A step of f(p) from outside, in any direction, does not end inside the solid."""
    rng = np.random.default_rng(0)
    for label in range(10):
        outside = 0
        for p in rng.uniform(-1, 1, (2000, 3)):
            reach = solids._distance(label, *p)
            if reach > 0:
                outside += 1
                v = rng.normal(size=3)
                q = p + reach * v / np.linalg.norm(v)
                assert solids._distance(label, *q) > -1e-6, (label, p)
        assert outside > 500


def test_every_solid_lies_inside_its_bound() -> None:
    rng = np.random.default_rng(1)
    v = rng.normal(size=(4000, 3))
    v /= np.linalg.norm(v, axis=1, keepdims=True)
    for label in range(10):
        outside = min(solids._distance(label, *(solids.BOUNDS[label] * p)) for p in v)
        assert outside > -1e-6, (label, outside)


def test_what_is_said_of_solids_without_rendering_is_true() -> None:
    source, data = DATASETS["solids"], load("solids")
    assert source.classes == solids.CLASSES == data.classes
    assert source.modes == solids.MODES == data.modes
    assert source.size == solids.SIZE == data.size
    assert len(data.train.labels) == 10_000
    assert len(data.test.labels) == 2_000
    np.testing.assert_array_equal(np.bincount(data.train.labels), 1000)
