"""The frame: the header, the look and the scripts of the whole page, and the parts they draw."""

from collections.abc import Callable, Sequence
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any

import gradio as gr
from starlette.responses import JSONResponse

from distiller.machine.assets import ASSETS

from ..tier import tiers
from ..words import words
from . import scripts
from .blocks import pack

__all__ = ["add_header", "add_notice", "add_part", "add_words", "look"]

HEADER = """<div id="header"><h1>di<em>still</em>er</h1>
<span class="tag">see what a handful of images keeps of thousands</span>
<details class="d-tiers"><summary class="d-pill" id="device"></summary><ul></ul></details>
<button class="d-pill" id="undo" type="button" aria-label="undo"
  title="undo a change of settings (Ctrl+Z)" disabled>↶</button>
<button class="d-pill" id="redo" type="button" aria-label="redo"
  title="redo it (Ctrl+Y)" disabled>↷</button>
<button class="d-pill" id="tour-open" type="button">Tour</button>
<button class="d-pill" id="link" type="button">Copy link</button>
<button class="d-pill" id="present" type="button"
  title="larger type, a list of links, a QR code (P)">Present</button>
<button class="d-pill" id="theme" type="button" aria-label="light or dark">◐</button>
</div>"""


def add_header() -> None:
    """Lays out the header."""
    gr.HTML(
        pack(tiers()),
        html_template=HEADER,
        padding=False,
        js_on_load=scripts.part("header"),
    )


def add_notice() -> gr.HTML:
    """Lays out the place where the page says that a connection was lost, or a run found again."""
    return add_part("notice", "notice", "<div class='d-words' role='status' hidden></div>")


def add_words() -> None:
    """Has the terms of the page say what they mean."""
    add_part("words", "words/words", "<div></div>", words())


def add_part(
    elem_id: str,
    script: str,
    frame: str,
    value: Any = None,
    *,
    events: Sequence[str] = (),
    server_functions: Sequence[Callable[..., Any]] = (),
) -> gr.HTML:
    """Lays out a part that a script draws, inside `frame`, an element without content.

    `script` is a path in assets/page/, such as "explore/map". `events` are what the script
    triggers, and `server_functions` what it may call. Its value travels as JSON (`blocks`).
    """
    return gr.HTML(
        pack(value),
        html_template=frame,
        padding=False,
        js_on_load=scripts.part(script, *events),
        server_functions=[_written(work) for work in server_functions] or None,
        elem_id=elem_id,
    )


def _written(work: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, whose result is written as JSON at once.

    Else FastAPI walks through it first, in the thread that answers everybody.
    """

    @wraps(work)
    def write(*given: Any) -> JSONResponse:
        return JSONResponse(work(*given))

    @wraps(work)
    async def write_later(*given: Any) -> JSONResponse:
        return JSONResponse(await work(*given))

    return write_later if iscoroutinefunction(work) else write


def look() -> dict[str, Any]:
    """The theme and the style, as arguments of `launch`."""
    theme = gr.themes.Base(
        primary_hue="indigo",
        radius_size="lg",
        font=["Inter", "DejaVu Sans", "system-ui", "sans-serif"],
    )
    return {"theme": theme, "css": (ASSETS / "page.css").read_text(encoding="utf-8")}
