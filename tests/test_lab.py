"""Labs: opened once, and kept as they are by a run that has begun."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from distiller.data.models import prior_folder
from distiller.diffusion.pipeline import hash_files
from distiller.errors import Refused
from distiller.event import finish
from distiller.lab import Lab, forget_labs, open_lab
from distiller.recipes.loop import distill
from distiller.sets.folder import read_set
from distiller.sets.measured import measure_set
from distiller.sets.request import Request
from distiller.sets.scoring import score_set
from distiller.sets.writer import export

REQUEST = Request.parse({"dataset": "digits", "classes": "3,5", "ipc": 2, "steps": 3})


@pytest.fixture
def prior(tmp_path: Path) -> Path:
    """A copy of a shipped prior, which another may take the place of."""
    shipped = prior_folder("digits")
    assert shipped is not None
    return Path(shutil.copytree(shipped, tmp_path / "digits"))


def replace_prior(folder: Path) -> None:
    """As a training does that goes on in the same folder."""
    from safetensors.torch import load_file, save_file

    path = next((folder / "transformer").glob("*.safetensors"))
    save_file({name: value * 0.9 for name, value in load_file(path).items()}, path)
    record = json.loads((folder / "prior.json").read_text())
    (folder / "prior.json").write_text(json.dumps(record | {"sha256": hash_files(folder)}))


def test_the_same_call_gives_the_same_lab_until_labs_are_forgotten() -> None:
    lab = open_lab("digits", "cpu")
    assert open_lab("digits", "cpu", "float32") is lab
    assert open_lab("digits", "cpu", "bfloat16") is not lab
    assert (lab.name, lab.data.size) == ("digits", 32)
    forget_labs()
    assert open_lab("digits", "cpu") is not lab


def test_a_lab_without_images_scores_a_set_and_refuses_what_needs_them(tmp_path: Path) -> None:
    full, bare = (open_lab("digits", "cpu", images=images) for images in ("here", "none"))
    folder = finish(export(REQUEST, tmp_path / "set", full))
    found = read_set(folder, bare.data.classes)
    measured = [measure_set(found.images, found.labels, lab) for lab in (bare, full)]
    assert score_set(measured[0]).table() == score_set(measured[1]).table()
    with pytest.raises(Refused, match="opened without them"):
        len(bare.data.train.images)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"name": "cats"}, "no data set 'cats'"),
        ({"name": "digits", "images": "some"}, "no images 'some'. Known: download, here, none"),
        ({"name": "digits", "device": "abacus"}, "device 'abacus' cannot be used"),
        ({"name": "digits", "prior": "/nowhere"}, "There is no prior '/nowhere'"),
    ],
)
def test_a_lab_that_cannot_be_opened_is_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(Refused, match=words):
        open_lab(**given)


def images_of(lab: Lab) -> bytes:
    parts = (REQUEST.methods, lab.prior, lab.data, REQUEST.settings, REQUEST.classes)
    return finish(distill(*parts)).images.tobytes()


def test_a_run_keeps_its_prior_though_another_takes_its_place(prior: Path, tmp_path: Path) -> None:
    lab = open_lab("digits", "cpu", prior=str(prior))
    before, images = lab.prior.fingerprint(), images_of(lab)
    run = export(REQUEST, tmp_path / "set", lab)
    next(run)
    replace_prior(prior)
    forget_labs()
    finish(run)
    manifest = json.loads((tmp_path / "set" / "manifest.json").read_text())
    assert manifest["prior"]["sha256"] == before
    assert read_set(tmp_path / "set", lab.data.classes).images.tobytes() == images
    later = open_lab("digits", "cpu", prior=str(prior))
    assert later.prior.fingerprint() != before
    assert images_of(later) != images
    with pytest.raises(Refused, match="another prior"):
        finish(export(REQUEST, tmp_path / "set", later))
