"""Links to sweeps: what one asks for, and what can be had of one that is refused."""

from collections.abc import Mapping, Sequence

from distiller.data.models import has_models
from distiller.errors import Refused
from distiller.methods import METHODS, make_methods
from distiller.sets.request import Request

from ..catalogue import reference_of
from ..settings import FIRST
from .grid import PARTS, SHARED, SIDES, Sweep, dials_of, usual

__all__ = ["linked", "possible"]

ENDS = {"cfg_scale": (1, 4), "steps": (5, 25), "ipc": (5, 20)}
"""The ends that an axis of a number begins with; `assets/page/sweep/sweep.js` has them, too."""
FAR = 4
"""Times the usual value of a method's setting, at the far end that its axis begins with."""


def linked(query: Mapping[str, str]) -> Sweep | None:
    """The sweep that a link asks for; None if it asks for something else.

    Raises:
        Refused: if it is not understood, names no dial, or its data set has no models here.
    """
    given = _given(query)
    if query.get("tab") != "sweep" or not given:
        return None
    sweep = Sweep.from_query(given)
    reference_of(sweep.base.dataset)
    return sweep


def possible(query: Mapping[str, str]) -> Sweep:
    """What can be had of a link that is refused: its settings one by one, then its dials, each
    with those of its ends that it may have, in place of the usual ones."""
    given, kept = _given(query), dict[str, str]()
    for key in SHARED:
        if key in given and _stands({**kept, key: given[key]}):
            kept[key] = given[key]
    if not has_models(kept.get("dataset", FIRST)):
        return usual()
    axes: list[dict[str, str]] = []
    for side in SIDES:
        if side in given and (axis := _axis_of(given, side, kept, axes)):
            axes.append(axis)
    return Sweep.from_query({**kept, **_query_of(axes or _usual_axes(kept))})


def _given(query: Mapping[str, str]) -> dict[str, str]:
    """What a link says of a sweep; parameters with two underscores are Gradio's own."""
    return {k: v for k, v in query.items() if k != "tab" and not k.startswith("__")}


def _stands(kept: Mapping[str, str], axes: Sequence[Mapping[str, str]] = ()) -> bool:
    """Whether these settings can be swept along these axes, or along the usual ones."""
    try:
        Sweep.from_query({**kept, **_query_of(axes or _usual_axes(kept))})
    except Refused:
        return False
    return True


def _axis_of(
    given: Mapping[str, str], side: str, kept: Mapping[str, str], axes: list[dict[str, str]]
) -> dict[str, str]:
    """An axis of a link with what it may have of its ends and its number of values; none if its
    dial cannot be swept beside these axes."""
    dials = dials_of(_method(kept))
    if given[side] not in dials:
        return {}
    axis = _begun(given[side], dials)
    if not _stands(kept, [*axes, axis]):
        return {}
    asked = {part: given[f"{side}.{part}"] for part in PARTS if f"{side}.{part}" in given}
    if _stands(kept, [*axes, {**axis, **asked}]):
        return {**axis, **asked}
    for part, value in asked.items():
        if _stands(kept, [*axes, {**axis, part: value}]):
            axis[part] = value
    return axis


def _begun(key: str, dials: Mapping[str, tuple[str, float, float, bool, bool]]) -> dict[str, str]:
    """The axis of a dial as it begins."""
    _, low, high, _, _ = dials[key]
    if key in ENDS:
        low, high = ENDS[key]
    else:
        name, _, option = key.partition(".")
        far = min(high, FAR * getattr(METHODS[name], option))
        high = far if far > low else high
    return {"key": key, "low": f"{low:g}", "high": f"{high:g}", "count": "4"}


def _usual_axes(kept: Mapping[str, str]) -> list[dict[str, str]]:
    """The axis that a method begins with: class guidance, or the images where none are sampled."""
    dials = dials_of(_method(kept))
    return [_begun(next(iter(dials)), dials)]


def _method(kept: Mapping[str, str]) -> str:
    return "+".join(make_methods(kept.get("method", Request.method)))


def _query_of(axes: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Axes as the parameters of a link."""
    found: dict[str, str] = {}
    for side, axis in zip(SIDES, axes, strict=False):
        found[side] = axis["key"]
        found |= {f"{side}.{part}": axis[part] for part in PARTS}
    return found
