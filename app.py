"""The page: choose, watch, judge. What it shows is made elsewhere; here it is laid out.

    python app.py

Handlers drive the generators of `viz.explore`; a slider moved during a run changes that run.
"""

import base64
import json
import os
import secrets
import tempfile
import threading
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import Field, dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

import gradio as gr
import numpy as np
from numpy.typing import NDArray

from distiller.data.dataset import Absent
from distiller.data.models import has_models
from distiller.data.registry import DATASETS, dataset_table, discover, load_here
from distiller.diffusion.prior import default_cfg_scale
from distiller.errors import Refused
from distiller.evaluation.nets import NETS
from distiller.evaluation.plan import EvaluationPlan
from distiller.evaluation.protocol import PROTOCOLS, protocol_for
from distiller.event import Event, Pace, translated
from distiller.lab import forget_labs, open_lab
from distiller.limits import choice, whole
from distiller.machine.assets import ASSETS
from distiller.machine.device import choose_dtype
from distiller.methods import METHODS, method_table
from distiller.recipes.recipe import Recipe
from distiller.scores.reference import Reference, load_reference
from distiller.sets.distilled import distill_request
from distiller.sets.measured import Measured, measure_set
from distiller.sets.request import Request
from distiller.sets.scoring import score_set
from distiller.sets.upload import LIMITS
from distiller.sets.writer import archive
from distiller.training.own import SIZES
from viz import figures, payloads
from viz.accuracy import evaluate_sets
from viz.board import Board
from viz.candidate import Shelf
from viz.explore import explore, glimpse_of, shown_result
from viz.page import scripts
from viz.preview import class_pictures, data_uri, from_data_uri
from viz.training import begun, train_pictures
from viz.turn import Turn

__all__ = ["build", "main", "serve"]

FIRST = "solids"  # the data set that the page opens with
BUDGET = 64 * 100  # images times steps of one click
KEPT = (3600, 86400)  # seconds: how often files for download are looked over, how long kept
THUMBNAILS = 24  # real images that one call may fetch
PICTURES = 500_000_000  # bytes of a ZIP file to train on
STEPS = 200_000  # of a training, at most
SEEDS = 10  # nets trained on one set by one click
LANE: dict[str, Any] = {"concurrency_id": "device", "concurrency_limit": 1}
QUIET: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
ALONE = ("random", "dit")  # methods with nothing to add to: real images, and no change at all


@dataclass
class Session:
    """What one visitor's runs share: the dials they read, what was fitted last, and the sets and
    accuracies that came of them."""

    dials: dict[str, float] = field(default_factory=dict)
    recipes: dict[Any, Recipe] = field(default_factory=dict)
    running: bool = False
    last: tuple[str, Measured] | None = None  # id of the last run, and its set
    shelf: Shelf = field(default_factory=Shelf)
    board: Board = field(default_factory=Board)
    run: Turn = field(default_factory=Turn)
    evaluation: Turn = field(default_factory=Turn)
    training: Turn = field(default_factory=Turn)


@cache
def reference_of(name: str) -> Reference:
    """The reference of a data set, read once."""
    return load_reference(name)


def text_of(name: str) -> str:
    """A file of assets/."""
    return (ASSETS / name).read_text(encoding="utf-8")


def notice(refused: Refused) -> gr.Error:
    """A refusal, as a notice on the page and an error of the API."""
    return gr.Error(str(refused), title="Not possible", print_exception=False)


# ------------------------------------------------------------------------------------ controls


class Form:
    """The controls of a request. Those of a method follow from its hyperparameters."""

    def __init__(self) -> None:
        self.plain: dict[str, gr.components.Component] = {}
        self.options: dict[str, gr.components.Component] = {}  # by full name, "dap.gamma"
        self.groups: dict[str, list[gr.Column]] = {name: [] for name in METHODS}

    @property
    def inputs(self) -> list[gr.components.Component]:
        """Every control, in the order that `read` expects."""
        return [*self.plain.values(), *self.options.values()]

    @property
    def live(self) -> dict[str, gr.components.Component]:
        """The sliders that act during a run."""
        knobs = {f"{m}.{f.name}": f for m in METHODS for f in fields(METHODS[m])}
        options = {k: c for k, c in self.options.items() if knobs[k].metadata["live"]}
        return {"cfg_scale": self.plain["cfg_scale"], **options}

    def read(self, values: Sequence[Any]) -> dict[str, Any]:
        """Raw values of a request, with the options of the chosen methods alone."""
        n = len(self.plain)
        raw = dict(zip(self.plain, values[:n], strict=True))
        chosen = raw["method"] or ["dit"]
        options = dict(zip(self.options, values[n:], strict=True))
        raw["options"] = {k: v for k, v in options.items() if k.partition(".")[0] in chosen}
        raw["method"] = "+".join(map(str, chosen))
        raw["classes"] = [raw["classes"]]
        return raw

    def add_knobs(self, live: bool) -> None:
        """Lays out one column per method, with its live or its other hyperparameters."""
        for name, method in METHODS.items():
            with gr.Column(visible=False, min_width=0) as column:
                for f in fields(method):
                    if f.metadata["live"] == live:
                        self.options[f"{name}.{f.name}"] = _control(method.title, f)
            self.groups[name].append(column)


def _control(title: str, f: "Field[Any]") -> gr.components.Component:
    """A control for one hyperparameter."""
    low, high, choices = (f.metadata[key] for key in ("low", "high", "choices"))
    words = {"label": f"{title}: {f.name.replace('_', ' ')}", "info": f.metadata["about"]}
    match f.default:
        case bool():
            return gr.Checkbox(f.default, **words)
        case str():
            return gr.Dropdown(list(choices), value=f.default, **words)
        case int():
            return gr.Number(f.default, minimum=low, maximum=high, precision=0, **words)
        case _:
            return gr.Slider(low, high, f.default, step=(high - low) / 100, **words)


def chooser_of(dataset: str, label: int) -> payloads.Classes:
    """What the class chooser shows."""
    return {"names": DATASETS[dataset].classes, "sheet": thumbnails(dataset), "label": label}


@cache
def thumbnails(dataset: str) -> str | None:
    """One picture of each class, side by side; none of very many classes."""
    path = ASSETS / "classes" / f"{dataset}.png"
    if not path.is_file():
        few = DATASETS[dataset].here() and len(DATASETS[dataset].classes) <= THUMBNAILS
        return data_uri(class_pictures(load_here(dataset))) if few else None
    return "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode()


def titles() -> list[tuple[str, str]]:
    """The data sets to choose from, those whose models are on this machine."""
    return [(source.title, name) for name, source in DATASETS.items() if has_models(name)]


def go_text(dataset: str, label: int) -> str:
    """What the button says."""
    return f"Distil {DATASETS[dataset].classes[label]}"


def _ordered(names: Iterable[str]) -> list[str]:
    """The methods as they are offered: the baselines first."""
    return sorted(names, key=lambda name: (name not in ALONE, name))


def map_of(dataset: str, label: int) -> payloads.Places:
    """What the map shows of the real images."""
    return figures.map_of(DATASETS[dataset], dataset, reference_of(dataset), label)


def first_run(dataset: str) -> payloads.Run | None:
    """The shipped run of a data set, shown before any click."""
    path = ASSETS / "first" / f"{dataset}.json"
    run: payloads.Run | None = json.loads(path.read_text()) if path.is_file() else None
    return run


# ------------------------------------------------------------------------------------- running


def run_request(session: Session, raw: Mapping[str, Any]) -> Generator[tuple[Any, Any], None, None]:
    """Runs a request; yields what the sheet shows, and at the end the file to download."""
    try:
        request = Request.parse(raw, BUDGET)
        # Changed in place: what was fitted before reads these very dials.
        session.dials.clear()
        session.dials.update(cfg_scale=raw["cfg_scale"], **request.options)
        session.running = True
        name = secrets.token_hex(8)  # so that the page can tell a run it stopped from the next
        begin = figures.waiting(Event("begin", 0, 1, request.classes[0]), request.ipc)
        yield {**begin, "id": name}, gr.skip()
        lab = open_lab(request.dataset)  # kept to the end: a training may put another in its place
        run = explore(lab, request, session.recipes, session.dials)
        made = yield from translated(run, lambda step: ({**step, "id": name}, gr.skip()))
        shown, prior = shown_result(made), lab.prior.fingerprint()
        session.shelf.put_run(made.request, made.distilled, prior, repeatable=not made.moved)
        session.last = name, made.measured
        yield {**shown, "id": name}, gr.skip()
        packed = archive(made.measured, made.request)
        with tempfile.TemporaryDirectory() as folder:  # the page keeps a copy of its own
            path = Path(folder) / f"{request.dataset}-{shown['class']}-{request.method}.zip"
            path.write_bytes(packed)
            yield gr.skip(), gr.DownloadButton(value=str(path), interactive=True)
    except Refused as error:
        raise notice(error) from error
    except OSError as error:
        refused = Refused(f"The set is on the page, but could not be packed: {error.strerror}.")
        raise notice(refused) from error
    finally:
        session.running = False


def measure_last(session: Session) -> Any:
    """Every discrepancy of the last run's set: apart from the run, since a button whose event goes
    on takes no click. Of a first run that was stopped there is none."""
    if session.last is None:
        return gr.skip()
    name, measured = session.last
    try:
        return {"id": name, "rows": figures.discrepancy_lines(measured)}
    except Refused as error:
        raise notice(error) from error


def set_dial(key: str, session: Session, value: Any) -> None:
    """Turns a dial of the run that goes on."""
    if isinstance(value, (int, float)) and np.isfinite(value):
        session.dials[key] = float(value)


def settle(chosen: list[str]) -> list[str]:
    """The methods that stay chosen after a click: some stand alone, the last click decides."""
    if not chosen:
        return ["dit"]
    last = chosen[-1]
    return [last] if last in ALONE else [name for name in chosen if name not in ALONE]


def real_images(asked: Any) -> list[str | None]:
    """Thumbnails of real training images, for the map: of [data set, points].

    None in place of each where the images are not on this machine.
    """
    try:
        if not isinstance(asked, list) or len(asked) != 2 or not isinstance(asked[1], list):
            raise Refused("A data set and a list of rows are needed.")
        dataset, rows = choice("data set", asked[0], DATASETS), asked[1][:THUMBNAILS]
        points = reference_of(dataset).rows
        chosen = [points[whole("image", row, 0, len(points) - 1)] for row in rows]
        train = open_lab(dataset).data.train
        if isinstance(train, Absent):
            return [None] * len(chosen)
        return [data_uri(train.images[row]) for row in chosen]
    except Refused as error:
        raise notice(error) from error


# ---------------------------------------------------------------------------------- evaluating


def sets_of(session: Session, dataset: str, chosen: Sequence[str]) -> gr.CheckboxGroup:
    """The sets of a data set to choose from; what was chosen stays, else the first is."""
    found = session.shelf.of(choice("data set", dataset, DATASETS))
    kept = [name for name in chosen if name in found] or list(found)[:1]
    return gr.CheckboxGroup([(c.title(), name) for name, c in found.items()], value=kept)


def receive(
    session: Session, dataset: str, chosen: Sequence[str], uploaded: str | None
) -> gr.CheckboxGroup:
    """Takes an uploaded set in, and chooses it beside the others."""
    try:
        choice("data set", dataset, DATASETS)
        if not isinstance(uploaded, str):
            raise Refused("One ZIP file is needed.")
        name = session.shelf.put_upload(Path(uploaded), dataset)
    except Refused as error:
        raise notice(error) from error
    return sets_of(session, dataset, [*chosen, name])


def run_evaluation(
    session: Session, dataset: Any, chosen: Any, protocol: Any, net: Any, seeds: Any
) -> Generator[payloads.Evaluation, None, None]:
    """Evaluates the chosen sets; yields what the page shows of it."""
    try:
        name = choice("data set", dataset, DATASETS)
        found = session.shelf.of(name)
        if not isinstance(chosen, (list, type(None))):
            raise Refused("The sets to evaluate must be a list of their names.")
        sets = [found[choice("set", key, found)] for key in chosen or []]
        recipe = protocol_for(choice("protocol", protocol, PROTOCOLS), name)
        model = choice("net", net or recipe.net, {*NETS, recipe.net})
        count = whole("seeds", seeds, 1, SEEDS)
        number = secrets.token_hex(8)
        plan = EvaluationPlan(recipe, model, count)
        run = evaluate_sets(open_lab(name), sets, session.board, plan)
        try:
            for shown in run:
                yield {**shown, "id": number}
        finally:
            run.close()
    except Refused as error:
        raise notice(error) from error


# ------------------------------------------------------------------------------------ training


def may_train() -> bool:
    """Whether visitors may train: where none but one's own can reach the page, or as
    DISTILLER_TRAIN says."""
    if said := os.environ.get("DISTILLER_TRAIN"):
        return said == "1"
    host = os.environ.get("GRADIO_SERVER_NAME", "127.0.0.1")
    return "SPACE_ID" not in os.environ and host in ("127.0.0.1", "localhost")


def forget() -> None:
    """Has what was loaded loaded anew, as a data set may have been trained further."""
    forget_labs()
    reference_of.cache_clear()
    thumbnails.cache_clear()


def run_training(
    uploaded: Any, name: Any, size: Any, steps: Any
) -> Generator[payloads.Training, None, None]:
    """Trains on a visitor's pictures; yields what the page shows of it."""
    if not may_train():
        raise notice(Refused("Training is switched off here; DISTILLER_TRAIN=1 allows it."))
    source = Path(uploaded) if isinstance(uploaded, str) else None
    number = secrets.token_hex(8)
    try:
        width = whole("size", size, 1, 1024)
        count = whole("steps", steps, 1, STEPS)
        run = train_pictures(source, str(name or "").strip(), width, steps=count)
        try:
            for shown in run:
                if "made" in shown:
                    forget()
                yield {**shown, "id": number}
        finally:
            run.close()
    except Refused as error:
        raise notice(error) from error


# ----------------------------------------------------------------------------------------- API


def api_datasets() -> dict[str, Any]:
    """The data sets: title, classes, image size."""
    return dataset_table()


def api_methods() -> dict[str, Any]:
    """The methods and their options: default, range or choices, meaning."""
    return method_table()


def api_distill(
    dataset: str,
    method: str = "dit",
    label: str = "0",
    ipc: float = 10,
    steps: float = 20,
    cfg_scale: float | None = None,
    seed: float = 0,
    options: dict[str, Any] | None = None,
) -> Generator[dict[str, Any], None, None]:
    """Distils one class: images as PNG data URIs, metadata of each, manifest with scores."""
    raw = {
        "dataset": dataset, "method": method, "classes": [label], "ipc": ipc, "steps": steps,
        "cfg_scale": cfg_scale, "seed": seed, "options": options,
    }  # fmt: skip
    try:
        request = Request.parse(raw, BUDGET)
        lab = open_lab(request.dataset)
        run = distill_request(request, lab)
        step = lambda event: {"step": event.i + 1, "steps": event.n}  # noqa: E731
        distilled = yield from translated(run, step, Pace(0.04))
        scored = score_set(measure_set(distilled.images, distilled.labels, lab))
        yield {
            "images": [data_uri(image, lossless=True) for image in distilled.images],
            "metadata": list(scored.images),
            "scores": scored.table(),
            "link": request.query(),
        }
    except Refused as error:
        raise notice(error) from error


def api_score(dataset: str, images: dict[str, list[str]]) -> dict[str, Any]:
    """Scores images, PNG data URIs by class name, beside random real images of equal number."""
    try:
        lab = open_lab(choice("data set", dataset, DATASETS))
        pixels, labels = _decode(images, lab.data.classes, lab.data.size)
        return score_set(measure_set(pixels, labels, lab)).table()
    except Refused as error:
        raise notice(error) from error


def _decode(
    images: Any, classes: Sequence[str], size: int
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Images from the API, checked: known classes, few and small enough, PNG."""
    if not isinstance(images, dict) or not all(isinstance(v, list) for v in images.values()):
        raise Refused("images must map class names to lists of PNG data URIs.")
    count = sum(len(v) for v in images.values())
    if not 1 <= count <= 1000:
        raise Refused(f"Between 1 and 1000 images can be scored; got {count}.")
    pixels, labels = [], []
    for name, uris in images.items():
        label = classes.index(choice("class", name, classes))
        for k, uri in enumerate(uris):
            pixels.append(from_data_uri(uri, f"{name}/{k}", size))
            labels.append(label)
    return np.stack(pixels), np.array(labels)


# -------------------------------------------------------------------------------------- layout

HEADER = """<div id="header"><h1>di<em>still</em>er</h1>
<span class="tag">see what a handful of images keeps of thousands</span>
<span class="d-pill" id="device"></span>
<button class="d-pill" id="link" type="button">Copy link</button>
<button class="d-pill" id="theme" type="button" aria-label="light or dark">◐</button>
</div>"""


def build() -> gr.Blocks:
    """The page."""
    form = Form()
    with gr.Blocks(
        title="distiller", analytics_enabled=False, fill_width=True, delete_cache=KEPT
    ) as demo:
        session = gr.State(Session())
        again = gr.State(0)  # counts the releases of a slider that ask for the same noise again
        gr.HTML(
            {"device": device_name()},
            html_template=HEADER,
            padding=False,
            js_on_load=scripts.part("header"),
        )
        with gr.Tabs(elem_id="tabs"):
            with gr.Tab("Explore", id="explore-tab"):
                with gr.Row(elem_id="explore"):
                    with gr.Column(scale=21, min_width=264, elem_id="left", elem_classes="d-panel"):
                        chooser, go, stop = _choices(form)
                    with gr.Column(scale=34, min_width=320, elem_classes="d-panel"):
                        stage = gr.HTML(
                            first_run(FIRST),
                            html_template="<div class='d-stage'></div>",
                            padding=False,
                            js_on_load=scripts.part("sheet"),
                            elem_id="stage",
                        )
                        export = gr.DownloadButton(
                            "Download this set", interactive=False, size="sm", elem_id="export"
                        )
                    with gr.Column(scale=45, min_width=320, elem_classes="d-panel"):
                        plane = gr.HTML(
                            html_template="<div class='d-map'></div>",
                            padding=False,
                            js_on_load=scripts.part("map"),
                            server_functions=[real_images],
                            elem_id="map",
                        )
                scores = gr.HTML(
                    html_template="<div class='d-scoreboard'></div>",
                    padding=False,
                    js_on_load=scripts.part("scores"),
                    elem_id="scores",
                )
            with gr.Tab("Evaluate", id="evaluate-tab") as tab:
                judged = _evaluate_tab(session, tab)
            if may_train():
                with gr.Tab("Your pictures", id="train-tab") as tab:
                    _train_tab(session, tab, [form.plain["dataset"], judged])
        _wire(demo, form, session, again, chooser, go, stop, stage, export, plane, scores)
        gr.api(api_distill, api_name="distill", **LANE)
        gr.api(api_score, api_name="score", **LANE)
        gr.api(api_datasets, api_name="datasets")
        gr.api(api_methods, api_name="methods")
    return demo


def _choices(form: Form) -> tuple[gr.HTML, gr.Button, gr.Button]:
    """The left column."""
    plain = form.plain
    plain["dataset"] = gr.Dropdown(titles(), value=FIRST, label="Data set")
    chooser = gr.HTML(
        chooser_of(FIRST, 0),
        html_template="<div class='d-classes' role='radiogroup' aria-label='class'></div>",
        padding=False,
        js_on_load=scripts.part("chooser", "pick"),
        elem_id="classes",
    )
    plain["classes"] = gr.State(0)
    plain["method"] = gr.CheckboxGroup(
        [(METHODS[name].title, name) for name in _ordered(METHODS)],
        value=["dit"],
        label="Method (they stack)",
        elem_id="methods",
    )
    plain["cfg_scale"] = gr.Slider(0, 10, 2.0, step=0.1, label="Class guidance (CFG)")
    form.add_knobs(live=True)
    with gr.Row():
        small: dict[str, Any] = {"precision": 0, "min_width": 70}
        plain["ipc"] = gr.Number(10, minimum=1, maximum=64, label="Images", **small)
        plain["steps"] = gr.Number(20, minimum=1, maximum=1000, label="Steps", **small)
        plain["seed"] = gr.Number(0, minimum=0, label="Seed", **small)
    with gr.Accordion("More", open=False):
        plain["sampler"] = gr.Dropdown(["ddim", "ddpm", "dpm++"], value="ddim", label="Sampler")
        form.add_knobs(live=False)
    with gr.Row():
        go = gr.Button("Distil", elem_id="go", variant="primary", scale=3, min_width=120)
        stop = gr.Button("Stop", elem_id="stop", scale=1, min_width=70)
    return chooser, go, stop


def _evaluate_tab(session: gr.State, tab: gr.Tab) -> gr.Dropdown:
    """Choices on the left, curves on the right, tables beneath; and what happens when.

    Returns the choice of the data set.
    """
    with gr.Row(elem_id="evaluate"):
        with gr.Column(scale=30, min_width=280, elem_id="contest", elem_classes="d-panel"):
            dataset = gr.Dropdown(titles(), value=FIRST, label="Data set")
            sets = gr.CheckboxGroup([], label="Sets", elem_id="sets")
            upload = gr.UploadButton(
                "Upload a ZIP of class folders", file_types=[".zip"], size="sm", elem_id="upload"
            )
            protocol = gr.Dropdown(
                list(PROTOCOLS), value="quick", label="Protocol", info=PROTOCOLS["quick"].about
            )
            with gr.Row():
                net = gr.Dropdown(
                    [("the protocol's", ""), *NETS], value="", label="Net", min_width=130
                )
                seeds = gr.Number(
                    3, minimum=1, maximum=SEEDS, precision=0, label="Seeds", min_width=70
                )
            with gr.Row():
                go = gr.Button(
                    "Evaluate", elem_id="judge", variant="primary", scale=3, min_width=120
                )
                stop = gr.Button("Stop", elem_id="halt", scale=1, min_width=70)
        with gr.Column(scale=70, min_width=320, elem_classes="d-panel"):
            board = gr.HTML(
                html_template="<div class='d-board'></div>",
                padding=False,
                js_on_load=scripts.part("curves"),
                elem_id="board",
            )
    gr.HTML(
        html_template="<div class='d-accuracies' hidden></div>",
        padding=False,
        js_on_load=scripts.part("accuracies"),
        elem_id="accuracies",
    )
    hidden = {"show_progress": "hidden", "api_visibility": "private"}
    choices = [session, dataset, sets]

    def evaluate(session: Session, *values: Any) -> Generator[Any, None, None]:
        yield from session.evaluation.take(run_evaluation(session, *values))

    inputs = [*choices, protocol, net, seeds]
    go.click(lambda session: session.evaluation.ask(), session, None, **QUIET)
    click = go.click(evaluate, inputs, board, trigger_mode="always_last", **hidden, **LANE)
    stop.click(
        lambda session: session.evaluation.stop(), session, None, js=_halt("stopped"), **QUIET
    )
    click.failure(None, None, None, js=_halt("failed"), **QUIET)
    click.success(sets_of, choices, sets, **QUIET)
    tab.select(sets_of, choices, sets, **QUIET)
    tab.select(lambda: gr.Dropdown(titles()), None, dataset, **QUIET)
    dataset.input(sets_of, choices, sets, **QUIET)
    protocol.input(lambda name: gr.Dropdown(info=_about(name)), protocol, protocol, **QUIET)
    # Queued, as what is refused without the queue is not said on the page.
    upload.upload(receive, [*choices, upload], sets, **hidden)
    return dataset


def _train_tab(session: gr.State, tab: gr.Tab, datasets: list[gr.Component]) -> None:
    """Choices on the left, samples on the right; `datasets` are the choices that grow."""
    with gr.Row(elem_id="train"):
        with gr.Column(scale=30, min_width=280, elem_id="lesson", elem_classes="d-panel"):
            upload = gr.File(
                label="ZIP of class folders", file_types=[".zip"], height=110, elem_id="pictures"
            )
            name = gr.Dropdown(
                begun(), value="", label="Name", allow_custom_value=True, elem_id="called",
                info="of the data set; a training that was stopped goes on by its name alone",
            )  # fmt: skip
            with gr.Row():
                size = gr.Dropdown(list(SIZES), value=64, label="Pixels", min_width=90)
                steps = gr.Number(
                    SIZES[64].steps, minimum=1, precision=0, label="Steps", min_width=90
                )
            with gr.Row():
                go = gr.Button("Train", elem_id="teach", variant="primary", scale=3, min_width=120)
                stop = gr.Button("Stop", elem_id="rest", scale=1, min_width=70)
        with gr.Column(scale=70, min_width=320, elem_classes="d-panel"):
            lesson = gr.HTML(
                html_template="<div class='d-lesson'></div>",
                padding=False,
                js_on_load=scripts.part("training"),
                elem_id="samples",
            )
    hidden = {"show_progress": "hidden", "api_visibility": "private"}

    def train(session: Session, *values: Any) -> Generator[Any, None, None]:
        yield from session.training.take(run_training(*values))

    go.click(lambda session: session.training.ask(), session, None, **QUIET)
    click = go.click(
        train, [session, upload, name, size, steps], lesson,
        concurrency_id="train", concurrency_limit=1, **hidden,
    )  # fmt: skip
    stop.click(
        lambda session: session.training.stop(), session, None, js=_rest("stops after this step"),
        **QUIET,
    )  # fmt: skip
    click.failure(None, None, None, js=_rest("failed"), **QUIET)
    click.success(None, None, None, js=_rest("stopped; Train goes on from here"), **QUIET)
    click.success(lambda: [gr.Dropdown(titles()) for _ in datasets], None, datasets, **QUIET)
    upload.upload(_called, upload, name, **QUIET)
    tab.select(lambda: gr.Dropdown(begun()), None, name, **QUIET)


def _called(uploaded: Any) -> Any:
    """The name of a training, after its file."""
    stem = Path(str(uploaded)).stem.lower()
    words = "".join(c if c.isascii() and c.isalnum() else "-" for c in stem).strip("-")
    return words[:40] or gr.skip()


def _rest(words: str) -> str:
    return f"(...all) => {{ window.distiller.say('rest', {json.dumps(words)}); return all; }}"


def _about(protocol: Any) -> str:
    return PROTOCOLS[choice("protocol", protocol, PROTOCOLS)].about


def _halt(words: str) -> str:
    return f"(...all) => {{ window.distiller.say('halt', {json.dumps(words)}); return all; }}"


def _wire(
    demo: gr.Blocks,
    form: Form,
    session: gr.State,
    again: gr.State,
    chooser: gr.HTML,
    go: gr.Button,
    stop: gr.Button,
    stage: gr.HTML,
    export: gr.DownloadButton,
    plane: gr.HTML,
    scores: gr.HTML,
) -> None:
    """What happens when."""
    plain = form.plain
    groups = [(name, column) for name, columns in form.groups.items() for column in columns]
    columns = [column for _, column in groups]

    def run(session: Session, *values: Any) -> Generator[tuple[Any, Any], None, None]:
        yield from session.run.take(run_request(session, form.read(values)))

    def show_knobs(chosen: list[str]) -> list[gr.Column]:
        return [gr.Column(visible=name in chosen) for name, _ in groups]

    def pick(dataset: str, event: gr.EventData) -> tuple[int, payloads.Places, str]:
        label = whole("class", event.label, 0, len(DATASETS[dataset].classes) - 1)
        return label, map_of(dataset, label), go_text(dataset, label)

    def change_dataset(dataset: str) -> tuple[Any, ...]:
        first = first_run(dataset)
        label = first["label"] if first else 0
        view = chooser_of(dataset, label), map_of(dataset, label), go_text(dataset, label)
        return label, default_cfg_scale(dataset), *view, first or gr.skip()

    def ask_again(session: Session, count: int) -> Any:
        return gr.skip() if session.running else count + 1

    def read_link(request: gr.Request, count: int) -> list[Any]:
        values, linked = _from_link(form, dict(request.query_params))
        return [*values, count + 1 if linked else gr.skip()]

    inputs, outputs = [session, *form.inputs], [stage, export]
    hidden = {"show_progress": "hidden", "api_visibility": "private"}
    go.click(lambda session: session.run.ask(), session, None, **QUIET)
    # A click while the last run still ends counts; the default drops it.
    click = go.click(run, inputs, outputs, trigger_mode="always_last", **hidden, **LANE)
    repeat = again.change(run, inputs, outputs, **hidden, **LANE)
    stop.click(lambda session: session.run.stop(), session, None, js=_back("stopped"), **QUIET)
    for event in (click, repeat):
        event.failure(None, None, None, js=_back("failed"), **QUIET)
        event.success(measure_last, session, scores, **hidden)
    for key, slider in form.live.items():
        turn = _turner(key)
        slider.input(turn, [session, slider], None, **QUIET)
        slider.release(ask_again, [session, again], again, **hidden)
    plain["method"].input(settle, plain["method"], plain["method"], **QUIET)
    plain["method"].change(show_knobs, plain["method"], columns, **QUIET)
    chooser.pick(pick, plain["dataset"], [plain["classes"], plane, go], **QUIET)
    view = [chooser, plane, go, stage]
    plain["dataset"].input(
        change_dataset,
        plain["dataset"],
        [plain["classes"], plain["cfg_scale"], *view],
        **QUIET,
    )
    demo.load(read_link, again, [*form.inputs, *view, again], **hidden)


def _back(words: str) -> str:
    return f"(...all) => {{ window.distiller.back({json.dumps(words)}); return all; }}"


def _turner(key: str) -> Any:
    def turn(session: Session, value: float) -> None:
        set_dial(key, session, value)

    return turn


def _from_link(form: Form, query: dict[str, str]) -> tuple[list[Any], bool]:
    """The values of all controls, chooser, map, button and sheet; and whether a link asked.

    A link that is understood brings its settings, and the shipped run of its data set until its own
    comes; else the shipped run is shown, with the settings that made it.
    """
    query = {k: v for k, v in query.items() if not k.startswith("__")}
    first = first_run(FIRST)
    request = Request.from_query(first["query"]) if first else Request()
    linked = False
    if query:
        try:
            asked = Request.from_query({"dataset": FIRST, **query}, BUDGET)
            reference_of(asked.dataset)  # or there is nothing to show of it
            request, linked = asked, True
        except Refused as error:
            gr.Warning(f"The link was not understood: {error}")
    dataset, label = request.dataset, request.classes[0]
    values = {
        "dataset": gr.Dropdown(titles(), value=dataset),
        "classes": label, "method": request.method.split("+"),
        "ipc": request.ipc, "steps": request.steps, "seed": request.seed,
        "sampler": request.sampler, **request.options,
    }  # fmt: skip
    given = request.cfg_scale
    values["cfg_scale"] = default_cfg_scale(dataset) if given is None else given
    controls = [values.get(key, gr.skip()) for key in (*form.plain, *form.options)]
    shown = first_run(dataset) or gr.skip()
    view = [chooser_of(dataset, label), map_of(dataset, label), go_text(dataset, label), shown]
    return [*controls, *view], linked


def device_name() -> str:
    """The device that runs will use, and its precision where that is not the usual, in words."""
    import torch

    if torch.cuda.is_available():
        return f"GPU · {torch.cuda.get_device_name()}"
    cores = torch.get_num_threads()
    dtype = str(choose_dtype(torch.device("cpu"))).removeprefix("torch.")
    words = f"CPU · {cores} core{'s' * (cores > 1)}"
    return words if dtype == "float32" else f"{words} · {dtype}"


def serve(host: str, port: int, *, block: bool = True) -> gr.Blocks:
    """Starts the page with one's own data sets, and loads the first data set behind it."""
    for wrong in discover():
        print(f"distiller: left out: {wrong}")
    demo = build()
    demo.queue(max_size=16, default_concurrency_limit=4)
    threading.Thread(target=lambda: glimpse_of(open_lab(FIRST)), daemon=True).start()
    demo.launch(
        server_name=host,
        server_port=port,
        prevent_thread_lock=not block,
        quiet=not block,
        theme=gr.themes.Base(
            primary_hue="indigo",
            radius_size="lg",
            font=["Inter", "DejaVu Sans", "system-ui", "sans-serif"],
        ),
        css=text_of("page.css"),
        head=scripts.head(),
        app_kwargs={"routes": scripts.routes()},
        ssr_mode=False,
        run_history=False,
        enable_monitoring=False,
        max_file_size=PICTURES if may_train() else LIMITS.packed,
        state_session_capacity=200,
        footer_links=["api", "gradio", "settings"],
    )
    return demo


def main() -> None:
    """Starts the page on http://127.0.0.1:7860, or where GRADIO_SERVER_NAME and _PORT say."""
    host = os.environ.get("GRADIO_SERVER_NAME", "127.0.0.1")
    try:
        serve(host, int(os.environ.get("GRADIO_SERVER_PORT", "7860")))
    except Refused as error:
        raise SystemExit(f"distiller: {error}") from None


if __name__ == "__main__":
    main()
