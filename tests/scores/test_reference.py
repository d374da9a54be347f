"""References: which real images they hold, and where new points fall on their maps."""

import base64
from pathlib import Path

import numpy as np
import pytest
import torch

from distiller.data.registry import DATASETS, load
from distiller.diffusion.prior import load_prior
from distiller.event import finish
from distiller.scores.judge import load_judge
from distiller.scores.reference import (
    Reference,
    _location,
    _spread,
    build_reference,
    load_reference,
    save_reference,
)
from viz.draw.figures import map_of


def reference_of(z: torch.Tensor, places: torch.Tensor, labels: np.ndarray) -> Reference:
    maps = {view: places.numpy() for view in ("umap", "class")}
    n, k = z.shape
    return Reference(torch.zeros(k), torch.eye(k), 1, z, z, labels, None, maps, np.arange(n))


@pytest.fixture(scope="module")
def some() -> Reference:
    """A reference of 400 of the digits' 1,438 training images."""
    return finish(
        build_reference(load("digits"), load_prior("digits", "cpu"), load_judge("digits"), 400)
    )


def test_a_large_set_is_held_by_an_equal_number_of_each_class(some: Reference) -> None:
    data = load("digits")
    assert np.bincount(some.labels).tolist() == [40] * 10
    assert len(set(some.rows.tolist())) == 400
    np.testing.assert_array_equal(data.train.labels[some.rows], some.labels)
    np.testing.assert_array_equal(_spread(np.zeros(7, int), 7), np.arange(7))
    few = np.array([0] * 50 + [1] * 2)
    assert np.bincount(few[_spread(few, 20)]).tolist() == [10, 2]


def test_points_are_the_images_that_rows_name(some: Reference, tmp_path: Path) -> None:
    data, prior = load("digits"), load_prior("digits", "cpu")
    from distiller.image import to_tensor

    chosen = some.rows[[3, 77, 399]]
    z = some.project(prior.encode(to_tensor(data.train.images[chosen])))
    torch.testing.assert_close(z, some.z[[3, 77, 399]], atol=1e-3, rtol=1e-3)
    for j, point in enumerate((3, 77, 399)):
        near, away = some.nearest(z[j : j + 1], int(some.labels[point]))
        assert near[0, 0] == point
        assert away[0, 0] < 0.05
    shown = map_of(DATASETS["digits"], "digits", some, 0)
    images = np.frombuffer(base64.b64decode(shown["images"]), np.uint32)
    np.testing.assert_array_equal(images, some.rows)
    save_reference(some, tmp_path / "r.npz")
    loaded = load_reference(str(tmp_path / "r.npz"))
    np.testing.assert_array_equal(loaded.rows, some.rows)
    assert loaded.total(3) == some.total(3) == (data.train.labels == 3).sum() > 40


def test_what_was_saved_without_rows_holds_every_image() -> None:
    reference = load_reference("digits")
    labels = load("digits").train.labels
    np.testing.assert_array_equal(reference.rows, np.arange(len(labels)))
    assert reference.total(8) == (labels == 8).sum()


def test_latents_come_back_from_their_components(some: Reference) -> None:
    """Projected again, they are the points themselves."""
    rows = torch.linspace(0, 399, 9).long()
    torch.testing.assert_close(some.project(some.latents(9)), some.z[rows], atol=1e-3, rtol=1e-3)


# --------------------------------------------------------------------------------------- places


def test_a_point_falls_into_the_larger_of_two_groups_and_not_between() -> None:
    p = torch.tensor([[0.0, 0.0]] * 9 + [[10.0, 0.0]] * 6)[None]
    y = _location(p, torch.ones(1, 15), 0.1)
    torch.testing.assert_close(y, torch.zeros(1, 2), atol=0.01, rtol=0)
    heavy = torch.tensor([1.0] * 9 + [5.0] * 6)[None]
    torch.testing.assert_close(
        _location(p, heavy, 0.1), torch.tensor([[10.0, 0]]), atol=0.01, rtol=0
    )


def test_the_location_is_a_minimum_of_its_loss() -> None:
    generator = torch.Generator().manual_seed(0)
    p, w = torch.randn(20, 15, 2, generator=generator), torch.rand(20, 15, generator=generator)
    y = _location(p, w, 0.5, rounds=200)

    def loss(at: torch.Tensor) -> torch.Tensor:
        return (w * ((p - at[:, None]).square().sum(-1) / 0.25).log1p()).sum(1)

    for dx, dy in ((0.01, 0), (-0.01, 0), (0, 0.01), (0, -0.01)):
        assert (loss(y + torch.tensor([dx, dy])) > loss(y)).all()
    wide = _location(p, torch.ones(20, 15), 1e4, rounds=50)  # so wide that it is the mean
    torch.testing.assert_close(wide, p.mean(1), atol=1e-3, rtol=0)


def test_places_keep_more_neighbours_than_their_mean_does() -> None:
    """On a map that tears a sheet apart, as UMAP does, the mean of neighbours lies in the tear."""
    generator = torch.Generator().manual_seed(0)
    z = torch.rand(3000, 2, generator=generator)
    torn = z.clone()
    torn[z[:, 0] > 0.5] += torch.tensor([3.0, 0.0])
    reference = reference_of(z, torn, np.zeros(3000, int))
    new = torch.rand(200, 2, generator=generator)
    new[:, 0] = 0.5 + 0.02 * (new[:, 0] - 0.5)  # along the tear
    places = torch.from_numpy(reference.place(new, "umap", 0))
    gap = (places[:, 0] > 0.6) & (places[:, 0] < 3.4)
    assert not gap.any()
    assert (
        torch.minimum((places - new).abs(), (places - new - torch.tensor([3.0, 0])).abs()).max()
        < 0.1
    )


def test_a_class_with_few_images_has_places_too() -> None:
    z = torch.randn(12, 4, generator=torch.Generator().manual_seed(0))
    labels = np.array([0] * 9 + [1] * 3)
    reference = reference_of(z, z[:, :2].contiguous(), labels)
    for view in ("umap", "class", "pca"):
        places = reference.place(torch.randn(5, 4), view, 1) if view != "pca" else None
        assert places is None or np.isfinite(places).all()
    same = reference_of(torch.zeros(20, 4), torch.zeros(20, 2), np.zeros(20, int))
    np.testing.assert_array_equal(same.place(torch.ones(3, 4), "umap", 0), np.zeros((3, 2)))
