"""Links: the address of a page holds the request that it shows.

A link may name its tab; without a name it is Explore's. Those of a comparison are read by
`viz.compare.lineup`, and what it says of the look by `viz.visitor.look`.

A link may open a page of the guided tour, `tour=dap`; the tour sets then what it is about.

A request is written into a link by `Request.query`, and read back here. What a link leaves out has
its default, parameters that begin with two underscores are Gradio's own. A page shows one class:
of a link to several it makes the first.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from distiller.data.models import has_models
from distiller.errors import Refused
from distiller.limits import choice
from distiller.sets.request import Request

from ..catalogue import first_run, reference_of
from ..settings import BUDGET, FIRST, VISIT
from .look import parted

__all__ = ["TOUR", "Opening", "opening", "tour_page"]

ORDER = (
    "dataset", "method", "classes", "sampler", "cfg_between", "seed", "cfg_scale", "cfg_channels",
    "ipc", "steps",
)  # fmt: skip
"""In which the parameters of a link are tried: a method before its options, what costs last."""
ALONE = ("evaluate", "guess", "train")
"""Tabs of which a link asks for no run: it has the name, and of Evaluate the data set."""

TOUR = ("distillation", "random", "guidance", "dap", "d3hr", "minimax", "map", "judge")
"""The pages of the tour, in their order; `assets/page/tour/pages.js` has them."""


@dataclass(frozen=True)
class Opening:
    """What a page opens with."""

    request: Request
    linked: bool = False  # whether a link asks for it, so that it is to be run
    refusal: str = ""  # why the link cannot be followed as it is, if it cannot
    front: str = ""  # the tab to show, where a link asks for no run of it


def opening(query: Mapping[str, str]) -> Opening:
    """The request that a link asks for; without a link, that of the shipped run.

    Of a link that cannot be followed, what can be had is set, and nothing is run.
    """
    asked, wrong = parted(query)
    words = " ".join(wrong)
    tab = asked.pop("tab", "explore")
    asked.pop("tour", None)
    if not asked or tab != "explore":
        front = tab if tab in ALONE else ""
        return Opening(Request.from_query(_shipped(FIRST)), refusal=words, front=front)
    try:
        return Opening(_read({"dataset": FIRST, **asked}), linked=True, refusal=words)
    except Refused as error:
        return Opening(_possible(asked), refusal=" ".join([str(error), *wrong]))


def tour_page(query: Mapping[str, str]) -> str:
    """The page of the tour that a link asks for; "" if it asks for none.

    Raises:
        Refused: if the tour has no such page.
    """
    return choice("page of the tour", query["tour"], TOUR) if "tour" in query else ""


def _read(query: Mapping[str, str]) -> Request:
    """The request of a link, for its first class.

    Raises:
        Refused: if it asks for what there is not, or for too much.
    """
    request = Request.from_query(query)
    request = replace(request, classes=request.classes[:1])
    request.check_cost(BUDGET)
    reference_of(request.dataset)  # or there is nothing to show of it
    return request


def _possible(asked: Mapping[str, str]) -> Request:
    """What can be had of a link: its settings, one by one, in place of the shipped run's."""
    dataset = asked.get("dataset", FIRST)
    shown = _shipped(dataset if has_models(dataset) else FIRST)
    found = _read(shown)
    order = {key: place for place, key in enumerate(ORDER)}
    for key in sorted(asked, key=lambda key: order.get(key, 1.5)):
        # Another method has other options.
        kept = {k: v for k, v in shown.items() if key != "method" or "." not in k}
        trial = {**kept, key: asked[key]}
        try:
            found = _read(trial)
        except Refused:
            continue
        shown = trial
    return found


def _shipped(dataset: str) -> dict[str, str]:
    """The parameters of a link to the shipped run of a data set, or to the usual one."""
    if run := first_run(dataset):
        return dict(run["query"])
    usual = replace(
        Request(dataset), steps=VISIT.steps, sampler=VISIT.sampler, cfg_between=VISIT.cfg_between
    )
    return usual.query()
