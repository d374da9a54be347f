"""Sets on disk: what looks whole is whole, and a second try gives the same bytes."""

import errno
import hashlib
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from distiller.data.dataset import Dataset
from distiller.data.registry import load
from distiller.diffusion.prior import Prior, load_prior
from distiller.errors import Refused
from distiller.event import finish
from distiller.recipes.loop import distill
from distiller.scores.judge import Judge, load_judge
from distiller.scores.reference import Reference, load_reference
from distiller.sets import folder as set_folder
from distiller.sets.folder import (
    SetOnDisk,
    _identity,
    archive,
    dataset_of,
    export,
    read_set,
    score_set,
)
from distiller.sets.request import Request

REQUEST = Request.parse(
    {"dataset": "digits", "method": "dap+diversity", "classes": "0,3,7", "ipc": 2, "steps": 4}
)


@pytest.fixture(scope="module")
def tools() -> tuple[Dataset, Prior, Reference, Judge]:
    return (
        load("digits"),
        load_prior("digits", "cpu"),
        load_reference("digits"),
        load_judge("digits"),
    )


@pytest.fixture(scope="module")
def whole(tools: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set that was written without interruption."""
    folder = tmp_path_factory.mktemp("whole") / "set"
    finish(export(REQUEST, folder, *tools))
    return folder


def hashes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_set_holds_images_metadata_and_a_manifest(whole: Path, tools: Any) -> None:
    assert sorted(hashes(whole)) == sorted(
        [*(f"{c}/{k}.png" for c in "037" for k in range(2)), "manifest.json", "metadata.jsonl"]
    )
    lines = [json.loads(line) for line in (whole / "metadata.jsonl").read_text().splitlines()]
    assert [line["file_name"] for line in lines] == [f"{c}/{k}.png" for c in "037" for k in (0, 1)]
    for line in lines:
        assert line["class_name"] == line["file_name"][0]
        assert tools[0].train.labels[line["nearest_real"]] == line["label"]
        assert line["nearest_distance"] > 0
        assert {"umap_x", "pca_y", "class_x"} <= set(line)
    manifest = json.loads((whole / "manifest.json").read_text())
    assert manifest["request"]["options"]["dap.gamma"] == 0.3
    assert manifest["prior"]["sha256"] == tools[1].fingerprint()
    assert manifest["scores"]["latents"]["mmd2"]["random_real_sd"] > 0
    assert dataset_of(whole) == "digits"


def test_scores_in_the_manifest_are_those_of_the_files(whole: Path, tools: Any) -> None:
    data, prior, reference, judge = tools
    table = score_set(read_set(whole, data.classes), 32, prior, reference, judge).table()
    assert table == json.loads((whole / "manifest.json").read_text())["scores"]


@pytest.mark.parametrize("after", [1, 5, 9])
def test_a_killed_run_goes_on_and_ends_with_the_same_bytes(
    whole: Path, tools: Any, tmp_path: Path, after: int
) -> None:
    generator = export(REQUEST, tmp_path / "set", *tools)
    while after:
        after -= next(generator).stage == "sample"
    generator.close()
    assert not (tmp_path / "set" / "manifest.json").exists()
    (tmp_path / "set" / "0").mkdir(exist_ok=True)
    (tmp_path / "set" / "0" / "0.partial").write_bytes(b"half an image")
    finish(export(REQUEST, tmp_path / "set", *tools))
    (tmp_path / "set" / "0" / "0.partial").unlink(missing_ok=True)
    assert hashes(tmp_path / "set") == hashes(whole)


def test_a_class_has_the_same_bytes_whatever_the_others(
    whole: Path, tools: Any, tmp_path: Path
) -> None:
    finish(export(replace(REQUEST, classes=(7,)), tmp_path / "set", *tools))
    for k in range(2):
        name = f"7/{k}.png"
        assert (tmp_path / "set" / name).read_bytes() == (whole / name).read_bytes()


def test_another_batch_moves_no_pixel_by_more_than_one_level(tools: Any) -> None:
    """Without repulsion an image does not depend on those that are sampled beside it."""
    data, prior, _, _ = tools
    request = replace(REQUEST, method="dit", options={}, steps=12)
    few, many = (
        finish(distill(request.methods, prior, data, replace(request.settings, ipc=n), [3]))
        for n in (2, 7)
    )
    difference = np.abs(few.images.astype(int) - many.images[:2].astype(int))
    assert difference.max() <= 1


def test_the_download_is_the_folder(whole: Path, tools: Any) -> None:
    data, prior, reference, judge = tools
    distilled = finish(distill(REQUEST.methods, prior, data, REQUEST.settings, REQUEST.classes))
    content = archive(distilled, REQUEST, data, prior, reference, judge)
    with zipfile.ZipFile(BytesIO(content)) as file:
        packed = {name: hashlib.sha256(file.read(name)).hexdigest() for name in file.namelist()}
    assert packed == hashes(whole)


def test_another_request_is_refused_and_leaves_the_folder_alone(whole: Path, tools: Any) -> None:
    before = hashes(whole)
    with pytest.raises(Refused, match="holds another set"):
        finish(export(replace(REQUEST, seed=5), whole, *tools))
    assert hashes(whole) == before


def test_a_set_of_another_precision_is_another_set(whole: Path, tools: Any) -> None:
    before = hashes(whole)
    assert json.loads((whole / "manifest.json").read_text())["dtype"] == "float32"
    coarse = (tools[0], load_prior("digits", "cpu", "bfloat16"), *tools[2:])
    with pytest.raises(Refused, match="in another precision"):
        finish(export(REQUEST, whole, *coarse))
    assert hashes(whole) == before


def test_a_folder_of_something_else_is_refused(tools: Any, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("!")
    with pytest.raises(Refused, match="is not empty and holds no distilled set"):
        finish(export(REQUEST, tmp_path, *tools))


def test_a_place_that_cannot_be_written_is_named(tools: Any) -> None:
    with pytest.raises(Refused, match="/dev/null/set could not be written"):
        finish(export(REQUEST, Path("/dev/null/set"), *tools))


def test_a_full_disk_leaves_nothing_that_looks_whole(
    whole: Path, tools: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write: Callable[..., None] = set_folder._write_image
    room = 3

    def full(path: Path, pixels: Any) -> None:
        nonlocal room
        room -= 1
        if room < 0:
            path.with_suffix(".partial").write_bytes(b"\x89PNG")
            raise OSError(errno.ENOSPC, "No space left on device")
        write(path, pixels)

    with monkeypatch.context() as patched:
        patched.setattr(set_folder, "_write_image", full)
        with pytest.raises(Refused, match="No space left on device"):
            finish(export(REQUEST, tmp_path / "set", *tools))
    assert not (tmp_path / "set" / "manifest.json").exists()
    assert all(Image.open(p).size == (32, 32) for p in (tmp_path / "set").rglob("*.png"))
    finish(export(REQUEST, tmp_path / "set", *tools))
    assert hashes(tmp_path / "set") == hashes(whole)


def test_folders_that_cannot_be_read_are_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no folder"):
        read_set(tmp_path / "nowhere", "01")
    with pytest.raises(Refused, match="holds no images"):
        read_set(tmp_path, "01")
    (tmp_path / "0").mkdir()
    (tmp_path / "0" / "0.png").write_bytes(b"not an image")
    with pytest.raises(Refused, match=r"0\.png is not a PNG"):
        read_set(tmp_path, "01")
    with pytest.raises(Refused, match=r"no manifest\.json"):
        dataset_of(tmp_path)
    (tmp_path / "manifest.json").write_text('{"dataset": {"name": ["digits"]}}')
    with pytest.raises(Refused, match="names no known data set"):
        dataset_of(tmp_path)
    (tmp_path / "manifest.json").write_text("[1]")
    with pytest.raises(Refused, match="not a JSON object"):
        dataset_of(tmp_path)


def test_images_of_another_size_are_refused(tools: Any) -> None:
    _, prior, reference, judge = tools
    found = SetOnDisk(np.zeros((2, 16, 16, 3), np.uint8), np.zeros(2, int), ("a", "b"))
    with pytest.raises(Refused, match=r"\(16, 16\) pixels"):
        score_set(found, 32, prior, reference, judge)


def test_a_score_of_a_random_real_set_is_like_random_real(tools: Any) -> None:
    data, prior, reference, judge = tools
    rng = np.random.default_rng(0)  # the images lie in the order of their writers
    rows = np.concatenate([rng.permutation(data.test.of(label))[:10] for label in range(10)])
    found = SetOnDisk(data.test.images[rows], data.test.labels[rows], tuple(map(str, rows)))
    table = score_set(found, 32, prior, reference, judge).table()
    for name in ("similarity", "mmd2", "coverage"):
        row = table["latents"][name]
        assert abs(row["value"] - row["random_real_mean"]) < 4 * row["random_real_sd"]
    assert table["judged"]["recognised"] > 95


def test_the_manifest_states_what_a_method_guarantees(whole: Path, tools: Any) -> None:
    assert "guarantees" not in json.loads((whole / "manifest.json").read_text())
    asked = {"method": "dp-merf", "classes": "3", "ipc": 2, "steps": 2}
    options = {"dp-merf.epsilon": 4, "dp-merf.secret": 8_675_309_123}
    request = Request.parse({"dataset": "digits", **asked, "options": options})
    made = finish(distill(request.methods, tools[1], tools[0], request.settings, [3]))
    with zipfile.ZipFile(BytesIO(archive(made, request, *tools))) as file:
        manifest = file.read("manifest.json").decode()
    stated = json.loads(manifest)["guarantees"]["dp-merf"]
    assert stated["epsilon"] == 4
    assert stated["delta"] == 1e-5
    assert "replacing one image" in stated["unit"]
    assert "8675309123" not in manifest + str(request.query())
    assert "8675309123" in str(request.options)


def test_sets_of_different_secrets_are_not_mixed(tools: Any) -> None:
    def identity(**options: int) -> dict[str, Any]:
        raw = {"dataset": "digits", "method": "dp-merf", "options": options}
        return _identity(Request.parse(raw), tools[1])

    usual, mine = identity(), identity(secret=8_675_309_123)
    assert usual["request"] == mine["request"]
    assert usual["private"] != mine["private"]
    assert mine == identity(secret=8_675_309_123)
    assert mine["private"] != identity(secret=8_675_309_123, epsilon=1)["private"]


def test_weights_are_read_from_the_metadata(tmp_path: Path) -> None:
    for name in ("0/0.png", "0/1.png", "3/0.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (32, 32)).save(tmp_path / name)
    classes = tuple("0123")
    assert read_set(tmp_path, classes).weights is None
    rows = [{"file_name": "3/0.png", "weight": 4}, {"file_name": "0/1.png", "weight": 0.5}]
    text = [json.dumps(row) for row in rows]
    (tmp_path / "metadata.jsonl").write_text("\n".join(text))
    with pytest.raises(Refused, match=r"without a weight: \['0/0.png'\]"):
        read_set(tmp_path, classes)
    text.append(json.dumps({"file_name": "0/0.png", "weight": 1}))
    (tmp_path / "metadata.jsonl").write_text("\n".join(text))
    weights = read_set(tmp_path, classes).weights
    assert weights is not None
    assert weights.tolist() == [1, 0.5, 4]
    (tmp_path / "metadata.jsonl").write_text('{"file_name": "0/0.png", "weight": -1}')
    with pytest.raises(Refused, match=r"weight of 0/0\.png must be a number from 0"):
        read_set(tmp_path, classes)
