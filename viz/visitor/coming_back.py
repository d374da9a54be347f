"""Coming back: a page that was loaded again goes on with what its visitor had.

A run belongs to a ticket on the server, not to a connection. A page keeps the ids of its last runs
as long as its tab is open, and brings them when it is loaded. What it brings is not trusted: an id
leads to the visit that it was given to, or to nothing.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from distiller.errors import Refused
from distiller.recipes.recipe import live_knobs
from distiller.sets.request import Request

from ..serving.ticket import Several
from ..settings import BUDGET
from .session import Session, holder, replaced

__all__ = ["NOUNS", "Resumed", "followed", "resume", "standing"]

LONGEST = 20_000  # characters of what a page may bring
NOUNS = {
    "explore": "run", "compare": "comparison", "sweep": "sweep", "guess": "question",
    "evaluate": "evaluation", "train": "training", "whole": "run of every class",
}  # fmt: skip
"""What a page may come back to: most by the name of its tab."""
TABS = {"whole": "compare"}
ALONE = {
    "explore": " Press Distil to make it again.", "evaluate": " Press Evaluate to make it again.",
    "train": " Press Train and its name goes on.",
}  # fmt: skip
"""What is said besides of a run by itself that is not known any more."""
STANDING = {
    "asked": "Your {0} had not begun yet. It is asked for again.",
    "waiting": "Your {0} still waits in line. The page follows it again.",
    "running": "Your {0} went on while the page was away. The page follows it again.",
    "done": "Your {0} was finished while the page was away. Here it is.",
    "shown": "The page was loaded again. Here is your last {0}.",
    "failed": "Your {0} went wrong while the page was away.",
    "stopped": "Your {0} was out of the line, as the page was away for too long. "
    "It is asked for again.",
    "left": "Your {0} stood still while the page was away. What was made of it is there, and the "
    "rest is asked for again.",
    "unknown": "The server does not know your last {0} any more: the server was started anew, or "
    "the page was away for too long.",
}
LOST = "The connection was lost and is back. "


@dataclass(frozen=True)
class Resumed:
    """What a page that was loaded again goes on with."""

    session: Session | None = None  # of the visit that goes on; None of a new one
    picked: tuple[str, ...] = ()  # the names of the runs that are followed again
    front: str = ""  # the tab of the one of them that was asked for last
    request: Request | None = None  # what the form is to show
    values: Mapping[str, Any] = field(default_factory=dict)  # of other controls, by those names
    words: str = ""  # that say so


def resume(brought: Any) -> Resumed:
    """What a page goes on with that brings this text: JSON of the ids of its runs by name.

    Nonsense leads to a new visit.
    """
    kept = _read(brought)
    back = LOST if kept.get("lost") is True else ""
    session: Session | None = None
    picked, words, request = list[str](), dict[str, str](), None
    values: dict[str, Any] = {}
    for name, noun in NOUNS.items():
        record = kept.get(name)
        if not isinstance(record, Mapping):
            continue
        found = holder(record.get("id"))
        if found is None or found[1] is not found[0].tickets.get(name):
            if name in ALONE or name == kept.get("front"):
                words[name] = STANDING["unknown"].format(noun) + ALONE.get(name, "")
            request = _asked(record.get("query")) if name == "explore" else request
            continue
        if session is not None and found[0] is not session:
            continue  # a page goes on with one visit
        session, ticket = found
        session.picked[name] = ticket
        picked.append(name)
        words[name] = STANDING[ticket.state].format(noun)
        if isinstance(ticket, Several):
            values[name] = ticket.value
        if ticket.request is not None:
            request = _turned(ticket.request, session.dials)
    front = next((name for name in picked if name == kept.get("front")), "".join(picked[:1]))
    chosen = words.get(front) or " ".join(words.values())
    tab = TABS.get(front, front)
    return Resumed(session, tuple(picked), tab, request, values, back * bool(words) + chosen)


def followed(brought: Any, name: str) -> bool:
    """Whether a page that brings this text goes on with a run of that name."""
    record = _read(brought).get(name)
    found = holder(record.get("id")) if isinstance(record, Mapping) else None
    return found is not None and found[1] is found[0].tickets.get(name)


def standing(id: str) -> str:
    """How the run of an id stands, in a word: "none" where no id is given.

    A page hears of its next run only when that is shown: until then it asks for the one before,
    which is "replaced".
    """
    found = holder(id)
    if found is None:
        return "replaced" if replaced(id) else "unknown" if id else "none"
    _, ticket = found
    return ticket.state


def _read(brought: Any) -> Mapping[str, Any]:
    if not isinstance(brought, str) or len(brought) > LONGEST:
        return {}
    try:
        kept = json.loads(brought)
    except (ValueError, RecursionError):
        return {}
    return kept if isinstance(kept, dict) else {}


def _asked(query: Any) -> Request | None:
    """The request of a query that the page kept, if it is one."""
    try:
        return Request.from_query(query, BUDGET) if isinstance(query, dict) else None
    except Refused:
        return None


def _turned(request: Request, dials: Mapping[str, Any]) -> Request:
    """A request with the dials as they stand, and without what is private."""
    options = {
        key: dials.get(key, value) if key in live_knobs(request.methods) else value
        for key, value in request.public()["options"].items()
    }
    return replace(request, options=options, cfg_scale=dials.get("cfg_scale", request.cfg_scale))
