"""What methods are fitted to ships with a prior, and is what they would find by themselves."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from distiller.data.dataset import Dataset
from distiller.data.registry import DATASETS, load
from distiller.diffusion.prior import Prior, load_prior
from distiller.event import finish, translated
from distiller.machine.assets import ASSETS
from distiller.machine.weights import packed_tensors, read_tensors
from distiller.methods import make_methods
from distiller.methods.d3hr import D3HR
from distiller.methods.igd import IGD
from distiller.methods.mgd3 import MGD3
from distiller.methods.minimax import Minimax
from distiller.recipes.cache import SHIPPED_FITS, shipped_fit
from distiller.recipes.loop import Settings, distill, fit
from distiller.recipes.surrogate import train_surrogate
from distiller.training.fits import fits_of, write_fits
from distiller.training.shipment import shipped_priors
from tests.damage import flipped
from tests.priors import tiny_world
from tests.tiny import save_tiny_pipeline

DATA = tiny_world()[1]
FITTED = [name for name in shipped_priors() if (ASSETS / "priors" / name / SHIPPED_FITS).is_file()]
QUICK = Settings(ipc=10, steps=4)


@pytest.fixture
def prior(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Prior:
    """A prior on disk with the fits that ship with it, and a cache that stays empty of them."""
    monkeypatch.setenv("DISTILLER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("distiller.recipes.surrogate.STEPS", 20)
    folder = save_tiny_pipeline(tmp_path / "prior")
    made = load_prior(folder, "cpu")
    (folder / SHIPPED_FITS).write_bytes(packed_tensors(finish(fits_of(made, DATA))))
    return made


def bytes_of(tensors: Mapping[str, Tensor]) -> dict[str, bytes]:
    return {name: t.contiguous().numpy().tobytes() for name, t in tensors.items()}


@pytest.mark.parametrize("method", ["d3hr", "mgd3", "igd", "cao2"])
def test_a_set_has_the_same_bytes_with_the_fit_that_ships_and_without(
    method: str, prior: Prior
) -> None:
    afresh = replace(prior, folder=None)
    with_fit, without = (
        finish(distill(make_methods(method), p, DATA, QUICK, [1])) for p in (prior, afresh)
    )
    assert with_fit.latents.numpy().tobytes() == without.latents.numpy().tobytes()
    assert with_fit.images.tobytes() == without.images.tobytes()


def test_what_ships_is_read_and_nothing_is_made(prior: Prior, tmp_path: Path) -> None:
    events = [
        *D3HR().moments(prior, DATA, 0),
        *train_surrogate(prior, DATA, IGD().images),
        *MGD3().centres(prior, DATA, 0, Settings.ipc),
    ]
    assert events == []
    assert not (tmp_path / "cache").exists()


def test_what_was_fitted_to_something_else_is_not_taken(prior: Prior) -> None:
    others = [replace(prior, weights="others"), replace(prior, dtype=torch.bfloat16)]
    for other in others:
        assert shipped_fit(other, D3HR().name_of(other, DATA, 0)) is None
    assert shipped_fit(prior, D3HR(time=500).name_of(prior, DATA, 0)) is None
    assert shipped_fit(prior, MGD3().name_of(prior, DATA, 0, 9)) is None
    images = replace(DATA, train=replace(DATA.train, images=255 - DATA.train.images))
    assert shipped_fit(prior, D3HR().name_of(prior, images, 0)) is None


def test_fits_that_are_damaged_are_made_anew(prior: Prior) -> None:
    expected = finish(D3HR().moments(prior, DATA, 0))
    assert prior.folder is not None
    path = prior.folder / SHIPPED_FITS
    path.write_bytes(flipped(path.read_bytes()))
    events = list(D3HR().moments(prior, DATA, 0))
    assert {event.stage for event in events} == {"encode", "invert"}
    torch.testing.assert_close(finish(D3HR().moments(prior, DATA, 0)), expected, rtol=0, atol=0)


def test_the_files_are_written_with_the_fingerprint_of_the_prior(
    prior: Prior, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert prior.folder is not None
    tiny = in_two_steps(monkeypatch)
    before = read_tensors(prior.folder / SHIPPED_FITS)[0]
    written = finish(write_fits(prior, DATA, prior.folder))
    assert not list((tmp_path / "cache").glob("fits-*"))
    tensors, about = read_tensors(prior.folder / SHIPPED_FITS)
    assert about == {"prior": prior.fingerprint()}
    assert bytes_of(tensors) == bytes_of(before)
    assert [path.name for path in written] == [SHIPPED_FITS, "minimax.safetensors"]
    assert list(fit(tiny, prior, DATA, [0])) == []


def test_what_was_stopped_goes_on_with_the_fits_that_are_left(prior: Prior, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    stopped = fits_of(prior, DATA, kept)
    assert next(event for event in stopped if event.stage == "invert")  # the surrogate is made
    stopped.close()
    assert len(list(kept.iterdir())) == 2  # the surrogate, and the centres of the first class
    stages: list[str] = []
    tensors = finish(
        translated(fits_of(prior, DATA, kept), lambda event: stages.append(event.stage))
    )
    assert "surrogate" not in stages
    assert "invert" in stages
    assert bytes_of(tensors) == bytes_of(finish(fits_of(prior, DATA)))
    assert list(fits_of(prior, DATA, kept)) == []


def test_a_fine_tuning_that_is_stopped_leaves_the_other_fits_where_they_are_found(
    prior: Prior, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert prior.folder is not None
    in_two_steps(monkeypatch)
    stopped = write_fits(prior, DATA, prior.folder)
    assert next(event for event in stopped if event.stage == "minimax")
    stopped.close()
    assert list((tmp_path / "cache").glob("fits-*/*.safetensors"))
    stages = {event.stage for event in write_fits(prior, DATA, prior.folder)}
    assert "minimax" in stages
    assert not stages & {"surrogate", "invert"}


def in_two_steps(monkeypatch: pytest.MonkeyPatch) -> dict[str, Minimax]:
    """Minimax in two steps."""
    monkeypatch.setattr("distiller.training.fits.Minimax", lambda: Minimax(steps=2, batch=4))
    return {"minimax": Minimax(steps=2, batch=4)}


def size_of_fits(name: str) -> int:
    return (ASSETS / "priors" / name / SHIPPED_FITS).stat().st_size


def test_the_shipped_fits_are_small() -> None:
    assert {"digits", "solids"} <= set(FITTED)
    assert sum(size_of_fits(name) for name in FITTED) < 5_000_000


@pytest.mark.parametrize("name", [name for name in FITTED if DATASETS[name].here()])
def test_methods_find_what_ships_for_them(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With their usual options nothing is inverted, trained or clustered on a click."""
    monkeypatch.setenv("DISTILLER_CACHE", str(tmp_path))
    data: Dataset = load(name)
    prior = load_prior(name, "cpu")
    last = len(data.classes) - 1
    assert list(D3HR().moments(prior, data, last)) == []
    assert list(MGD3().centres(prior, data, last, Settings.ipc)) == []
    assert list(train_surrogate(prior, data, IGD().images)) == []
