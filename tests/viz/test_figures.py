"""What the page shows, as plain values."""

import base64
import gc
import io
import json
import weakref
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from distiller.data.dataset import Absent
from distiller.data.models import has_models
from distiller.data.registry import DATASETS, load
from distiller.errors import Refused
from distiller.event import Event, finish, translated
from distiller.image import to_tensor
from distiller.lab import Lab, forget_labs, open_lab
from distiller.scores.reference import load_reference
from distiller.sets.request import Request
from tests.viz.sent import check
from viz import payloads
from viz.draw import figures
from viz.draw.preview import contact_sheet, data_uri, fit_linear_decoder
from viz.draw.steps import explore, glimpse_of, shown_result

THERE = [name for name, source in DATASETS.items() if has_models(name) and source.here()]


@pytest.fixture(scope="module")
def lab() -> Lab:
    return open_lab("digits", "cpu")


def run(generator: Any) -> tuple[list[Any], Any]:
    steps: list[Any] = []
    return steps, finish(translated(generator, steps.append))


def ask(**raw: Any) -> Request:
    return Request.parse({"dataset": "digits", "classes": 3, "ipc": 5, "steps": 6, **raw})


def pixels_of(uri: str) -> Any:
    content = base64.b64decode(uri.partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


def test_what_is_fitted_says_how_long_it_goes_on() -> None:
    step = figures.waiting(Event("surrogate", 36, 600), 10, 9.4)
    check(payloads.Step, step)
    assert step["words"] == "surrogate 37 of 600, about 9 s left"
    assert "words" not in figures.waiting(Event("surrogate", 598, 600), 10, 0.1)


def test_a_run_streams_frames_and_ends_with_everything_that_is_shown(lab: Lab) -> None:
    frames, made = run(explore(lab, ask(cfg_scale=2.0), {}, {}))
    shown = shown_result(made)
    check(payloads.Run, json.loads(json.dumps(shown)))
    assert frames[0]["live"]
    assert frames[0]["step"] == 1
    assert [len(xy) for xy in frames[0]["points"]["class"]] == [2] * 5
    last = frames[-1]
    check(payloads.Step, last)
    assert last["made"]
    assert last["step"] == last["steps"] == 6
    assert not any(frame.get("made") for frame in frames[:-1])
    assert last["sheet"] == shown["sheet"]  # the finished images, to the last bit
    json.dumps(frames)
    json.dumps(shown, allow_nan=False)
    assert not shown["live"]
    assert made.request == ask(cfg_scale=2.0)
    np.testing.assert_array_equal(pixels_of(shown["sheet"])[:32, :32], made.distilled.images[0])
    assert shown["class"] == "3"
    assert len(shown["points"]["umap"]) == shown["n"] == 5
    assert shown["film"]["frames"] == len(made.trail) + 1 == 7
    for view, places in shown["film"]["places"].items():
        whole = np.frombuffer(base64.b64decode(places["xy"]), "<i2").reshape(7, 5, 2)
        way = whole / places["scale"]
        np.testing.assert_allclose(
            way[-1], shown["points"][view], atol=5.1e-5 + 1 / places["scale"]
        )
        np.testing.assert_allclose(
            way[0], frames[0]["points"][view], atol=5.1e-5 + 1 / places["scale"]
        )
    assert {line["name"] for line in shown["scores"]} >= {"mmd2", "coverage", "recognised"}
    near = shown["nearest"]
    assert all(lab.data.train.labels[row] == 3 for row in near["rows"])


def test_what_is_shown_of_an_image_is_true(lab: Lab) -> None:
    """Distances, reach and the kernel matrix against their definitions, on real images."""
    made = finish(explore(lab, ask(method="random", ipc=4), {}, {}))
    shown, distilled = shown_result(made), made.distilled
    z = lab.reference.z[lab.data.train.of(3)]
    mine = lab.reference.project(lab.prior.encode(to_tensor(distilled.images)))
    d = torch.cdist(mine, z)
    second = d.sort(1).values[:, 1]  # the nearest is the image itself
    np.testing.assert_allclose(shown["nearest"]["distances"], second.numpy(), atol=0.02)
    assert not set(shown["nearest"]["rows"]) & set(distilled.sources.tolist())
    standing = {
        key: np.frombuffer(base64.b64decode(shown["standing"][key]), kind)
        for key, kind in (("nearest", "<u2"), ("distance", "<f4"), ("reach", "<f4"))
    }
    np.testing.assert_allclose(standing["distance"], d.min(0).values.numpy(), atol=0.02)
    np.testing.assert_array_equal(standing["nearest"], d.min(0).indices.numpy())
    k = round(len(z) / 4)  # a fair share of the class, itself included
    own = torch.cdist(z, z).sort(1).values[:, k - 1]
    np.testing.assert_allclose(standing["reach"], own.numpy(), atol=0.02)
    covered = 100 * (standing["distance"] <= standing["reach"]).mean()
    score = next(line for line in shown["scores"] if line["name"] == "coverage")
    assert covered == pytest.approx(score["value"])
    kernel = shown["kernel"]
    values = np.frombuffer(base64.b64decode(kernel["values"]), np.uint8)
    order = np.frombuffer(base64.b64decode(kernel["order"]), np.uint16)
    matrix = values.reshape(kernel["rows"], kernel["columns"]) / 255
    h = torch.pdist(z).median()
    expected = torch.exp(-d.square() / (2 * h * h))[:, order.astype(int)]
    np.testing.assert_allclose(matrix, expected.numpy(), atol=0.01)


def test_dials_act_on_the_same_noise(lab: Lab) -> None:
    recipes: dict[Any, Any] = {}
    request = ask(method="dap", options={"dap.references": 8})
    dials = {"dap.gamma": 0.0}
    still = finish(explore(lab, request, recipes, dials))
    fitted = dict(recipes)
    dials["dap.gamma"] = 2.0
    moved = finish(explore(lab, request, recipes, dials))
    assert recipes == fitted  # nothing was fitted again
    assert moved.request.options["dap.gamma"] == 2.0
    plain = finish(explore(lab, ask(), {}, {}))
    np.testing.assert_array_equal(still.distilled.images, plain.distilled.images)
    assert (moved.distilled.images != plain.distilled.images).any()


def test_a_stopped_run_leaves_nothing_behind(lab: Lab) -> None:
    generator = explore(lab, ask(), {}, {})
    next(generator)
    generator.close()
    assert torch.is_grad_enabled()


def test_a_glimpse_is_fitted_once_and_goes_with_its_lab() -> None:
    forget_labs()
    lab = open_lab("digits", "cpu")
    glimpse = weakref.ref(glimpse_of(lab))
    assert glimpse_of(lab) is glimpse()
    forget_labs()
    del lab
    gc.collect()
    assert glimpse() is None


@pytest.mark.parametrize("name", THERE)
def test_a_map_holds_every_real_image(name: str) -> None:
    reference = load_reference(name)
    shown = figures.map_of(DATASETS[name], name, reference, 2)
    check(payloads.Places, json.loads(json.dumps(shown)))
    labels = np.frombuffer(base64.b64decode(shown["labels"]), np.uint16)
    np.testing.assert_array_equal(labels, load(name).train.labels[reference.rows])
    images = np.frombuffer(base64.b64decode(shown["images"]), np.uint32)
    np.testing.assert_array_equal(images, reference.rows)
    for view, places in reference.maps.items():
        xy = np.frombuffer(base64.b64decode(shown["views"][view]["xy"]), np.int16)
        again = xy.reshape(-1, 2) / shown["views"][view]["scale"]
        np.testing.assert_allclose(again, places, atol=1e-3 * np.abs(places).max())
        assert 0.5 < float(shown["trust"][view]) <= 1
    json.dumps(shown)


@pytest.mark.parametrize("name", THERE)
def test_real_images_lie_where_they_are(name: str) -> None:
    """Placed by their neighbours, images that a map knows come close to their own place."""
    reference = load_reference(name)
    rows = np.flatnonzero(reference.labels == 4)[:40]
    z = reference.z[rows]
    for view, near in (("pca", 1e-2), ("class", 0.35), ("umap", 0.35)):
        off = np.linalg.norm(reference.place(z, view, 4) - reference.maps[view][rows], axis=1)
        spread = reference.maps[view].std()
        assert np.median(off) / spread < near, view


def test_an_unknown_reference_says_how_to_make_one() -> None:
    with pytest.raises(Refused, match="distiller reference --dataset cats"):
        load_reference("cats")


def test_sheets_and_pictures_lose_nothing() -> None:
    images = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 3), dtype=np.uint8)
    sheet = contact_sheet(images, 3)
    assert sheet.shape == (16, 24, 3)
    np.testing.assert_array_equal(sheet[8:, 8:16], images[4])
    assert (sheet[8:, 16:] == 128).all()
    np.testing.assert_array_equal(pixels_of(data_uri(sheet, lossless=True)), sheet)


def test_the_linear_decoder_is_close_to_the_real_one(lab: Lab) -> None:
    images = to_tensor(lab.data.train.images[100:120])
    z = lab.prior.encode(images)
    decode = fit_linear_decoder(z, images)
    error = np.abs(decode(z).astype(float) - lab.data.train.images[100:120]).mean()
    glimpsed = np.abs(glimpse_of(lab)(z).astype(float) - lab.data.train.images[100:120]).mean()
    blank = np.abs(lab.data.train.images[100:120] - lab.data.train.images[100:120].mean()).mean()
    assert error < 0.5 * blank
    assert glimpsed < 0.6 * blank


def test_a_set_whose_images_are_not_here_is_explored_without_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    away = replace(DATASETS["digits"], here=lambda: False)
    monkeypatch.setattr(DATASETS, "_sources", {**DATASETS, "digits": away})
    forget_labs()
    lab = open_lab("digits", "cpu")
    forget_labs()
    assert isinstance(lab.data.train, Absent)
    shown = shown_result(finish(explore(lab, ask(), {}, {})))
    assert shown["nearest"]["sheet"] is None
    assert any("not on this machine" in line for line in shown["status"])
    assert len(shown["scores"]) > 10
    images = load("digits").train.images[100:120]
    z = lab.prior.encode(to_tensor(images))
    glimpsed = np.abs(glimpse_of(lab)(z).astype(float) - images).mean()
    assert glimpsed < 0.7 * np.abs(images - images.mean()).mean()
    with pytest.raises(Refused, match="not on this machine"):
        finish(explore(lab, ask(method="random"), {}, {}))
