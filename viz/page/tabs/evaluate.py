"""Evaluate: nets are trained on sets, beside nets trained on random real images.

Choices on the left, curves on the right, tables beneath; before any click the shipped study of the
data set, which every method is in.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from distiller.data.archive import ENDINGS
from distiller.errors import Refused
from distiller.evaluation.nets import NETS
from distiller.evaluation.plan import EvaluationPlan
from distiller.evaluation.protocol import PROTOCOLS
from distiller.limits import choice

from ...catalogue import titles
from ...compare.lineup import comparing
from ...results.study import studies_of
from ...settings import FIRST, OPEN, SEEDS
from ...visitor import visit
from ...visitor.look import parted
from ...visitor.session import Session
from ..frame import add_part
from ..refusal import said, warn
from ..run import PRIVATE, QUIET, Run
from ..tab import Page, Tab, add_dataset, picked_up

__all__ = ["TAB", "set_box"]


@dataclass(frozen=True, eq=False)
class _Choices:
    """The controls of an evaluation."""

    dataset: gr.Dropdown
    sets: gr.CheckboxGroup
    upload: gr.UploadButton
    protocol: gr.Dropdown
    net: gr.Dropdown
    seeds: gr.Number


def lay_out(page: Page, tab: gr.Tab) -> None:
    """Lays out the tab, and says what happens when."""
    with gr.Row(elem_id="evaluate", elem_classes="d-columns"):
        with gr.Column(scale=30, min_width=280, elem_classes=["d-panel", "d-choices"]):
            choices = _choices(tab)
            run = Run.lay_out("evaluate", "Evaluate")
        with gr.Column(scale=70, min_width=320, elem_classes="d-panel"):
            board = add_part("board", "evaluate/curves", "<div class='d-board'></div>")
            frame = "<details class='d-study' open></details>"
            study = add_part(
                "study", "evaluate/study", frame, studies_of(FIRST), server_functions=[comparing]
            )
    add_part("accuracies", "evaluate/accuracies", "<div class='d-accuracies' hidden></div>")
    inputs = [choices.dataset, choices.sets, choices.protocol, choices.net, choices.seeds]
    taken = _wire_handed(page, choices, study)
    also = [page.returned["evaluate"].change, taken.success]
    runs = run.wire(page.session, _evaluate, inputs, board, OPEN, also=also)
    moments = [tab.select, choices.dataset.input, *(evaluated.success for evaluated in runs)]
    _wire_choices(page, choices, moments)
    choices.dataset.input(said(studies_of), choices.dataset, study, **QUIET)
    _wire_link(page, choices, study)


async def _evaluate(session: Session, *values: Any) -> AsyncGenerator[Any, None]:
    work = visit.evaluation, visit.evaluation_again
    async for shown in picked_up(session, "evaluate", *work, values):
        yield shown


def _choices(tab: gr.Tab) -> _Choices:
    dataset = add_dataset(tab)
    sets = gr.CheckboxGroup([], label="Sets", elem_id="sets")
    upload = gr.UploadButton(
        "Upload a ZIP of class folders", file_types=[*ENDINGS], size="sm", elem_id="upload"
    )
    protocol = gr.Dropdown(list(PROTOCOLS), value="quick", label="Protocol", info=_about("quick"))
    with gr.Row():
        net = gr.Dropdown([("the protocol's", ""), *NETS], value="", label="Net", min_width=130)
        seeds = gr.Number(
            EvaluationPlan.seeds, minimum=1, maximum=SEEDS, precision=0, label="Seeds", min_width=70
        )
    return _Choices(dataset, sets, upload, protocol, net, seeds)


def _wire_choices(page: Page, choices: _Choices, moments: Sequence[Any]) -> None:
    """Has the choices follow one another; at these moments there may be other sets."""
    protocol, inputs = choices.protocol, [page.session, choices.dataset, choices.sets]
    for moment in moments:
        moment(said(set_box), inputs, choices.sets, **QUIET)

    def explain(name: Any) -> gr.Dropdown:
        return gr.Dropdown(info=_about(name))

    protocol.input(said(explain), protocol, protocol, **QUIET)

    def receive(session: Session, dataset: str, chosen: Sequence[str], uploaded: Any) -> Any:
        name = visit.received(session, dataset, uploaded)
        notes = session.shelf.of(dataset)[name].notes
        words = " ".join([f"{Path(uploaded).name}:", *notes])
        return set_box(session, dataset, [*chosen, name]), {"words": words} if notes else gr.skip()

    # Queued, as what is refused without the queue is not said on the page.
    outputs = [choices.sets, page.notice]
    choices.upload.upload(said(receive), [*inputs, choices.upload], outputs, **PRIVATE)


def _wire_handed(page: Page, choices: _Choices, study: gr.HTML) -> Any:
    """Has sets that another tab hands over chosen, and shows this tab; nets are trained then."""

    def take(session: Session, handed: Mapping[str, Any]) -> list[Any]:
        return _shown(session, handed["dataset"], handed["sets"])

    outputs = [choices.dataset, choices.sets, study]
    taken = page.handed.change(said(take), [page.session, page.handed], outputs, **PRIVATE)
    taken.success(lambda: gr.Tabs(selected="evaluate-tab"), None, page.tabs, **QUIET)
    return taken


def _wire_link(page: Page, choices: _Choices, study: gr.HTML) -> None:
    """Has the data set that a link names chosen."""

    def read(session: Session, request: gr.Request) -> list[Any]:
        query, _ = parted(request.query_params)  # what is wrong with the look is said already
        if query.get("tab") != "evaluate" or "dataset" not in query:
            return [gr.skip()] * 3
        try:
            dataset = choice("data set", query["dataset"], [name for _, name in titles()])
        except Refused as refusal:
            warn(f"The link cannot be followed: {refusal}")
            return [gr.skip()] * 3
        return _shown(session, dataset, [])

    outputs = [choices.dataset, choices.sets, study]
    page.demo.load(read, page.session, outputs, **PRIVATE)


def _shown(session: Session, dataset: str, sets: Sequence[str]) -> list[Any]:
    """A data set, its sets of which some are chosen, and its studies."""
    shown = gr.Dropdown(titles(), value=dataset)
    return [shown, set_box(session, dataset, sets), studies_of(dataset)]


def set_box(session: Session, dataset: str, chosen: Sequence[str]) -> gr.CheckboxGroup:
    """The sets of a data set to choose from."""
    found, kept = visit.sets_of(session, dataset, chosen)
    return gr.CheckboxGroup([(c.title(), name) for name, c in found.items()], value=kept)


def _about(protocol: Any) -> str:
    return PROTOCOLS[choice("protocol", protocol, PROTOCOLS)].about


TAB = Tab("evaluate", "Evaluate", 20, lay_out)
