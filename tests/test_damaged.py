"""Damaged files: a cache is made anew, and anything else is named with what to do."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from distiller.data import solids
from distiller.data.registry import render_solids
from distiller.diffusion.pipeline import hash_files
from distiller.diffusion.prior import load_prior
from distiller.errors import Refused
from distiller.event import finish
from distiller.lab import open_lab
from distiller.machine.assets import ASSETS
from distiller.scores.judge import load_judge, save_judge
from distiller.scores.reference import load_reference, save_reference
from distiller.sets.folder import dataset_of
from distiller.sets.request import Request
from distiller.sets.writer import export
from tests.damage import DAMAGE


@pytest.fixture(autouse=True)
def _cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DISTILLER_CACHE", str(tmp_path / "cache"))


def test_damaged_caches_of_a_run_are_made_anew(tmp_path: Path) -> None:
    lab = open_lab("digits", "cpu")
    options = {"inversion_steps": 2, "images": 20}
    request = Request.parse(
        {"dataset": "digits", "method": "d3hr", "classes": "1", "ipc": 2, "steps": 2,
         "options": options}
    )  # fmt: skip

    def made(name: str) -> dict[str, str]:
        finish(export(request, tmp_path / name, lab))
        files = sorted((tmp_path / name / "1").iterdir())
        return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

    whole = made("whole")
    kept = {path: path.read_bytes() for path in (tmp_path / "cache").iterdir()}
    assert sorted(path.name.partition("-")[0] for path in kept) == ["d3hr", "latents"]
    for damage in DAMAGE:
        for path, content in kept.items():
            path.write_bytes(damage(content))
        assert made(damage.__name__) == whole
        assert {path: path.read_bytes() for path in kept} == kept  # made anew


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_solids_are_rendered_anew(damage: Callable[[bytes], bytes], tmp_path: Path) -> None:
    images = np.array(render_solids(2, seed=7).images)
    assert images.shape == (20, solids.SIZE, solids.SIZE, 3)
    (kept,) = (tmp_path / "cache").glob("solids-*.npy")
    kept.write_bytes(damage(kept.read_bytes()))
    assert np.array_equal(render_solids(2, seed=7).images, images)
    assert np.array_equal(np.load(kept), images)


def shipped_prior(folder: Path) -> Path:
    """A copy of that of digits, which records its files as those that are trained do."""
    shutil.copytree(ASSETS / "priors" / "digits", folder)
    record = json.loads((folder / "prior.json").read_text())
    record["sha256"] = hash_files(folder)
    (folder / "prior.json").write_text(json.dumps(record))
    return folder


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_models_are_named(damage: Callable[[bytes], bytes], tmp_path: Path) -> None:
    prior = shipped_prior(tmp_path / "prior")
    assert load_prior(prior, "cpu").fingerprint() == load_prior("digits", "cpu").fingerprint()
    weights = next((prior / "vae").glob("*.safetensors"))
    weights.write_bytes(damage(weights.read_bytes()))
    with pytest.raises(Refused, match=rf"vae/{weights.name} is not what was.*Copy the prior anew"):
        load_prior(prior, "cpu")
    weights.unlink()
    with pytest.raises(Refused, match=rf"vae/{weights.name} is missing"):
        load_prior(prior, "cpu")
    save_judge(load_judge("digits"), tmp_path / "judge")
    load_judge(str(tmp_path / "judge"))
    weights = tmp_path / "judge" / "model.safetensors"
    weights.write_bytes(damage(weights.read_bytes()))
    with pytest.raises(Refused, match=r"judge/model\.safetensors .*Train the judge anew"):
        load_judge(str(tmp_path / "judge"))
    save_reference(load_reference("digits"), tmp_path / "reference.npz")
    load_reference(str(tmp_path / "reference.npz"))
    path = tmp_path / "reference.npz"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(Refused, match=r"reference\.npz is damaged.*make it anew"):
        load_reference(str(path))


@pytest.mark.parametrize("content", [b"", b"[" * 200_000, b'{"a":' * 200_000, b"\xff\xfe\x00"])
def test_json_of_absurd_depth_is_named(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "manifest.json").write_bytes(content)
    with pytest.raises(Refused, match=r"manifest\.json cannot be read as JSON"):
        dataset_of(tmp_path / "set")
    request = Request.parse({"dataset": "digits", "classes": "1", "ipc": 1, "steps": 2})
    with pytest.raises(Refused, match=r"manifest\.json cannot be read as JSON"):
        finish(export(request, tmp_path / "set", open_lab("digits", "cpu")))
    prior = shipped_prior(tmp_path / "prior")
    (prior / "prior.json").write_bytes(content)
    with pytest.raises(Refused, match=r"prior\.json cannot be read as JSON.*Copy the prior anew"):
        load_prior(prior, "cpu")
