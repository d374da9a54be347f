"""Sweep: one or two dials of a method on a grid, each cell a run of its own.

What is swept on top, the grid beneath.
"""

from collections.abc import AsyncGenerator
from typing import Any

import gradio as gr

from ... import payloads
from ...compare.lineup import menu
from ...settings import FIRST, OPEN
from ...sweep.cells import handed_cell, shipped_sweep, swept
from ...sweep.grid import usual
from ...sweep.link import linked, possible
from ...visitor.session import Session
from ..frame import add_part
from ..refusal import answered
from ..run import Run
from ..tab import Page, Tab, follow_links

__all__ = ["TAB"]


def lay_out(page: Page, tab: gr.Tab) -> None:
    """Lays out the tab, and says what happens when."""
    example = shipped_sweep(FIRST)
    first = usual(FIRST, example["sweep"]["label"] if example else 0)
    with gr.Row(elem_id="sweep", elem_classes="d-panel"):
        with gr.Column(scale=80, min_width=320):
            setup = add_part(
                "sweep-setup", "sweep/setup", "<div class='d-sweep-setup'></div>", first.value(),
                events=["go"], server_functions=[sweepable],
            )  # fmt: skip
        with gr.Column(scale=20, min_width=200):
            run = Run.lay_out("sweep", "Sweep")
    with gr.Column(elem_classes="d-panel"):
        grid = add_part(
            "sweep-grid", "sweep/grid", "<div class='d-sweep'></div>", first.shown(),
            server_functions=[answered(handed_cell), answered(sweep_before_a_run)],
        )  # fmt: skip
    _wire(page, setup, run, grid)


def _wire(page: Page, setup: gr.HTML, run: Run, grid: gr.HTML) -> None:
    """A click makes the cells; so does a link, which opens the tab."""

    async def sweep(session: Session, asked: Any) -> AsyncGenerator[payloads.Swept, None]:
        async for shown in swept(session, asked):
            yield shown

    run.wire(page.session, sweep, [setup], grid, OPEN, also=[setup.go])
    follow_links(page, "sweep", setup, linked, possible)


def sweep_before_a_run(_: Any) -> payloads.SweptExample | None:
    """The sweep that ships with the page, if one does."""
    return shipped_sweep(FIRST)


def sweepable(_: Any) -> payloads.Menu:
    """What a sweep can be made of: that of a comparison."""
    return menu()


TAB = Tab("sweep", "Sweep", 18, lay_out)
