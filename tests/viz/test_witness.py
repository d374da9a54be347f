"""The witness over a map: exact where it is taken, smoothed as stated, no more than chance."""

import base64
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from distiller.scores.kernel import rbf, witness
from distiller.scores.reference import Reference, load_reference
from viz.draw.figures import _witness
from viz.draw.witness import BANDWIDTH, CHANCE, MARGIN, PULL, Field, plane_of, witness_of

LABEL = 3


@pytest.fixture(scope="module")
def reference() -> Reference:
    return load_reference("digits")


@pytest.fixture(scope="module")
def members(reference: Reference) -> NDArray[np.int64]:
    return np.flatnonzero(reference.labels == LABEL)


def centres(field: Field) -> tuple[NDArray[Any], NDArray[Any]]:
    """The x and y of every value of a field, each (rows, columns)."""
    rows, columns = field.values.shape
    left, right, bottom, top = field.box
    x = left + (np.arange(columns) + 0.5) * (right - left) / columns
    y = bottom + (np.arange(rows) + 0.5) * (top - bottom) / rows
    return np.broadcast_to(x, (rows, columns)), np.broadcast_to(y[:, None], (rows, columns))


def of_half(reference: Reference, members: NDArray[np.int64], sign: float) -> Tensor:
    """Ten real images from one side of the class's first principal component."""
    z = reference.z[members]
    side = z[sign * (z[:, 0] - z[:, 0].median()) > 0]
    return side[torch.randperm(len(side), generator=torch.Generator().manual_seed(1))[:10]]


def test_values_at_real_images_are_those_of_latent_space(
    reference: Reference, members: NDArray[np.int64]
) -> None:
    x, y = of_half(reference, members, 1).double(), reference.z[members].double()
    kernel = rbf(BANDWIDTH * reference.real(LABEL, "latents").bandwidth)
    at = witness_of(reference, LABEL, x.float()).at.double()
    torch.testing.assert_close(at, witness(kernel, y, y, x), atol=1e-5, rtol=1e-4)
    mmd2 = kernel(x, x).mean() + kernel(y, y).mean() - 2 * kernel(x, y).mean()
    assert float(at.mean() - witness(kernel, x, y, x).mean()) == pytest.approx(
        float(mmd2), abs=1e-5
    )
    assert mmd2 > 0.01


def test_a_set_that_is_the_class_has_no_witness(
    reference: Reference, members: NDArray[np.int64]
) -> None:
    z = reference.z[members]
    doubled = torch.cat([z, z.flip(0)])
    assert float(witness_of(reference, LABEL, doubled).at.abs().max()) < 1e-6


def test_a_field_is_nadaraya_and_watsons_estimate_drawn_to_zero() -> None:
    """Against the sums written out, at a few points of the grid."""
    rng = np.random.default_rng(0)
    places = rng.normal(size=(61, 2)).astype(np.float32)
    values = torch.from_numpy(rng.normal(size=61).astype(np.float32))
    plane = plane_of(places)
    field = Field(plane.smooth(values).numpy(), plane.box, 1.0)
    near = np.sort(np.linalg.norm(places[:, None] - places[None], axis=2), 1)[:, 15]
    bandwidth = np.median(near) / 2
    x, y = centres(field)
    for r, c in [(0, 0), (20, 30), (25, 17), (31, 40)]:
        squared = (places[:, 0] - x[r, c]) ** 2 + (places[:, 1] - y[r, c]) ** 2
        k = np.exp(-squared / (2 * bandwidth**2))
        expected = (k @ values.numpy()) / (PULL + k.sum())
        assert field.values[r, c] == pytest.approx(expected, abs=1e-4)
    left, right, bottom, top = field.box
    for edge, own in ((left, places[:, 0].min()), (bottom, places[:, 1].min())):
        assert own - edge == pytest.approx(MARGIN * bandwidth, rel=1e-3)
    assert (top - bottom) / len(field.values) == pytest.approx(
        (right - left) / field.values.shape[1], rel=1e-4
    )  # square cells


def test_a_field_fades_where_there_are_no_real_images() -> None:
    places = np.random.default_rng(0).normal(size=(200, 2)).astype(np.float32)
    plane = plane_of(places)
    ones = plane.smooth(torch.ones(200))
    assert float(ones.max()) > 0.7
    for edge in (ones[0], ones[-1], ones[:, 0], ones[:, -1]):
        assert float(edge.max()) < 0.01


@pytest.mark.parametrize("view", ["class", "pca", "umap"])
@pytest.mark.parametrize("one", [0, 31, 90])
def test_a_crowd_is_too_much_and_the_rest_is_missed(
    reference: Reference, members: NDArray[np.int64], view: str, one: int
) -> None:
    """A set of the ten nearest to one real image: the field shows where on every map."""
    z, places = reference.z[members], reference.maps[view][members]
    near = torch.cdist(z[one][None], z)[0].argsort()
    found = witness_of(reference, LABEL, z[near[:10]])
    assert found.at[near[-40:]].median() > 0
    assert found.at[near[:10]].max() < 0
    field = found.fields[view]
    x, y = centres(field)
    seen = [field.values.flat[np.hypot(x - px, y - py).argmin()] for px, py in places]
    at = torch.tensor(seen)
    assert at[near[:10]].mean() < -field.chance
    assert at[near[-40:]].mean() > at[near[:10]].mean() + field.chance


def test_random_real_sets_seldom_go_beyond_chance(
    reference: Reference, members: NDArray[np.int64]
) -> None:
    rng = np.random.default_rng(77)
    plane = plane_of(reference.maps["class"][members])
    beyond = []
    for _ in range(60):
        rows = rng.permutation(members)[:10]
        field = witness_of(reference, LABEL, reference.z[rows]).fields["class"]
        inhabited = (plane.mass >= PULL).numpy()
        beyond.append((np.abs(field.values[inhabited]) > field.chance).mean())
    assert np.mean(beyond) == pytest.approx(1 - CHANCE, abs=0.04)


def test_two_random_real_sets_seldom_differ_by_more_than_their_chances_together(
    reference: Reference, members: NDArray[np.int64]
) -> None:
    """The page holds the difference of two fields against the root of the squares of both."""
    rng = np.random.default_rng(78)
    inhabited = (plane_of(reference.maps["class"][members]).mass >= PULL).numpy()
    beyond = []
    for _ in range(60):
        rows = rng.permutation(members)[:20]
        a, b = (
            witness_of(reference, LABEL, reference.z[half]).fields["class"]
            for half in (rows[:10], rows[10:])
        )
        apart = np.abs(a.values - b.values)[inhabited]
        beyond.append((apart > np.hypot(a.chance, b.chance)).mean())
    assert np.mean(beyond) == pytest.approx(1 - CHANCE, abs=0.04)


def test_what_is_sent_is_what_was_found(reference: Reference, members: NDArray[np.int64]) -> None:
    found = witness_of(reference, LABEL, of_half(reference, members, 1))
    sent = _witness(found)
    at = np.frombuffer(base64.b64decode(sent["at"]), "<f4")
    np.testing.assert_array_equal(at, found.at.numpy())
    for view, field in found.fields.items():
        given = sent["fields"][view]
        whole = np.frombuffer(base64.b64decode(given["values"]), "<i2")
        values = whole.reshape(-1, given["columns"]) * given["chance"] / 64
        np.testing.assert_allclose(values, field.values, atol=0.51 * field.chance / 64)
        assert sent["fields"][view]["box"] == pytest.approx(field.box, abs=1e-4)
