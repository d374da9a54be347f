"""Compare: methods side by side, on one class and from one seed.

What is compared on top, the images of all lanes and one map beneath, then the scores.
"""

from collections.abc import AsyncGenerator
from typing import Any

import gradio as gr

from distiller.data.registry import DATASETS
from distiller.limits import choice

from ... import payloads
from ...catalogue import places, real_images
from ...compare.lanes import compared, handed, shipped_lanes
from ...compare.lineup import linked, menu, possible, usual
from ...results.pieces import gallery
from ...settings import FIRST, OPEN
from ...take.taken import atlas_of_lanes, lane_texts, packed_lanes
from ...visitor.session import Session
from ..frame import add_part
from ..refusal import answered, worded
from ..run import Run
from ..tab import Page, Tab, follow_links
from ..whole import add_whole

__all__ = ["TAB"]


def lay_out(page: Page, tab: gr.Tab) -> None:
    """Lays out the tab, and says what happens when."""
    frame = "<details class='d-gallery'></details>"
    add_part("gallery", "compare/gallery", frame, gallery(), server_functions=[offered])
    with gr.Row(elem_id="compare", elem_classes=["d-panel", "d-compare"]):
        with gr.Column(scale=80, min_width=320):
            setup = add_part(
                "setup", "compare/setup", "<div class='d-setup'></div>", usual(FIRST).value(),
                events=["go"], server_functions=[offered, answered(lanes_before_a_run)],
            )  # fmt: skip
        with gr.Column(scale=20, min_width=200):
            run = Run.lay_out("compare", "Distil all lanes")
    with gr.Row(elem_id="lanes", elem_classes="d-columns"):
        with gr.Column(scale=63, min_width=320, elem_classes="d-panel"):
            frame = "<div class='d-matrix-frame'></div>"
            matrix = add_part(
                "matrix", "compare/matrix", frame, server_functions=[answered(handed)]
            )
        with gr.Column(scale=37, min_width=320, elem_classes="d-panel"):
            frame = "<div class='d-lane-map'></div>"
            functions = [answered(places), answered(real_images)]
            add_part("lane-map", "compare/map", frame, server_functions=functions)
    with gr.Column(elem_classes="d-panel"):
        add_part("lane-table", "compare/table", "<div class='d-lane-table'></div>")
        frame = "<div class='d-take-frame'></div>"
        taken = [worded(lane_texts), worded(packed_lanes), worded(atlas_of_lanes)]
        add_part("take-lanes", "take/lanes", frame, server_functions=taken)
    add_whole(page, setup)
    _wire(page, setup, run, matrix)


def _wire(page: Page, setup: gr.HTML, run: Run, matrix: gr.HTML) -> None:
    """A click makes the lanes; so does a link, which opens the tab."""

    async def compare(session: Session, lineup: Any) -> AsyncGenerator[payloads.Race, None]:
        async for shown in compared(session, lineup):
            yield shown

    run.wire(page.session, compare, [setup], matrix, OPEN, also=[setup.go])
    follow_links(page, "compare", setup, linked, possible)


def offered(_: Any) -> payloads.Menu:
    """What a comparison can be made of."""
    return menu()


def lanes_before_a_run(dataset: Any) -> payloads.Lanes | None:
    """The comparison that ships with a data set, if one does.

    Raises:
        Refused: if there is no such data set.
    """
    return shipped_lanes(choice("data set", dataset, DATASETS))


TAB = Tab("compare", "Compare", 15, lay_out)
