"""The page's server: its API used as a stranger would, and what it refuses."""

import asyncio
import base64
import html
import io
import re
import socket
import zipfile
from collections.abc import AsyncGenerator, Iterator
from inspect import isasyncgenfunction, iscoroutinefunction
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest
from gradio.routes import App
from gradio_client import Client
from gradio_client.exceptions import AppError
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

import app
from distiller.data.registry import load
from distiller.errors import Refused
from distiller.methods import METHODS
from viz.draw.preview import data_uri
from viz.page import alive
from viz.page.form import settle, settled
from viz.page.refusal import said, told
from viz.page.tabs import TABS
from viz.visitor.session import Session

API = ["compare", "datasets", "distill", "evaluate", "methods", "score"]


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
    assert set(endpoints) == {f"/{name}" for name in API}


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


def test_lanes_are_compared_from_the_same_noise(client: Client) -> None:
    lanes = [{"method": "random"}, {"method": "dap", "cfg_scale": 3, "options": {"dap.gamma": 1}}]
    given = {"dataset": "digits", "label": "3", "lanes": lanes, "ipc": 2, "steps": 3, "seed": 4}
    found = client.predict(**given, api_name="/compare")
    real, made = found["lanes"]
    assert found["link"]["lane2.dap.gamma"] == "1.0"
    assert set(found["words"]) == {"latents", "features"}
    alone = distil(
        client, method="dap", ipc=2, steps=3, cfg_scale=3, seed=4, options={"dap.gamma": 1}
    )
    assert made["images"] == alone["images"] != real["images"]


def test_lanes_share_a_sampler_and_the_times_of_class_guidance(client: Client) -> None:
    way = {"sampler": "dpm++", "cfg_between": "100-800"}
    given = {"dataset": "digits", "label": "3", "ipc": 2, "steps": 3, "seed": 4, **way}
    lanes = [{"method": "dit"}, {"method": "diversity"}]
    found = client.predict(lanes=lanes, **given, api_name="/compare")
    assert {key: found["link"][key] for key in way} == way
    assert found["lanes"][0]["images"] == distil(client, **given)["images"]
    usual = client.predict(lanes=lanes, **{**given, "sampler": "ddim"}, api_name="/compare")
    assert usual["lanes"][0]["images"] != found["lanes"][0]["images"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"sampler": "euler"}, "no sampler 'euler'"),
        ({"cfg_between": "800-100"}, "needs its lower time first"),
        ({"cfg_between": "0-99999"}, "a time of cfg_between must be"),
        ({"sampler": 5}, "no sampler"),
    ],
)
def test_a_way_of_sampling_that_there_is_not_is_refused(
    client: Client, given: dict[str, Any], words: str
) -> None:
    lanes = [{"method": "dit"}, {"method": "dap"}]
    with pytest.raises(AppError, match=words):
        client.predict(dataset="digits", label="3", lanes=lanes, **given, api_name="/compare")


@pytest.mark.parametrize(
    ("lanes", "words"),
    [
        ([{"method": "dit"}], "the number of lanes must be"),
        ([{"method": "dit"}, {"method": "dam"}], "Lane 1: There is no method 'dam'"),
        ([{"method": "dit"}, {"method": "dit", "prior": "/etc"}], "no setting of a lane 'prior'"),
        ([1, 2], "lanes must be a list"),
        ([{"method": "dit"}, {"method": "dp-merf", "options": {"secret": 5}}], "is private"),
    ],
)
def test_lanes_that_cannot_be_compared_are_refused(client: Client, lanes: Any, words: str) -> None:
    with pytest.raises(AppError, match=words):
        client.predict(dataset="digits", label="3", lanes=lanes, api_name="/compare")


@pytest.mark.slow
def test_nets_are_trained_on_what_a_program_sends(client: Client) -> None:
    data = load("digits")
    images = {
        str(label): [
            data_uri(data.train.images[row], lossless=True) for row in data.train.of(label)[:5]
        ]
        for label in (0, 1)
    }
    given = {"dataset": "digits", "images": images, "seeds": 1}
    found = client.predict(**given, api_name="/evaluate")
    own = next(row for row in found["rows"] if row["name"] == "your images")
    assert own["seeds"] == 1
    assert 60 < own["mean"] <= 100  # a nought and a one: chance is 50
    assert found["about"].startswith("Digits, 2 of 10 classes")


def test_nets_need_two_classes(client: Client) -> None:
    with pytest.raises(AppError, match="at least two classes"):
        client.predict(dataset="digits", images={"3": [uri()]}, api_name="/evaluate")


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
    assert settle(["dap", "dit"]) == ["dit"]
    assert settle(["dit", "dap"]) == ["dap"]
    assert settle(["dap", "diversity"]) == ["dap", "diversity"]
    assert settle(["dap", "random"]) == ["random"]
    assert settle([]) == ["dit"]
    assert settle(["dap", "herding", "k-center"]) == ["dap", "k-center"]  # room for one selection
    assert settle(["herding", "dap"]) == ["herding", "dap"]


def test_a_method_that_needs_more_steps_has_them_and_nobody_loses_any() -> None:
    needs = METHODS["igd"].fewest_steps
    assert needs > 8
    assert settled(["dap"], 8) == (["dap"], 8)
    assert settled(["dap", "igd"], 8) == (["dap", "igd"], needs)
    assert settled(["igd"], 50) == (["igd"], 50)
    assert settled(["igd", "random"], 8) == (["random"], 8)
    assert settled(["igd"], None) == (["igd"], None)


def test_all_that_needs_the_device_waits_in_its_line_and_in_no_other() -> None:
    """Gradio's own queue turns nobody away: what is slow holds no thread while it waits."""
    slow = {"explore", "evaluate", "measure", "distill", "score", "compare"}
    found = [f for f in app.build().fns.values() if f.name in slow]
    assert {f.name for f in found} == slow
    assert {f.concurrency_limit for f in found} == {None}
    assert all(isasyncgenfunction(f.fn) or iscoroutinefunction(f.fn) for f in found)


def test_hidden_progress_is_noted_on_one_small_part() -> None:
    """On other parts Gradio's script would copy what they hold at each message of an event."""
    config = app.build().get_config_file()
    (notice,) = [c["id"] for c in config["components"] if c["props"].get("elem_id") == "notice"]
    hidden = [d for d in config["dependencies"] if d["show_progress"] == "hidden"]
    assert len(hidden) > 20
    assert all(d["show_progress_on"] == [notice] for d in hidden)


def test_a_run_is_sent_again_with_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gradio's script would change one that is followed by nothing before it is shown."""
    step, run = {"live": True}, {"live": False}

    async def shown(*_: Any) -> AsyncGenerator[Any, None]:
        yield step, None
        yield run, None
        yield None, Path("set.zip")

    monkeypatch.setattr("viz.visitor.visit.run_again", shown)
    session = Session()
    session.picked["explore"] = object()
    (explore, *_) = [f.fn for f in app.build().fns.values() if f.api_name == "run-explore"]

    async def sent() -> list[Any]:
        return [value async for value in explore(session)]

    sheets, buttons = zip(*asyncio.run(sent()), strict=True)
    assert sheets == (step, run, run)
    assert [getattr(button, "interactive", None) for button in buttons] == [None, None, True]


def test_nothing_but_the_api_is_offered_to_programs() -> None:
    offered = [f.api_name for f in app.build().fns.values() if f.api_visibility != "private"]
    assert sorted(offered) == API


def test_every_tab_has_a_run_of_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISTILLER_TRAIN", "1")
    demo = app.build()
    names = {f.name for f in demo.fns.values()}
    ids = {getattr(block, "elem_id", None) for block in demo.blocks.values()}
    assert [tab.name for tab in TABS] == [
        "explore",
        "compare",
        "guess",
        "sweep",
        "evaluate",
        "train",
    ]
    for tab in TABS:
        assert tab.name in names
        assert {f"{tab.name}-start", f"{tab.name}-stop"} <= ids


def test_where_visitors_may_not_train_there_is_no_tab_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DISTILLER_TRAIN", "0")
    labels = [b.label for b in app.build().blocks.values() if isinstance(b, gr.Tab)]
    assert labels == ["Explore", "Compare", "Guess", "Sweep", "Evaluate"]


def test_a_refusal_is_a_notice_and_other_errors_are_not() -> None:
    def refuse(value: int) -> int:
        raise Refused(f"Not {value}.")

    def begin(value: int) -> Iterator[int]:
        yield value
        raise Refused(f"No more than {value}.")

    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(gr.Error, match=r"Not 3\."):
        said(refuse)(3)
    going = said(begin)(4)
    assert next(going) == 4
    with pytest.raises(gr.Error, match=r"No more than 4\."):
        next(going)
    with pytest.raises(ZeroDivisionError):
        said(fail)()


def test_a_notice_is_escaped_and_what_a_program_gets_is_not() -> None:
    def refuse() -> None:
        raise Refused("There is no 'A & <b>'.")

    with pytest.raises(gr.Error) as notice:
        said(refuse)()
    assert notice.value.message == "There is no 'A &amp; &lt;b&gt;'."
    with pytest.raises(gr.Error) as error:
        told(refuse)()
    assert error.value.message == "There is no 'A & <b>'."


def test_notices_are_made_in_one_place() -> None:
    makers = re.compile(r"(?<!, )gr\.(Error|Warning|Info|Success|Progress|Markdown)\b")
    found = {p.name for p in Path("viz/page").rglob("*.py") if makers.search(p.read_text())}
    assert found == {"refusal.py"}


@pytest.fixture(scope="module")
def stranger() -> Iterator[TestClient]:
    """Who posts to the page what no page would."""
    demo = app.build()
    demo.queue()
    with TestClient(App.create_app(demo), raise_server_exceptions=False) as made:
        made.demo = demo  # type: ignore[attr-defined]
        yield made


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("pick", [None], "There is no data set 'None'"),
        ("pick", ["digits"], "class must be a whole number from 0 to 9"),
        ("explain", [None], "There is no protocol 'None'"),
        ("set_box", [None, None, []], "There is no data set 'None'"),
        ("studies_of", [None], "There is no data set 'None'"),
        ("turn", [None, 7], "must be a number from 0 to"),
    ],
)
def test_what_a_private_event_refuses_is_words_and_no_traceback(
    stranger: TestClient,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    data: list[Any],
    words: str,
) -> None:
    def refuse(*_: Any) -> None:
        raise Refused("gamma must be a number from 0 to 5; got 7.")

    monkeypatch.setattr(
        "viz.visitor.session.Session.set_dial", refuse
    )  # sliders keep to their range
    found = stranger.demo.fns.items()  # type: ignore[attr-defined]
    number = next(i for i, f in found if f.name == name)
    body = {"fn_index": number, "data": data, "session_hash": "x", "event_data": {"label": "moon"}}
    answer = stranger.post("/gradio_api/run/predict", json=body)
    assert words in answer.json()["error"]
    assert "Known: ." not in answer.text
    assert "Traceback" not in capfd.readouterr().err


def test_a_data_set_that_was_there_already_changes_nothing(stranger: TestClient) -> None:
    found = stranger.demo.fns.items()  # type: ignore[attr-defined]
    number, change = next((i, f) for i, f in found if f.name == "change")
    for dataset, changes in ((None, False), ("digits", True)):
        body = {"fn_index": number, "data": [dataset], "session_hash": "x"}
        data = stranger.post("/gradio_api/run/predict", json=body).json()["data"]
        assert len(data) == len(change.outputs)
        stays = None, {"__type__": "update"}  # a state stays on the server
        assert any(value not in stays for value in data) is changes


@pytest.mark.parametrize(
    ("name", "at", "value", "words"),
    [
        ("explain", "Protocol", "nothing", "Protocol does not take 'nothing': Value: nothing"),
        ("explain", "Protocol", ["a", {}], "Protocol does not take ['a', {}]"),
        ("train", "Steps", "many", "Steps does not take 'many'. Choose another"),
        ("train", "Steps", -1, "Steps does not take -1: Value -1 is less than minimum"),
        ("train", "Pixels", 7.5, "Pixels does not take 7.5: "),
        ("train", "ZIP of class folders", {"path": "/etc/passwd"}, "sent something that it does"),
        ("train", "Steps", "x" * 10_000, "Steps does not take 'xxx"),
    ],
)
def test_what_a_control_does_not_take_is_a_sentence_and_one_line_of_the_log(
    stranger: TestClient,
    capfd: pytest.CaptureFixture[str],
    name: str,
    at: str,
    value: Any,
    words: str,
) -> None:
    found = stranger.demo.fns.items()  # type: ignore[attr-defined]
    number, event = next((i, f) for i, f in found if f.name == name)
    labels = [getattr(block, "label", None) for block in event.inputs]
    data = [value if k == labels.index(at) else None for k in range(len(labels))]
    body = {"fn_index": number, "data": data, "session_hash": "x"}
    answer = stranger.post("/gradio_api/run/predict", json=body).json()
    assert words in html.unescape(answer["error"])
    assert answer["title"] == "Not possible"
    assert len(answer["error"]) < 600
    told = capfd.readouterr().err.strip().splitlines()
    assert len(told) == 1
    assert told[0].startswith(f"distiller: {name} was refused a value: ")
    assert len(told[0]) < 300


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("explain", [], "values needed: 1; values that came: 0"),
        ("studies_of", [[]], "There is no data set"),
        ("recall", [None], "An event needs its query"),
        ("pick", ["digits"], "An event needs its label"),
    ],
)
def test_an_event_that_no_page_sends_leaves_no_traceback(
    stranger: TestClient, capfd: pytest.CaptureFixture[str], name: str, data: list[Any], words: str
) -> None:
    found = stranger.demo.fns.items()  # type: ignore[attr-defined]
    number = next(i for i, f in found if f.name == name)
    body = {"fn_index": number, "data": data, "session_hash": "x", "event_data": 5}
    answer = stranger.post("/gradio_api/run/predict", json=body).json()
    assert words in answer["error"]
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (["cats", [0]], "There is no data set 'cats'"),
        (5, "A data set and a list of rows are needed"),
        (["digits", ["x"]], "image must be a whole number"),
    ],
)
def test_what_the_map_is_refused_is_words_and_no_traceback(
    stranger: TestClient, capfd: pytest.CaptureFixture[str], asked: Any, words: str
) -> None:
    blocks = stranger.demo.blocks.values()  # type: ignore[attr-defined]
    plane = next(block for block in blocks if getattr(block, "elem_id", None) == "map")
    body = {"session_hash": "x", "component_id": plane._id, "fn_name": "real_images", "data": asked}
    answer = stranger.post("/gradio_api/component_server", json=body)
    assert answer.status_code == 422
    assert words in answer.json()["detail"]
    assert "Traceback" not in capfd.readouterr().err


def test_what_is_doubtful_of_an_uploaded_set_is_said_on_the_page(tmp_path: Path) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (32, 32)).save(picture, "PNG")
    with zipfile.ZipFile(tmp_path / "mine.zip", "w") as file:
        for name in ("train/3/0.png", "test/3/0.png"):
            file.writestr(name, picture.getvalue())
    receive = next(f.fn for f in app.build().fns.values() if f.name == "receive")
    box, notice = receive(Session(), "digits", [], str(tmp_path / "mine.zip"))
    assert box.value == ["upload mine"]
    assert notice == {"words": "mine.zip: The set is train/; test/ is not read."}


def test_a_page_asks_how_its_run_stands() -> None:
    with TestClient(Starlette(routes=alive.routes())) as made:
        assert made.post("/alive", content="").text == "none"
        assert made.post("/alive", content="f" * 32).text == "unknown"
        assert made.post("/alive", content="f" * 1000).status_code == 413


def test_opening_the_page_makes_no_control_anew_but_what_a_link_names() -> None:
    demo = app.build()
    loads = [f for f in demo.fns.values() if any(event == "load" for _, event in f.targets)]
    assert loads
    controls = [[o for o in load.outputs if not isinstance(o, gr.State)] for load in loads]
    most = max(map(len, controls))
    assert most < 20  # each of the others would be made anew for each visitor
