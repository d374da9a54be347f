"""Comparisons: the lanes of a lineup are distilled side by side, and told apart as far as they are.

Every lane is a run of the desk with a key of its own, so one that was made before is there at once,
whoever made it, and the others stand in the line in their order. One after the other shows a first
full row sooner than all together would.
"""

import json
from collections.abc import AsyncGenerator, Mapping
from functools import cache, partial
from itertools import combinations
from math import sqrt
from statistics import NormalDist
from typing import Any, NamedTuple

from distiller.errors import Refused
from distiller.machine.assets import ASSETS
from distiller.methods import METHODS
from distiller.sets.request import Request

from .. import payloads
from ..serving.desk import Made
from ..serving.held import Held
from ..serving.job import Job
from ..serving.run_group import RunGroup
from ..serving.ticket import Begun, Several
from ..visitor.session import Session
from .lineup import Lineup, begins_of

__all__ = ["compared", "handed", "names_of", "shipped_lanes", "told"]

LEVEL = 0.05  # of all the comparisons between the lanes of one lineup, together
WIDTHS = ("mmd2_half", "mmd2_double")  # the same score again, at other bandwidths
SPACES = ("latents", "features")
PAUSE = 0.05  # seconds between two values to show, at least


_HELD: Held[payloads.Run] = Held(64, "These images are held no longer. Distil the lanes again.")


async def compared(session: Session, raw: Any) -> AsyncGenerator[payloads.Race, None]:
    """Makes the lanes of a lineup, and yields how all of them stand.

    A finished lane is a token, with which the page fetches its run (`handed`) once: what is yielded
    stays small. A lane that is refused shows its sentence, and the others go on.

    Raises:
        Refused: if the lineup itself cannot be made.
        Exception: what else went wrong in a lane, once the others are done.
    """
    lineup, value = Lineup.parse(raw), {key: raw[key] for key in raw if key != "run"}
    ticket = session.several("compare", value)
    if ticket is None:
        ask = partial(_raced, session, lineup.lanes, {}, {})
        ticket = session.issue("compare", Several(ask, value=value))
    async for race in ticket.follow(session.visitor, lambda job: None):
        stands: payloads.RaceState = race
        yield {**stands, "id": ticket.id}


async def _raced(
    session: Session,
    lanes: Mapping[int, Request | Refused],
    made: dict[int, payloads.Run],
    private: dict[str, Job],
    begun: Begun,
) -> AsyncGenerator[payloads.RaceState, None]:
    """The same for lanes that are followed for the first time or again."""

    async def finish(slot: str, run: Made) -> str:
        made[int(slot)] = run.shown
        return _HELD.put(run.shown)

    requests = {str(slot): request for slot, request in lanes.items()}
    runs = RunGroup(
        f"{session.visitor} comparing", requests, finish, step=lambda step: step, pause=PAUSE,
        begun=begun, private=private, aside=True,
    )  # fmt: skip
    turn = session.turn("compare")
    turn.leave, turn.finishes = runs.leave, True  # images that are made are scored yet
    async for shown in runs.follow():
        yield {"lanes": shown, "told": told(lanes, made)}
    if runs.wrong:
        raise runs.wrong[0]


def handed(token: Any) -> payloads.Run:
    """The finished run of a token.

    Raises:
        Refused: if it is held no longer, or never was.
    """
    return _HELD.get(token)


# ------------------------------------------------------------------------------- telling apart


def told(lanes: Mapping[int, Request | Refused], runs: Mapping[int, payloads.Run]) -> payloads.Told:
    """What tells finished lanes apart, by their slots: on one class, from one seed.

    Two random draws of as many real images differ, too: the difference of two independent draws
    has sqrt(2) times their deviation s. So lanes are told apart by a score if they differ by more
    than z sqrt(2) s, where z is such that all comparisons of the lineup in one space together find
    a difference between random draws in one of twenty cases (Bonferroni). Lanes from the same noise
    differ less than independent draws do: the yardstick errs on the side of saying nothing.
    """
    made = {slot: lane for slot, lane in lanes.items() if isinstance(lane, Request)}
    sampled = [slot for slot in sorted(runs) if made[slot].method != "random"]
    found: dict[str, list[payloads.Apart]] = {}
    words: dict[str, list[str]] = {}
    for space in SPACES:
        scores = {slot: _scores(runs[slot], space) for slot in sampled}
        found[space] = _apart(space, scores)
        words[space] = _sentences(found[space], scores, runs, made)
    return {
        "begins": {str(slot): begins_of(request) for slot, request in made.items()},
        "apart": [pair for space in SPACES for pair in found[space]],
        "words": words,
    }


class _Known(NamedTuple):
    """A score that has random real draws beside it."""

    title: str
    value: float
    spread: float  # the standard deviation of the draws


Scores = Mapping[str, _Known]


def _scores(run: payloads.Run, space: str) -> dict[str, _Known]:
    """The scores of a run in a space, and those of the judge, by name."""
    found = {}
    for score in run["scores"]:
        value, spread = score["value"], score["spread"]
        fits = score["space"] in (space, "judge") and score["name"] not in WIDTHS
        if fits and value is not None and spread is not None:
            found[score["name"]] = _Known(score["title"], value, spread)
    return found


def _apart(space: str, lanes: Mapping[int, Scores]) -> list[payloads.Apart]:
    """The pairs of lanes that a score tells apart."""
    pairs = list(combinations(lanes, 2))
    first = next(iter(lanes.values()), {})
    names = [name for name in first if all(name in scores for scores in lanes.values())]
    count = len(pairs) * len(names)
    z = NormalDist().inv_cdf(1 - LEVEL / (2 * count)) if count else 0.0
    found: list[payloads.Apart] = []
    for name in names:
        for a, b in pairs:
            one, other = lanes[a][name], lanes[b][name]
            if abs(one.value - other.value) > z * sqrt(2) * max(one.spread, 1e-12):
                found.append({"space": space, "score": name, "a": a, "b": b})
    return found


def _sentences(
    apart: list[payloads.Apart],
    lanes: Mapping[int, Scores],
    runs: Mapping[int, payloads.Run],
    made: Mapping[int, Request],
) -> list[str]:
    """What can be said of the lanes beside each other."""
    if len(lanes) < 2:
        return []
    n = max(run["n"] for run in runs.values())
    chance = f"random draws of {n} real image{'s' * (n > 1)} do"
    if not apart:
        return [
            "No score tells these lanes apart on this one class: they differ by no more than "
            f"{chance}."
        ]
    names = names_of({slot: made[slot] for slot in lanes})
    found = []
    for pair in apart:
        a, b = (lanes[pair[side]][pair["score"]] for side in ("a", "b"))
        one, other = names[pair["a"]], names[pair["b"]]
        found.append(f"{a.title} tells {one} ({a.value:.3g}) from {other} ({b.value:.3g}).")
    return [
        *found,
        f"These lanes differ by more than {chance}. Of one class and one seed that is a hint: "
        "only many classes or seeds can confirm it.",
    ]


def names_of(lanes: Mapping[int, Request]) -> dict[int, str]:
    """The lanes in words, no longer than it takes to tell one from the other."""
    titles = {
        slot: " + ".join(METHODS[name].title for name in request.method.split("+"))
        for slot, request in lanes.items()
    }
    several = {title for title in titles.values() if list(titles.values()).count(title) > 1}
    return {
        slot: f"{title} in lane {slot + 1}" if title in several else title
        for slot, title in titles.items()
    }


# ------------------------------------------------------------------------------------- shipped


@cache
def shipped_lanes(dataset: str) -> payloads.Lanes | None:
    """The comparison that ships with a data set; none of most."""
    path = ASSETS / "compare" / f"{dataset}.json"
    lanes: payloads.Lanes | None = json.loads(path.read_text()) if path.is_file() else None
    return lanes
