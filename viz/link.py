"""Links: the address of a page holds the request that it shows.

A link may name its tab; without a name it is Explore's. Those of a comparison are read by
`viz.lineup`.

A request is written into a link by `Request.query`, and read back here. What a link leaves out has
its default, parameters that begin with two underscores are Gradio's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from distiller.errors import Refused
from distiller.sets.request import Request

from .catalogue import first_run, reference_of
from .settings import BUDGET, FIRST, RUN

__all__ = ["Opening", "opening"]


@dataclass(frozen=True)
class Opening:
    """What a page opens with."""

    request: Request
    linked: bool = False  # whether a link asks for it, so that it is to be run
    refusal: str = ""  # why the link was not understood, if it was not


def opening(query: Mapping[str, str]) -> Opening:
    """The request that a link asks for; without one that is understood, that of the shipped run."""
    shipped = first_run(FIRST)
    usual = Request.from_query(shipped["query"]) if shipped else Request(steps=RUN.steps)
    asked = {key: value for key, value in query.items() if not key.startswith("__")}
    tab = asked.pop("tab", "explore")
    if not asked or tab != "explore":
        return Opening(usual)
    try:
        request = Request.from_query({"dataset": FIRST, **asked}, BUDGET)
        reference_of(request.dataset)  # or there is nothing to show of it
    except Refused as error:
        return Opening(usual, refusal=str(error))
    return Opening(request, linked=True)
