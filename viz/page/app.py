"""The page: its tabs and its API put together, and started."""

import threading

import gradio as gr

from distiller.data.registry import discover
from distiller.errors import Refused
from distiller.machine.device import on_zero_gpu
from distiller.sets.upload import LIMITS

from .. import settings
from ..papers_prior import offer, offered_here
from ..serving.ahead import encode_ahead, worked_on
from ..serving.desk import open_desk
from ..serving.zero_gpu import place_networks
from ..visitor.coming_back import NOUNS
from ..visitor.session import Session
from . import alive, frame, scripts
from .api import add_endpoints
from .blocks import PageBlocks
from .document import document
from .files import files
from .guard import guard
from .states import hold_states
from .stray import stray
from .tab import Page
from .tabs import TABS
from .tour import add_tour, follow_tour_links

__all__ = ["build", "main", "serve"]


def build() -> gr.Blocks:
    """The page."""
    with PageBlocks(
        title="distiller", analytics_enabled=False, fill_width=True, delete_cache=settings.KEPT
    ) as demo:
        session, resumed = gr.State(Session()), gr.State({})
        returned = {name: gr.State(0) for name in NOUNS}
        handed = gr.State({"dataset": settings.FIRST, "sets": [], "count": 0})
        frame.add_header()
        notice = frame.add_notice()
        tour = add_tour()
        with gr.Tabs(elem_id="tabs") as tabs:
            page = Page(demo, session, notice, returned, resumed, handed, tabs, tour)
            for tab in TABS:
                if tab.offered():
                    with gr.Tab(tab.title, id=f"{tab.name}-tab") as within:
                        tab.lay_out(page, within)
        frame.add_words()
        follow_tour_links(demo, tour)
        add_endpoints()
        demo.hide_progress_on(notice)
    return demo


def serve(host: str, port: int, *, block: bool = True) -> gr.Blocks:
    """Starts the page with one's own data sets, and loads the first data set behind it."""
    for wrong in discover():
        print(f"distiller: left out: {wrong}")
    place_networks()
    demo = build()
    demo.queue(max_size=None, default_concurrency_limit=40)
    demo.launch(
        server_name=host,
        server_port=port,
        prevent_thread_lock=True,
        quiet=not block,
        ssr_mode=False,
        run_history=False,
        mcp_server=settings.speaks_mcp(),
        enable_monitoring=False,
        max_file_size=settings.PICTURES if settings.may_train() else LIMITS.packed,
        state_session_capacity=settings.SESSIONS,
        max_threads=settings.EVENTS,
        footer_links=["api", "gradio", "settings"],
        head=scripts.head(),
        app_kwargs={
            "routes": [*scripts.routes(), *alive.routes()],
            "middleware": [guard(), document(scripts.first()), files(), stray()],
        },
        **frame.look(),
    )
    hold_states(demo)
    # Only now, since Gradio waits but seconds for the server that it starts to answer.
    threading.Thread(target=_prepare, kwargs={"runs": block}, daemon=True).start()
    if block:
        demo.block_thread()
    return demo


def _prepare(*, runs: bool) -> None:
    """Reads what the first visitor needs; if asked, tries two runs and encodes real images ahead;
    on a GPU prepares DiT-XL/2."""
    measures = runs and not on_zero_gpu()  # whose times are not those of this processor
    open_desk().try_out(settings.FIRST, runs=2 if measures else 0)
    if measures and settings.works_ahead():
        encode_ahead(open_desk().line, worked_on(settings.FIRST))
    if offered_here():
        print(f"distiller: {offer()}", flush=True)


def main() -> None:
    """Starts the page on http://127.0.0.1:7860, or where GRADIO_SERVER_NAME and _PORT say."""
    try:
        serve(settings.address(), settings.port())
    except Refused as error:
        raise SystemExit(f"distiller: {error}") from None
