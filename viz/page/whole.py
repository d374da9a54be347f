"""Every class for the lanes of Compare: the panel beneath its scores."""

from collections.abc import AsyncGenerator, Mapping
from typing import Any

import gradio as gr

from .. import payloads
from ..catalogue import places, real_images
from ..compare.whole import cell, handed_over, means, sentences, whole_sets, whole_sets_again
from ..settings import OPEN
from ..visitor.session import Session
from .frame import add_part
from .refusal import answered, said
from .run import PRIVATE, Run
from .tab import Page, picked_up

__all__ = ["add_whole"]


def add_whole(page: Page, setup: gr.HTML) -> None:
    """Lays the panel out, and says what happens when; `setup` holds the lineup."""
    with gr.Column(elem_classes=["d-panel", "d-choices"], elem_id="whole-sets"):
        with gr.Row():
            with gr.Column(scale=60, min_width=240):
                run = Run.lay_out("whole", "Run every class")
            with gr.Column(scale=40, min_width=200):
                nets = gr.Button("Train nets on these", elem_id="nets")
        frame = "<div class='d-whole'></div>"
        functions = [cell, means, sentences, places, real_images]
        part = add_part(
            "whole", "compare/whole", frame, server_functions=[answered(each) for each in functions]
        )

    async def whole(session: Session, lineup: Any) -> AsyncGenerator[payloads.Whole, None]:
        work = whole_sets, whole_sets_again
        async for shown in picked_up(session, "whole", *work, [lineup]):
            yield shown

    def hand(session: Session, shown: Any, before: Mapping[str, Any]) -> dict[str, Any]:
        dataset, names = handed_over(session, shown)
        return {"dataset": dataset, "sets": names, "count": before["count"] + 1}

    also = [page.returned["whole"].change]
    run.wire(page.session, whole, [setup], part, OPEN, also=also)
    nets.click(said(hand), [page.session, part, page.handed], page.handed, **PRIVATE)
