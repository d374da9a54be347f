"""Data sets: fixed splits, clear words."""

from dataclasses import replace

import numpy as np
import pytest

from distiller.data.registry import DATASETS, load, load_here, render_solids
from distiller.diffusion.prior import load_prior
from distiller.errors import Refused
from distiller.event import finish
from distiller.image import to_pixels, to_tensor
from distiller.machine.disk import cache_folder
from distiller.methods import make_methods
from distiller.recipes.loop import Settings, distill


def test_digits_are_all_there_and_split_once() -> None:
    data = load("digits")
    assert len(data.train.labels) + len(data.test.labels) == 1797
    assert 0.195 < len(data.test.labels) / 1797 < 0.205
    assert data.train.images.shape[1:] == (32, 32, 3)
    both = np.concatenate([data.train.images, data.test.images]).reshape(1797, -1)
    assert len(np.unique(both, axis=0)) > 1790  # no image of one split stands in the other
    assert load("digits") is data
    np.testing.assert_array_equal(data.train.labels[data.train.of(3)], 3)


def test_an_unknown_data_set_lists_the_known() -> None:
    with pytest.raises(Refused, match=r"'cats'. Known: cifar10, cifar100, digits, imag"):
        load("cats")


def test_pixels_survive_the_way_to_tensors_and_back() -> None:
    pixels = np.arange(2 * 4 * 8 * 3, dtype=np.uint8).reshape(2, 4, 8, 3)
    tensor = to_tensor(pixels)
    assert tensor.shape == (2, 3, 4, 8)
    assert tensor.min() >= -1
    assert tensor.max() <= 1
    np.testing.assert_array_equal(to_pixels(tensor), pixels)


def test_renders_are_kept_and_an_unwritable_cache_is_done_without(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setenv("DISTILLER_CACHE", f"{tmp_path}/cache")
    first = render_solids(per_class=2, seed=7)
    (kept,) = cache_folder().glob("*.npy")
    stamp = kept.stat().st_mtime_ns
    again = render_solids(per_class=2, seed=7)
    assert kept.stat().st_mtime_ns == stamp
    np.testing.assert_array_equal(first.images, again.images)
    monkeypatch.setenv("DISTILLER_CACHE", "/dev/null/nowhere")
    np.testing.assert_array_equal(render_solids(per_class=2, seed=7).images, first.images)


def test_without_its_images_a_set_has_its_classes_and_refuses_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    away = replace(DATASETS["digits"], here=lambda: False)
    monkeypatch.setattr(DATASETS, "_sources", {**DATASETS, "digits": away})
    data = load_here("digits")
    assert (data.size, data.classes) == (32, load("digits").classes)
    for ask in (
        lambda: data.train.images,
        lambda: data.train.of(3),
        lambda: data.choose_from(0, 1),
    ):
        with pytest.raises(Refused, match="images of Digits, which are not on this machine"):
            ask()
    prior, settings = load_prior("digits", "cpu"), Settings(ipc=1, steps=2)
    assert len(finish(distill(make_methods("dit"), prior, data, settings, [3])).images) == 1
    for method in ("dap", "random", "mmd"):
        with pytest.raises(Refused, match="not on this machine"):
            finish(distill(make_methods(method), prior, data, settings, [3]))
    with pytest.raises(Refused, match="no data set 'cats'"):
        load_here("cats")
