"""The models that are shipped: what their cards say is so."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from distiller.data.dataset import Split
from distiller.data.registry import DATASETS, load, load_here
from distiller.diffusion.prior import load_prior
from distiller.event import finish
from distiller.machine.assets import ASSETS
from distiller.methods import make_methods
from distiller.recipes.loop import fit
from distiller.scores.judge import load_judge, measure
from distiller.training.quality import COMMON_MODE, mode_coverage, psnr, recognition, sample_classes

PRIORS = ASSETS / "priors"
SHIPPED = [name for name in DATASETS if (PRIORS / name).is_dir()]
THERE = [name for name in SHIPPED if DATASETS[name].here()]  # those whose images are here too
RECOGNISED = {
    "digits": 95,
    "solids": 90,
    "cifar10": 85,
    "imagenette": 80,
}  # percent of samples, at least


def slow_but(names: list[str], *quick: str) -> list[Any]:
    """Names to parametrize by; a test of any but the quick ones is slow."""
    return [pytest.param(name, marks=[pytest.mark.slow] * (name not in quick)) for name in names]


def test_what_comes_with_its_images_is_always_tested() -> None:
    assert {"digits", "solids"} <= set(THERE)


@pytest.mark.parametrize("name", slow_but(SHIPPED))
def test_samples_are_recognised(name: str) -> None:
    prior, data, judge = load_prior(name, "cpu"), load_here(name), load_judge(name)
    samples = finish(sample_classes(prior, data, per_class=12, steps=12))
    shares = recognition(samples, data, judge)
    assert np.mean(list(shares.values())) >= RECOGNISED[name], shares


@pytest.mark.parametrize("name", slow_but(THERE, "digits", "solids"))
def test_the_judge_is_right_about_real_images(name: str) -> None:
    judge, test = load_judge(name), load(name).test
    every = max(1, len(test.labels) // 2000)  # of many images, some
    modes = None if test.modes is None else test.modes[::every]
    accuracy = measure(judge, Split(test.images[::every], test.labels[::every], modes))
    assert judge.accuracy["classes"] >= {"cifar10": 90, "imagenette": 85}.get(name, 97)
    # As its config states, within two standard deviations of a share of so few.
    assert accuracy == pytest.approx(judge.accuracy, abs=0.3 if every == 1 else 1.5)


@pytest.mark.slow
def test_solids_are_reconstructed() -> None:
    assert psnr(load_prior("solids", "cpu"), load("solids"), 100) >= 28


@pytest.mark.slow
def test_every_common_mode_of_a_class_appears() -> None:
    prior, data, judge = load_prior("solids", "cpu"), load("solids"), load_judge("solids")
    counts = finish(mode_coverage(prior, data, judge, label=6, samples=500, steps=10))
    assert data.train.modes is not None
    shares = np.bincount(data.train.modes[data.train.of(6)], minlength=12) / 1000
    missing = [m for m, s in zip(data.modes, shares, strict=True) if s >= COMMON_MODE > counts[m]]
    assert not missing


@pytest.mark.parametrize("name", SHIPPED)
def test_the_card_is_of_these_weights_and_its_gates_hold(name: str) -> None:
    record = json.loads((PRIORS / name / "prior.json").read_text())
    measured = record["measured"]
    assert measured["sha256"] == load_prior(name, "cpu").fingerprint()
    assert np.mean(list(measured["recognised_percent"].values())) >= RECOGNISED[name]
    for modes in measured.get("modes", {}).values():
        for mode, row in modes.items():
            assert row["samples"] > 0 or row["real_share"] < COMMON_MODE, mode
    card = (PRIORS / name / "README.md").read_text()
    assert f"--dataset {name}" in card
    assert "apache-2.0" in card


def test_no_real_photograph_is_shipped() -> None:
    photographs = [name for name in SHIPPED if not DATASETS[name].ships]
    for name in photographs:
        first = json.loads((PRIORS.parent / "first" / f"{name}.json").read_text())
        assert first["nearest"]["sheet"] is None
        assert not (PRIORS.parent / "readme" / f"{name}.png").exists()  # real beside samples


def test_every_shipped_file_is_small_and_safe() -> None:
    for path in (PRIORS.parent).rglob("*"):
        if path.is_file():
            assert path.stat().st_size < 10_000_000, path
            assert path.suffix not in {".pt", ".bin", ".pkl", ".ckpt"}, path


@pytest.mark.parametrize("name", THERE)
def test_the_minimax_fit_is_shipped_and_small(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the default options the method answers at once: nothing is encoded, nothing trained."""
    assert (PRIORS / name / "minimax.safetensors").stat().st_size < 1_000_000
    data = load(name)
    monkeypatch.setenv("DISTILLER_CACHE", str(tmp_path))
    events = list(fit(make_methods("minimax"), load_prior(name, "cpu"), data, [0]))
    assert events == []
