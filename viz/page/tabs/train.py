"""Your pictures: a visitor trains a prior on pictures, and has a data set of them.

Choices on the left, samples on the right.
"""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import gradio as gr

from distiller.data.archive import ENDINGS
from distiller.training.own import SIZES

from ... import payloads
from ...settings import OPEN, STEPS, may_train
from ...training import begun, example
from ...visitor import visit
from ...visitor.session import Session
from ..frame import add_part
from ..run import QUIET, Run
from ..tab import Page, Tab, picked_up

__all__ = ["TAB"]


def lay_out(page: Page, tab: gr.Tab) -> None:
    """Lays out the tab, and says what happens when."""
    with gr.Row(elem_id="train", elem_classes="d-columns"):
        with gr.Column(scale=30, min_width=280, elem_classes=["d-panel", "d-choices"]):
            upload, *others = _choices()
            run = Run.lay_out("train", "Train")
        with gr.Column(scale=70, min_width=320, elem_classes="d-panel"):
            frame = "<div class='d-lesson'></div>"
            samples = add_part("samples", "train/training", frame, server_functions=[finished])

    name = others[0]
    also = [page.returned["train"].change]
    run.wire(page.session, _train, [upload, *others], samples, OPEN, also=also)
    upload.upload(name_of, upload, name, **QUIET)
    tab.select(lambda: gr.Dropdown(begun()), None, name, **QUIET)


async def _train(session: Session, *values: Any) -> AsyncGenerator[Any, None]:
    async for shown in picked_up(session, "train", visit.training, visit.training_again, values):
        yield shown


def _choices() -> list[gr.components.Component]:
    """The file, the name, the size and the steps of a training."""
    upload = gr.File(
        label="ZIP of class folders", file_types=[*ENDINGS], height=110, elem_id="pictures"
    )
    name = gr.Dropdown(
        begun(), value="", label="Name", allow_custom_value=True, elem_id="called",
        info="of the data set; a training that was stopped goes on by its name alone",
    )  # fmt: skip
    with gr.Row():
        size = gr.Dropdown(list(SIZES), value=64, label="Pixels", min_width=90)
        steps = gr.Number(
            SIZES[64].steps, minimum=1, maximum=STEPS, precision=0, label="Steps", min_width=90
        )
    return [upload, name, size, steps]


def finished(_: Any) -> payloads.TrainingExample:
    """What a training comes to."""
    return example()


def name_of(uploaded: Any) -> Any:
    """The name of a training, after its file."""
    stem = Path(str(uploaded)).stem.lower().removesuffix(".tar")
    words = "".join(c if c.isascii() and c.isalnum() else "-" for c in stem).strip("-")
    return words[:40] or gr.skip()


TAB = Tab("train", "Your pictures", 30, lay_out, offered=may_train)
