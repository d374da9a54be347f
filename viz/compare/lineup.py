"""Lineups: what a comparison is made of: lanes of methods on one class, from one seed.

A lineup comes from the page's controls or from a link, which holds it in plain parameters:

    tab=compare&dataset=solids&classes=torus&ipc=8&steps=20&seed=0
    &lane1=random&lane2=dap&lane2.cfg_scale=3&lane2.dap.gamma=0.5

Each lane is a request like any other, so what it makes is shared with whoever asks for the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import Field, dataclass, fields
from typing import Any

from distiller.data.models import has_models
from distiller.data.registry import DATASETS
from distiller.diffusion.prior import default_cfg_scale
from distiller.errors import Refused
from distiller.limits import choice, whole
from distiller.methods import METHODS
from distiller.recipes.recipe import Begin
from distiller.sets.request import BOUNDS, Request

from .. import payloads
from ..catalogue import about, reference_of, titles, usual_steps
from ..settings import ALONE, BUDGET, FIRST, RUN

__all__ = ["LANES", "Lineup", "begins_of", "comparing", "linked", "menu", "possible", "usual"]

LANES = (2, 6)
"""How few and how many lanes a comparison may have."""
SHARED = ("dataset", "classes", "ipc", "steps", "seed")
WAY = ("sampler", "cfg_between")
"""What lanes share besides; a link leaves it out where it is as in links of before."""
USUAL = ("random", "dit", "dap", "d3hr")
"""The lanes that a visitor finds."""
COARSE: Sequence[Begin] = ("noise", "group", "pool", "real")
"""From what a column holds one noise of, to what it holds nothing in common of."""


@dataclass(frozen=True)
class Lineup:
    """What is compared: requests of one class that differ in their methods alone."""

    base: Request  # what they share
    lanes: Mapping[int, Request | Refused]  # by slot; a lane that is refused says why

    @classmethod
    def parse(cls, raw: Any) -> "Lineup":
        """Validates what the page sent, a `payloads.Lineup`.

        A lane that cannot be made is kept with its refusal: the others can.

        Raises:
            Refused: if what the lanes share cannot be used, or there are too few or too many.
        """
        if not isinstance(raw, Mapping) or not isinstance(raw.get("lanes"), (list, tuple)):
            raise Refused("A comparison needs a data set, a class and a list of lanes.")
        keys = ("dataset", "ipc", "steps", "seed", *WAY)
        shared = {"sampler": RUN.sampler, **{key: raw[key] for key in keys if key in raw}}
        shared["classes"] = [raw.get("label", 0)]
        base = Request.parse(shared, BUDGET)
        if len(base.classes) != 1:
            raise Refused("A comparison is of one class.")
        low, high = LANES
        count = whole("the number of lanes", len(raw["lanes"]), low, high)
        lanes = [_lane(shared, given) for given in raw["lanes"]]
        if len({slot for slot, _ in lanes}) < count:
            raise Refused("Two lanes have the same slot; each has its own.")
        return cls(base, dict(lanes))

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> "Lineup":
        """Validates the parameters of a link.

        Raises:
            Refused: naming what is wrong: every lane must be one that can be made.
        """
        shared = {key: query[key] for key in (*SHARED, *WAY) if key in query}
        dataset = choice("data set", shared.get("dataset", FIRST), DATASETS)
        label = _label(dataset, shared)
        numbers = {f"lane{k + 1}": k for k in range(LANES[1])}
        for key in query.keys() - shared.keys():
            choice("parameter", key.partition(".")[0], numbers)
        lanes = []
        for name, slot in numbers.items():
            own = {k.partition(".")[2]: v for k, v in query.items() if k.startswith(f"{name}.")}
            if name in query:
                scale = own.pop("cfg_scale", None)
                lane = {"slot": slot, "method": query[name], "cfg_scale": scale, "options": own}
                lanes.append(lane)
            elif own:
                raise Refused(f"{name} has settings and no method; say {name}=dit, say.")
        made = cls.parse(
            {"dataset": dataset, **_numbers(dataset), **shared, "label": label, "lanes": lanes}
        )
        for request in made.lanes.values():
            if isinstance(request, Refused):
                raise request
        return made

    def query(self) -> dict[str, str]:
        """The lineup as the parameters of a link, without lanes that were refused."""
        base = self.base.query()
        found = {"tab": "compare", **{key: base[key] for key in SHARED}, **_way(base)}
        for slot, lane in sorted(self.lanes.items()):
            if isinstance(lane, Request):
                own = lane.query()
                found[f"lane{slot + 1}"] = lane.method
                kept = [k for k in own if "." in k]
                if lane.cfg_scale != default_cfg_scale(lane.dataset):
                    kept.insert(0, "cfg_scale")
                found |= {f"lane{slot + 1}.{key}": own[key] for key in kept}
        return found

    def value(self) -> payloads.Lineup:
        """The lineup as the page's controls show it, without lanes that were refused."""
        base = self.base
        made = {k: v for k, v in sorted(self.lanes.items()) if isinstance(v, Request)}
        shown: payloads.Lineup = {
            "dataset": base.dataset,
            "label": base.classes[0],
            "ipc": base.ipc,
            "steps": base.steps,
            "seed": base.seed,
            "lanes": [_shown(slot, request) for slot, request in made.items()],
        }
        way = _way(base.query())
        if "sampler" in way:
            shown["sampler"] = way["sampler"]
        if "cfg_between" in way:
            shown["cfg_between"] = way["cfg_between"]
        return shown


def _way(query: Mapping[str, str]) -> dict[str, str]:
    """Of a request's link what lanes share besides, where it is not as in links of before."""
    usual = {"sampler": RUN.sampler}
    return {k: query[k] for k in WAY if k in query and query[k] != usual.get(k)}


def _lane(shared: Mapping[str, Any], given: Any) -> tuple[int, Request | Refused]:
    """A lane's slot and request; what is wrong with its methods or settings is kept as words."""
    if not isinstance(given, Mapping):
        raise Refused("A lane needs a slot and a method.")
    slot = whole("the slot of a lane", given.get("slot"), 0, LANES[1] - 1)
    try:
        scale, options = given.get("cfg_scale"), given.get("options") or {}
        if scale is None:  # said, so that it is the same run as one that says it
            scale = default_cfg_scale(choice("data set", shared["dataset"], DATASETS))
        own = {"method": given.get("method"), "cfg_scale": scale, "options": options}
        made = Request.parse({**shared, **own}, BUDGET)
        if secret := _changed_in_secret(made):
            raise Refused(f"{secret} is private, and a comparison is shown to others.")
        return slot, made
    except Refused as refusal:
        return slot, refusal


def _changed_in_secret(request: Request) -> str:
    """A private option that is not as usual: it would be written into a link."""
    usual = Request.parse({"method": request.method}).private()
    changed = [key for key, value in request.private().items() if value != usual[key]]
    return changed[0] if changed else ""


def _label(dataset: str, shared: Mapping[str, str]) -> int:
    """The one class that a link names."""
    asked = {"dataset": dataset, "classes": shared.get("classes", "0")}
    labels = Request.parse(asked).classes
    if len(labels) != 1:
        raise Refused(f"A comparison is of one class; got {len(labels)}.")
    return labels[0]


def _shown(slot: int, request: Request) -> payloads.Lane:
    usual = Request.parse({"method": request.method}).options
    options = {k: v for k, v in request.public()["options"].items() if v != usual[k]}
    scale = request.cfg_scale
    own = None if scale == default_cfg_scale(request.dataset) else scale
    return {"slot": slot, "method": request.method, "cfg_scale": own, "options": options}


def begins_of(request: Request) -> Begin:
    """What the k-th image of a request begins from: the least common of its methods."""
    return max((method.begins for method in request.methods.values()), key=COARSE.index)


def usual(dataset: str = FIRST, label: int = 0) -> Lineup:
    """The lineup that a visitor finds."""
    lanes = [{"slot": slot, "method": method} for slot, method in enumerate(USUAL)]
    return Lineup.parse({"dataset": dataset, "label": label, **_numbers(dataset), "lanes": lanes})


def _numbers(dataset: str) -> dict[str, int]:
    """The numbers of a comparison where nobody says otherwise."""
    return {"ipc": RUN.ipc, "steps": usual_steps(dataset), "seed": RUN.seed}


def linked(query: Mapping[str, str]) -> Lineup | None:
    """The lineup that a link asks for; None if it asks for something else.

    A link without a lane has the usual ones.

    Raises:
        Refused: if it is not understood, or its data set has no models here.
    """
    given = {k: v for k, v in query.items() if k != "tab" and not k.startswith("__")}
    if query.get("tab") != "compare" or not given:
        return None
    lineup = Lineup.from_query(given if any(k[:4] == "lane" for k in given) else _filled(given))
    reference_of(lineup.base.dataset)
    return lineup


def possible(query: Mapping[str, str]) -> Lineup:
    """What can be had of a link that is refused: its settings one by one, then its lanes, in place
    of the usual ones."""
    shared, lanes = dict[str, str](), dict[str, str]()
    named = sorted(key for key in query if key.startswith("lane"))
    for key in [*SHARED, *WAY, *named]:
        kept = lanes if key in named else shared
        if key in query:
            try:
                Lineup.from_query(_filled({**shared, **lanes, key: query[key]}))
            except Refused:
                continue
            kept[key] = query[key]
    dataset = shared.get("dataset", FIRST)
    if not has_models(dataset):
        return usual()
    return Lineup.from_query(_filled({"dataset": dataset, **shared, **lanes}))


def _filled(query: Mapping[str, str]) -> dict[str, str]:
    """A link with the usual lanes where it has none, or with as many of them as it lacks."""
    filled, count = dict(query), len({key.partition(".")[0] for key in query if key[:4] == "lane"})
    free = (f"lane{k + 1}" for k in range(LANES[1]) if f"lane{k + 1}" not in query)
    for method in USUAL[: max(0, LANES[0] - count)] if count else USUAL:
        filled[next(free)] = method
    return filled


def menu() -> payloads.Menu:
    """What a comparison can be made of here: data sets with models, methods with their settings."""
    return {
        "datasets": [
            {
                "name": name,
                "title": title,
                "classes": DATASETS[name].classes,
                "cfg_scale": default_cfg_scale(name),
            }
            for title, name in titles()
        ],
        "methods": [_ingredient(name) for name in METHODS],
        "bounds": BOUNDS,
    }


def comparing(_: Any) -> tuple[payloads.Menu, payloads.Lineup]:
    """What a comparison can be made of, and the usual one: for a run that is to be a lane."""
    return menu(), usual().value()


def _ingredient(name: str) -> payloads.Ingredient:
    method = METHODS[name]
    knobs = [_knob(name, f) for f in fields(method) if not f.metadata["private"]]
    return {
        "name": name, "title": method.title, "about": about(method), "alone": name in ALONE,
        "fewest_steps": method.fewest_steps, "knobs": knobs,
    }  # fmt: skip


def _knob(name: str, f: "Field[Any]") -> payloads.Knob:
    kinds: dict[type, Any] = {bool: "flag", str: "choice", int: "whole", float: "number"}
    usual: Any = f.default
    kind = kinds[type(usual)]
    numeric = kind in ("number", "whole")
    return {
        "key": f"{name}.{f.name}",
        "title": f.name.replace("_", " "),
        "about": f.metadata["about"],
        "kind": kind,
        "usual": usual,
        "low": f.metadata["low"] if numeric else None,
        "high": f.metadata["high"] if numeric else None,
        "choices": f.metadata["choices"],
    }
