"""The page's server: its API used as a stranger would, and what it refuses."""

import base64
import io
import json
import math
import socket
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from PIL import Image

import app
from distiller.data.registry import DATASETS, load
from distiller.evaluation.protocol import protocol_for
from viz.preview import data_uri


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    port = free_port()
    demo = app.serve("127.0.0.1", port, block=False)
    yield Client(f"http://127.0.0.1:{port}", verbose=False)
    demo.close()


def distil(client: Client, **given: Any) -> Any:
    usual = {"dataset": "digits", "method": "dit", "label": "3", "ipc": 3, "steps": 4}
    return client.predict(**{**usual, **given}, api_name="/distill")


def test_the_api_offers_what_is_documented_and_nothing_else(client: Client) -> None:
    endpoints = client.view_api(return_format="dict")["named_endpoints"]
    assert set(endpoints) == {"/distill", "/score", "/datasets", "/methods"}


def test_lists(client: Client) -> None:
    found = client.predict(api_name="/datasets")
    assert {"digits", "solids", "cifar10", "imagenette"} <= set(found)
    methods = client.predict(api_name="/methods")
    assert methods["dap"]["options"]["gamma"]["default"] == 0.3


def test_distils_and_scores_what_it_distilled(client: Client) -> None:
    result = distil(client, method="dap", options={"dap.gamma": 2}, seed=4)
    images = result["images"]
    assert len(images) == len(result["metadata"]) == 3
    picture = Image.open(io.BytesIO(base64.b64decode(images[0].partition(",")[2])))
    assert picture.size == (32, 32)
    assert result["link"]["dap.gamma"] == "2.0"
    again = client.predict(dataset="digits", images={"3": images}, api_name="/score")
    assert again == result["scores"]
    assert distil(client, method="dap", options={"dap.gamma": 2}, seed=4)["images"] == images


def test_a_job_streams_its_steps_and_can_be_stopped(client: Client) -> None:
    job = client.submit(
        dataset="digits", method="dit", label="1", ipc=2, steps=100, api_name="/distill"
    )
    for step in job:
        assert step["steps"] == 100
        break
    assert job.cancel()
    assert distil(client)["images"]  # the device is free again


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"dataset": "cats"}, "no data set 'cats'"),
        ({"method": "dam"}, "no method 'dam'"),
        ({"label": "moon"}, "no class 'moon'"),
        ({"ipc": 1e9}, "ipc must be"),
        ({"steps": 0}, "steps must be"),
        ({"steps": 1000, "ipc": 50}, "image steps; at most"),
        ({"cfg_scale": "NaN"}, "cfg_scale must be"),
        ({"cfg_scale": "Infinity"}, "cfg_scale must be"),
        ({"seed": 0.5}, "seed must be"),
        ({"method": "dap", "options": {"gamma": "1e999"}}, "dap.gamma must be"),
        ({"options": {"__class__": 1}}, "no option '__class__'"),
        ({"options": [1, 2]}, "options"),
        ({"ipc": {"a": 1}}, "ipc must be"),
    ],
)
def test_nonsense_is_refused_in_words(client: Client, given: dict[str, Any], words: str) -> None:
    with pytest.raises(AppError, match=words):
        distil(client, **given)


def uri(size: int = 32, form: str = "PNG") -> str:
    buffer = io.BytesIO()
    Image.new("RGB", (size, size)).save(buffer, form)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


@pytest.mark.parametrize(
    ("images", "words"),
    [
        ({}, "Between 1 and 1000 images"),
        ({"moon": [uri()]}, "no class 'moon'"),
        ({"3": "abc"}, "must map class names"),
        ([], "must map class names"),
        ({"3": ["/etc/passwd"]}, "must be a PNG data URI"),
        ({"3": ["data:image/png;base64,AAAA"]}, "not a PNG"),
        ({"3": [uri(form="JPEG")]}, "not a PNG"),
        ({"3": [uri(64)]}, "64 x 64 pixels; 32 x 32 are needed"),
        ({"3": [{"path": "/etc/passwd"}]}, "must be a PNG data URI|/etc/passwd"),
    ],
)
def test_images_that_cannot_be_scored_are_refused(client: Client, images: Any, words: str) -> None:
    with pytest.raises(AppError, match=words):
        client.predict(dataset="digits", images=images, api_name="/score")


def test_real_test_images_score_like_real_ones(client: Client) -> None:
    data = load("digits")
    rows = np.random.default_rng(0).permutation(data.test.of(5))[:8]
    images = {"5": [data_uri(data.test.images[row], lossless=True) for row in rows]}
    table = client.predict(dataset="digits", images=images, api_name="/score")
    row = table["latents"]["similarity"]
    assert abs(row["value"] - row["random_real_mean"]) < 4 * row["random_real_sd"]


def test_methods_that_stand_alone_clear_the_others() -> None:
    assert app.settle(["dap", "dit"]) == ["dit"]
    assert app.settle(["dit", "dap"]) == ["dap"]
    assert app.settle(["dap", "diversity"]) == ["dap", "diversity"]
    assert app.settle(["dap", "random"]) == ["random"]
    assert app.settle([]) == ["dit"]


@pytest.mark.parametrize("asked", [None, [], "digits", ["cats", [1]], ["digits", [10**9]], [{}, 1]])
def test_images_that_are_not_there_are_refused(asked: Any) -> None:
    with pytest.raises(gr.Error):
        app.real_images(asked)


def test_at_most_a_row_of_real_images_is_sent() -> None:
    assert len(app.real_images(["digits", list(range(100))])) == app.THUMBNAILS


def drive(session: app.Session, turn: float | None = None) -> dict[str, Any]:
    """Runs DAP on a digit, turning its dial on the way; what is shown at the end."""
    raw = {
        "dataset": "digits", "method": "dap", "classes": [3], "ipc": 3, "steps": 12,
        "cfg_scale": 1.5, "seed": 0, "options": {"dap.gamma": 0.3},
    }  # fmt: skip
    shown: dict[str, Any] = {}
    for stage, *_ in app.run_request(session, raw):
        if "live" in stage:
            shown = stage
        if turn is not None and shown["live"] and shown["sheet"]:
            app.set_dial("dap.gamma", session, turn)
    return shown


def test_a_dial_acts_in_every_run_of_a_session() -> None:
    """What was fitted in the first run must read the dials of the second."""
    session = app.Session()
    still = drive(session)["sheet"]
    assert drive(session)["sheet"] == still
    assert drive(session, turn=3.0)["sheet"] != still
    assert drive(session)["sheet"] == still


def test_a_run_opens_its_lab_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A training may put another prior in the place of the one that a run began with."""
    opened = [app.open_lab("digits")]

    def open_another(name: str) -> Any:
        opened.append(replace(opened[0], prior=replace(opened[0].prior, weights="another")))
        return opened[-2]

    monkeypatch.setattr(app, "open_lab", open_another)
    session = app.Session()
    raw = {"dataset": "digits", "method": "dit", "classes": [3], "ipc": 2, "steps": 2}
    run = app.run_request(session, {**raw, "cfg_scale": 1.5, "seed": 0})
    *_, (_, button) = run
    with zipfile.ZipFile(button.value["path"]) as file:
        manifest = json.loads(file.read("manifest.json"))
    assert manifest["prior"]["sha256"] == opened[0].prior.fingerprint()
    (candidate,) = session.shelf.kept.values()
    assert candidate.prior == opened[0].prior.fingerprint()
    assert len(app.measure_last(session)["rows"]) > 10
    assert len(opened) == 2


def test_a_click_encodes_and_judges_its_set_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its scores, its map, its discrepancies and its manifest are made of one measurement."""
    lab, seen = app.open_lab("digits"), list[str]()

    def counted(name: str, work: Any) -> Any:
        return lambda x: (seen.append(f"{name} {len(x)}"), work(x))[1]

    prior = replace(lab.prior, encode=counted("encode", lab.prior.encode))
    monkeypatch.setattr(lab.judge, "judge", counted("judge", lab.judge.judge))
    watched = replace(lab, prior=prior)
    glimpse = app.glimpse_of(lab)
    monkeypatch.setattr("viz.explore.glimpse_of", lambda lab: glimpse)
    monkeypatch.setattr(app, "open_lab", lambda name: watched)
    session = app.Session()
    raw = {"dataset": "digits", "method": "dit", "classes": [3], "ipc": 2, "steps": 2}
    *_, (_, button) = app.run_request(session, {**raw, "cfg_scale": 1.5, "seed": 0})
    assert zipfile.is_zipfile(button.value["path"])
    assert app.measure_last(session)["rows"]
    assert seen == ["encode 2", "judge 2"]
    seen.clear()
    *_, answer = app.api_distill("digits", label="3", ipc=2, steps=2)
    assert len(answer["images"]) == 2
    assert seen == ["encode 2", "judge 2"]


def test_a_result_outlives_a_disk_that_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(app.tempfile, "TemporaryDirectory", full)
    session, seen = app.Session(), []
    raw = {"dataset": "digits", "method": "dit", "classes": [3], "ipc": 2, "steps": 2}
    run = app.run_request(session, {**raw, "cfg_scale": 1.5, "seed": 0})
    with pytest.raises(gr.Error, match="could not be packed: No space left"):
        seen.extend(stage for stage, *_ in run)
    assert seen[-1]["live"] is False
    assert not session.running


def test_dials_take_numbers_only() -> None:
    session = app.Session()
    for value in (float("nan"), float("inf"), None, "2", [1]):
        app.set_dial("cfg_scale", session, value)
    assert session.dials == {}
    app.set_dial("cfg_scale", session, 3)
    assert session.dials == {"cfg_scale": 3.0}


def quickly(name: str, dataset: str) -> Any:
    """A protocol of two epochs."""
    return replace(protocol_for(name, dataset), epochs={math.inf: 2}, net="convnet-3-w32")


def judged(session: app.Session, **given: Any) -> list[dict[str, Any]]:
    usual = {
        "dataset": "digits", "chosen": [next(iter(session.shelf.of("digits")))],
        "protocol": "quick", "net": "", "seeds": 1,
    }  # fmt: skip
    return list(app.run_evaluation(session, **{**usual, **given}))


def test_an_evaluation_fills_the_board_of_its_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "protocol_for", quickly)
    session, other = app.Session(), app.Session()
    shown = judged(session)
    assert len({s["id"] for s in shown}) == 1
    assert shown[-1]["live"] is False
    assert len(shown[-1]["tables"][0]["rows"]) == 2
    assert shown[-1]["csv"] == session.board.csv()
    assert other.board.rows() == []


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"dataset": "cats"}, "no data set 'cats'"),
        ({"dataset": ["digits"]}, "no data set"),
        ({"chosen": []}, "Choose at least one set"),
        ({"chosen": None}, "Choose at least one set"),
        ({"chosen": ["theirs"]}, "no set 'theirs'"),
        ({"chosen": [{"a": 1}]}, "no set"),
        ({"chosen": 5}, "must be a list"),
        ({"protocol": "slow"}, "no protocol 'slow'"),
        ({"protocol": None}, "no protocol"),
        ({"net": "vit_huge_patch14_224"}, "no net"),
        ({"net": ["resnet-18"]}, "no net"),
        ({"seeds": 0}, "seeds must be"),
        ({"seeds": 1e9}, "seeds must be"),
        ({"seeds": float("nan")}, "seeds must be"),
        ({"seeds": None}, "seeds must be"),
    ],
)
def test_an_evaluation_of_nonsense_is_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(gr.Error, match=words):
        judged(app.Session(), **given)


def test_data_sets_without_models_are_not_offered_and_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        DATASETS, "_sources", {**DATASETS, "bare": replace(DATASETS["digits"], title="Bare")}
    )
    assert {"digits", "solids"} <= {name for _, name in app.titles()}
    assert "bare" not in {name for _, name in app.titles()}
    session = app.Session()
    assert app.sets_of(session, "bare", []).choices == []
    with pytest.raises(gr.Error, match="no prior of 'bare' here"):
        judged(session, dataset="bare", chosen=[])


def test_a_run_can_be_evaluated_and_one_with_a_moved_dial_is_made_anew() -> None:
    session = app.Session()
    drive(session)
    (candidate,) = session.shelf.kept.values()
    assert sorted(candidate.images) == [3]
    session = app.Session()
    drive(session, turn=3.0)
    (candidate,) = session.shelf.kept.values()
    assert candidate.images == {}
    assert candidate.request.options["dap.gamma"] == 3


def test_an_upload_is_chosen_or_refused(tmp_path: Path) -> None:
    session, path = app.Session(), tmp_path / "mine.zip"
    path.write_bytes(b"PK")
    for what in (str(path), None, [str(path)], str(tmp_path / "nowhere.zip")):
        with pytest.raises(gr.Error):
            app.receive(session, "digits", [], what)
    image = base64.b64decode(uri().partition(",")[2])
    with zipfile.ZipFile(path, "w") as file:
        for label in range(3):
            file.writestr(f"{label}/0.png", image)
    box = app.receive(session, "digits", ["gone"], str(path))
    assert box.value == ["upload mine"]
    assert "upload mine" in [name for _, name in box.choices]
    assert app.sets_of(session, "solids", box.value).value != box.value


def test_all_that_is_slow_shares_one_lane() -> None:
    slow = {"run", "evaluate", "api_distill", "api_score"}
    found = [f for f in app.build().fns.values() if f.name in slow]
    assert {f.name for f in found} == slow
    assert {(f.concurrency_id, f.concurrency_limit) for f in found} == {("device", 1)}


def test_who_may_train(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_SERVER_NAME", "0.0.0.0")
    assert not app.may_train()
    monkeypatch.delenv("GRADIO_SERVER_NAME")
    for space, said, may in (
        ("", "", True),
        ("me/it", "", False),
        ("me/it", "1", True),
        ("", "0", False),
    ):
        for name, value in (("SPACE_ID", space), ("DISTILLER_TRAIN", said)):
            monkeypatch.setenv(name, value) if value else monkeypatch.delenv(name, raising=False)
        assert app.may_train() == may
    with pytest.raises(gr.Error, match="switched off"):
        next(app.run_training(None, "cats", 64, 4))
