"""Sets on disk: what looks whole is whole, and a second try gives the same bytes."""

import errno
import hashlib
import json
import math
import subprocess
import sys
import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pytest
import torch
from PIL import Image

from distiller.errors import Refused
from distiller.event import finish
from distiller.lab import Lab, open_lab
from distiller.machine.disk import write_whole
from distiller.recipes.loop import distill
from distiller.sets import writer
from distiller.sets.folder import dataset_of, read_set
from distiller.sets.measured import measure_set
from distiller.sets.request import Request
from distiller.sets.scoring import score_set
from distiller.sets.writer import _identity, archive, export

REQUEST = Request.parse(
    {"dataset": "digits", "method": "dap+diversity", "classes": "0,3,7", "ipc": 2, "steps": 4}
)


@pytest.fixture(scope="module")
def lab() -> Lab:
    return open_lab("digits", "cpu")


@pytest.fixture(scope="module")
def whole(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set that was written without interruption."""
    folder = tmp_path_factory.mktemp("whole") / "set"
    finish(export(REQUEST, folder, lab))
    return folder


def hashes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_set_holds_images_metadata_and_a_manifest(whole: Path, lab: Lab) -> None:
    images = [f"{c}/{k}.png" for c in "037" for k in range(2)]
    assert sorted(hashes(whole)) == [*images, "README.md", "manifest.json", "metadata.jsonl"]
    lines = [json.loads(line) for line in (whole / "metadata.jsonl").read_text().splitlines()]
    assert [line["file_name"] for line in lines] == [f"{c}/{k}.png" for c in "037" for k in (0, 1)]
    for line in lines:
        assert line["class_name"] == line["file_name"][0]
        assert lab.data.train.labels[line["nearest_real"]] == line["label"]
        assert line["nearest_distance"] > 0
        assert {"umap_x", "pca_y", "class_x"} <= set(line)
    manifest = json.loads((whole / "manifest.json").read_text())
    assert manifest["request"]["options"]["dap.gamma"] == 0.3
    assert manifest["prior"]["sha256"] == lab.prior.fingerprint()
    assert manifest["scores"]["latents"]["mmd2"]["random_real_sd"] > 0
    assert manifest["labels"] == {"0": 0, "3": 3, "7": 7}
    assert manifest["dataset"]["classes"] == list("0123456789")
    assert dataset_of(whole) == "digits"


def test_scores_in_the_manifest_are_those_of_the_files(whole: Path, lab: Lab) -> None:
    found = read_set(whole, lab.data.classes)
    table = score_set(measure_set(found.images, found.labels, lab)).table()
    assert table == json.loads((whole / "manifest.json").read_text())["scores"]


@pytest.mark.parametrize("after", [1, 5, 9])
def test_a_killed_run_goes_on_and_ends_with_the_same_bytes(
    whole: Path, lab: Lab, tmp_path: Path, after: int
) -> None:
    generator = export(REQUEST, tmp_path / "set", lab)
    while after:
        after -= next(generator).stage == "sample"
    generator.close()
    assert not (tmp_path / "set" / "manifest.json").exists()
    (tmp_path / "set" / "0").mkdir(exist_ok=True)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (tmp_path / "set" / "0" / f"0.png.{gone.pid}-1.partial").write_bytes(b"half an image")
    finish(export(REQUEST, tmp_path / "set", lab))
    assert hashes(tmp_path / "set") == hashes(whole)


def test_a_class_has_the_same_bytes_whatever_the_others(
    whole: Path, lab: Lab, tmp_path: Path
) -> None:
    finish(export(replace(REQUEST, classes=(7,)), tmp_path / "set", lab))
    for k in range(2):
        name = f"7/{k}.png"
        assert (tmp_path / "set" / name).read_bytes() == (whole / name).read_bytes()


def test_another_batch_moves_no_pixel_by_more_than_one_level(lab: Lab) -> None:
    """Without repulsion an image does not depend on those that are sampled beside it."""
    request = replace(REQUEST, method="dit", options={}, steps=12)
    few, many = (
        finish(distill(request.methods, lab.prior, lab.data, replace(request.settings, ipc=n), [3]))
        for n in (2, 7)
    )
    difference = np.abs(few.images.astype(int) - many.images[:2].astype(int))
    assert difference.max() <= 1


def test_the_download_is_the_folder(whole: Path, lab: Lab) -> None:
    parts = (REQUEST.methods, lab.prior, lab.data, REQUEST.settings, REQUEST.classes)
    distilled = finish(distill(*parts))
    content = archive(measure_set(distilled.images, distilled.labels, lab), REQUEST)
    with zipfile.ZipFile(BytesIO(content)) as file:
        packed = {name: hashlib.sha256(file.read(name)).hexdigest() for name in file.namelist()}
    assert packed == hashes(whole)


def test_another_request_is_refused_and_leaves_the_folder_alone(whole: Path, lab: Lab) -> None:
    before = hashes(whole)
    with pytest.raises(Refused, match="holds another set"):
        finish(export(replace(REQUEST, seed=5), whole, lab))
    assert hashes(whole) == before


def test_a_set_that_was_compiled_is_another_set(whole: Path, lab: Lab, tmp_path: Path) -> None:
    quick = replace(lab, prior=replace(lab.prior, compiled=True))
    with pytest.raises(Refused, match="compiled where this is not"):
        finish(export(REQUEST, whole, quick))
    finish(export(REQUEST, tmp_path, quick))
    assert json.loads((tmp_path / "manifest.json").read_text())["compiled"] is True
    with pytest.raises(Refused, match="compiled where this is not"):
        finish(export(REQUEST, tmp_path, lab))


def test_a_set_of_another_precision_is_another_set(whole: Path, lab: Lab) -> None:
    before = hashes(whole)
    assert json.loads((whole / "manifest.json").read_text())["dtype"] == "float32"
    coarse = open_lab("digits", "cpu", "bfloat16")
    with pytest.raises(Refused, match="in another precision"):
        finish(export(REQUEST, whole, coarse))
    assert hashes(whole) == before


def test_a_folder_of_something_else_is_refused(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("!")
    with pytest.raises(Refused, match="is not empty and holds no distilled set"):
        finish(export(REQUEST, tmp_path, lab))


def test_a_place_that_cannot_be_written_is_named(lab: Lab) -> None:
    with pytest.raises(Refused, match="/dev/null/set could not be written"):
        finish(export(REQUEST, Path("/dev/null/set"), lab))


def test_a_full_disk_leaves_nothing_that_looks_whole(
    whole: Path, lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = 3

    def half(file: BinaryIO) -> None:
        file.write(b"\x89PNG")
        raise OSError(errno.ENOSPC, "No space left on device")

    def full(path: Path, content: Any) -> None:
        nonlocal room
        room -= path.suffix == ".png"
        write_whole(path, half if room < 0 else content)

    with monkeypatch.context() as patched:
        patched.setattr(writer, "write_whole", full)
        with pytest.raises(Refused, match="No space left on device"):
            finish(export(REQUEST, tmp_path / "set", lab))
    assert not (tmp_path / "set" / "manifest.json").exists()
    assert all(Image.open(p).size == (32, 32) for p in (tmp_path / "set").rglob("*.png"))
    assert list((tmp_path / "set").rglob("*.partial")) == []
    finish(export(REQUEST, tmp_path / "set", lab))
    assert hashes(tmp_path / "set") == hashes(whole)


def test_the_manifest_states_what_a_method_guarantees(whole: Path, lab: Lab) -> None:
    assert "guarantees" not in json.loads((whole / "manifest.json").read_text())
    asked = {"method": "dp-merf", "classes": "3", "ipc": 2, "steps": 2}
    options = {"dp-merf.epsilon": 4, "dp-merf.secret": 8_675_309_123}
    request = Request.parse({"dataset": "digits", **asked, "options": options})
    made = finish(distill(request.methods, lab.prior, lab.data, request.settings, [3]))
    with zipfile.ZipFile(
        BytesIO(archive(measure_set(made.images, made.labels, lab), request))
    ) as file:
        manifest = file.read("manifest.json").decode()
    stated = json.loads(manifest)["guarantees"]["dp-merf"]
    assert stated["epsilon"] == 4
    assert stated["delta"] == 1e-5
    assert "replacing one image" in stated["unit"]
    assert "8675309123" not in manifest + str(request.query())
    assert "8675309123" in str(request.options)


def test_sets_of_different_secrets_are_not_mixed(lab: Lab) -> None:
    def identity(**options: int) -> dict[str, Any]:
        raw = {"dataset": "digits", "method": "dp-merf", "options": options}
        return _identity(Request.parse(raw), lab.prior)

    usual, mine = identity(), identity(secret=8_675_309_123)
    assert usual["request"] == mine["request"]
    assert usual["private"] != mine["private"]
    assert mine == identity(secret=8_675_309_123)
    assert mine["private"] != identity(secret=8_675_309_123, epsilon=1)["private"]


def test_a_prior_of_another_size_is_refused_before_anything_is_sampled(
    lab: Lab, tmp_path: Path
) -> None:
    assert lab.prior.size == lab.data.size == 32
    large = replace(lab, prior=replace(lab.prior, size=64))
    with pytest.raises(
        Refused, match="makes images of 64 x 64 pixels, and those of 'digits' are 3"
    ):
        next(export(REQUEST, tmp_path / "set", large))
    assert not (tmp_path / "set").exists()


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_images_that_are_not_finite_are_never_written(
    lab: Lab, tmp_path: Path, value: float
) -> None:
    def decode(latents: torch.Tensor) -> torch.Tensor:
        images = lab.prior.decode(latents)
        images[0, 0, 5, 5] = value  # one pixel is enough
        return images

    broken = replace(lab, prior=replace(lab.prior, decode=decode))
    request = replace(REQUEST, method="dit", options={}, steps=2)
    with pytest.raises(Refused, match="values that are not finite, and cannot be shown or saved"):
        finish(export(request, tmp_path / "set", broken))
    assert not (tmp_path / "set").exists()
    finish(export(request, tmp_path / "set", lab))  # the folder is free
