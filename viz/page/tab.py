"""Tabs: each is one module of `viz.page.tabs`, which exports a `TAB`.

A module lays out its controls, says what happens when, and knows of no other tab. What the tabs of
a page share is a `Page`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import gradio as gr

from ..catalogue import titles
from ..settings import FIRST
from .run import QUIET

__all__ = ["Page", "Tab", "add_dataset"]


def add_dataset(tab: gr.Tab) -> gr.Dropdown:
    """A choice of data set; a visitor who comes back to the tab finds those that came meanwhile."""
    dropdown = gr.Dropdown(titles(), value=FIRST, label="Data set")
    tab.select(lambda: gr.Dropdown(titles()), None, dropdown, **QUIET)
    return dropdown


@dataclass(frozen=True, eq=False)
class Page:
    """What the tabs of one page share."""

    demo: gr.Blocks
    session: gr.State  # of `Session`: what is kept of a visitor
    notice: gr.HTML  # sentences about the connection; what the page kept comes in by it
    returned: gr.State  # a number that changes when an evaluation is to be followed again
    handed: gr.State  # sets to train nets on: data set, names, and how often some were handed over
    tabs: gr.Tabs


def _always() -> bool:
    return True


@dataclass(frozen=True)
class Tab:
    """A tab of the page."""

    name: str
    title: str
    place: int  # tabs stand in the order of these numbers
    lay_out: Callable[[Page, gr.Tab], None]
    offered: Callable[[], bool] = _always  # asked when the page is built
