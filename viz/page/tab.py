"""Tabs: each is one module of `viz.page.tabs`, which exports a `TAB`.

A module lays out its controls, says what happens when, and knows of no other tab. What the tabs of
a page share is a `Page`.
"""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import gradio as gr

from distiller.errors import Refused

from ..catalogue import titles
from ..settings import FIRST, OPEN
from ..visitor.coming_back import followed
from ..visitor.look import parted
from ..visitor.session import Session
from . import scripts
from .refusal import warn
from .run import PRIVATE, QUIET

__all__ = ["Page", "Tab", "add_dataset", "follow_links", "picked_up"]


def add_dataset(tab: gr.Tab) -> gr.Dropdown:
    """A choice of data set; a visitor who comes back to the tab finds those that came meanwhile."""
    dropdown = gr.Dropdown(titles(), value=FIRST, label="Data set")
    tab.select(lambda: gr.Dropdown(titles()), None, dropdown, **QUIET)
    return dropdown


async def picked_up(
    session: Session,
    name: str,
    begin: Callable[..., AsyncGenerator[Any, None]],
    again: Callable[[Session, Any], AsyncGenerator[Any, None]],
    values: Sequence[Any],
) -> AsyncGenerator[Any, None]:
    """What `again` shows of work that a page came back to, else what `begin` makes of values."""
    ticket = session.picked.pop(name, None)
    shown = begin(session, *values) if ticket is None else again(session, ticket)
    async for value in shown:
        yield value


class _Asked(Protocol):
    """What a link asks a tab for."""

    def value(self) -> Any:
        """What the tab's controls show then."""


def follow_links(
    page: "Page",
    name: str,
    controls: gr.HTML,
    linked: Callable[[Mapping[str, str]], _Asked | None],
    possible: Callable[[Mapping[str, str]], _Asked] | None = None,
) -> None:
    """Has a link that `linked` reads set the controls of a tab and run; one that names it opens it.

    `linked` gives None for a link that asks for nothing of this tab, and refuses a broken one. What
    can be had of that one, `possible` gives: it is set, and nothing is run. A page that was loaded
    again sets the controls to what it follows, and the link waits.
    """

    def read(request: gr.Request, brought: Any) -> list[Any]:
        asked_for = {k: v for k, v in request.query_params.items() if k != "tour"}
        query, _ = parted(asked_for)  # what is wrong with the look is said already
        if followed(brought, name):
            return [gr.skip(), gr.skip()]
        there = gr.Tabs(selected=f"{name}-tab") if query.get("tab") == name else gr.skip()
        try:
            asked = linked(query)
        except Refused as refusal:
            had = "" if possible is None else " What can be had of it is set."
            warn(f"The link cannot be followed: {refusal}{had}")
            if possible is not None:
                return [{**possible(query).value(), "linked": True}, there]
            asked = None
        return [gr.skip() if asked is None else {**asked.value(), "run": True}, there]

    def again(resumed: Mapping[str, Any]) -> Any:
        return {**resumed[name], "run": True} if name in resumed else gr.skip()

    brings: dict[str, Any] = {"js": scripts.brought(), **PRIVATE, **OPEN}
    page.demo.load(read, page.notice, [controls, page.tabs], **brings)
    page.resumed.change(again, page.resumed, controls, **QUIET)


@dataclass(frozen=True, eq=False)
class Page:
    """What the tabs of one page share."""

    demo: gr.Blocks
    session: gr.State  # of `Session`: what is kept of a visitor
    notice: gr.HTML  # sentences about the connection; what the page kept comes in by it
    returned: Mapping[str, gr.State]  # by run: it changes when that is to be followed again
    resumed: gr.State  # by tab what its controls held, where several runs are to be followed again
    handed: gr.State  # sets to train nets on: data set, names, and how often some were handed over
    tabs: gr.Tabs
    tour: gr.HTML  # triggers `show` with the link of a run, which Explore's controls then ask for


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
