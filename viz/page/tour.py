"""The guided tour: a card beside the page. What its scripts show, they ask for here."""

from collections.abc import Callable
from typing import Any

import gradio as gr

from distiller.errors import Refused

from .. import payloads
from ..catalogue import places
from ..tour import facts, first, lanes, question
from ..visitor.link import tour_page
from .frame import add_part
from .refusal import answered, warn
from .run import PRIVATE

__all__ = ["add_tour", "follow_tour_links"]


def add_tour() -> gr.HTML:
    """Lays out the tour, which is closed."""
    functions: list[Callable[..., Any]] = [facts, first, lanes, question, places]
    return add_part(
        "tour", "tour/tour", "<div></div>", events=["show"],
        server_functions=[answered(each) for each in functions],
    )  # fmt: skip


def follow_tour_links(demo: gr.Blocks, tour: gr.HTML) -> None:
    """Has a link to a page of the tour open it there."""

    def read(request: gr.Request) -> Any:
        try:
            page = tour_page(request.query_params)
        except Refused as refusal:
            warn(f"The tour cannot be opened there: {refusal}")
            page = ""
        shown: payloads.Tour = {"page": page}
        return shown if page else gr.skip()

    demo.load(read, None, tour, **PRIVATE)
