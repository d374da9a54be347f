"""Sweeps: one or two dials of a method on a grid, on one class and from one seed.

A sweep comes from the page's controls or from a link, which holds it in plain parameters:

    tab=sweep&dataset=solids&classes=torus&method=dap&ipc=8&steps=20&seed=0
    &x=cfg_scale&x.low=1&x.high=5&x.count=5&y=dap.gamma&y.low=0&y.high=1&y.count=3

Each cell is a request like any other, so what it makes is shared with whoever asks for the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from distiller.data.registry import DATASETS
from distiller.diffusion.prior import default_cfg_scale
from distiller.errors import Refused
from distiller.limits import choice, number, whole
from distiller.methods import METHODS, make_methods
from distiller.sets.request import BOUNDS, Request

from .. import payloads
from ..catalogue import usual_steps
from ..settings import BUDGET, FIRST, RUN

__all__ = ["COUNT", "PARTS", "SHARED", "SIDES", "Axis", "Sweep", "dials_of", "usual"]

COUNT = (2, 7)
"""How few and how many values an axis may have."""
NUMBERS = {"cfg_scale": "Class guidance (CFG)", "steps": "Steps", "ipc": "Images"}
"""The numbers of a request that may be swept, in words."""
SHARED = ("dataset", "classes", "method", "ipc", "steps", "cfg_scale", "seed")
SIDES = ("x", "y")
PARTS = ("low", "high", "count")


@dataclass(frozen=True)
class Axis:
    """A dial and its values."""

    key: str
    title: str
    low: float
    high: float
    count: int
    whole: bool  # whether its values are whole numbers
    fitted: bool  # whether the method is fitted anew for each value

    @classmethod
    def parse(cls, raw: Any, method: str) -> "Axis":
        """Validates one axis of a sweep of a method.

        Raises:
            Refused: if the method has no such dial, an end is out of its range, or the ends are
                not in their order.
        """
        if not isinstance(raw, Mapping):
            raise Refused("An axis needs a dial, two ends and a number of values.")
        dials = dials_of(method)
        key = choice("dial", raw.get("key"), dials)
        title, low, high, integer, fitted = dials[key]
        ends = [
            whole(f"{title}, {end},", raw.get(end), int(low), int(high))
            if integer
            else number(f"{title}, {end},", raw.get(end), low, high)
            for end in ("low", "high")
        ]
        if ends[0] >= ends[1]:
            raise Refused(
                f"{title} needs two ends, the lower one first; got {ends[0]:g} and {ends[1]:g}."
            )
        count = whole(f"the number of values of {title}", raw.get("count"), *COUNT)
        return cls(key, title, ends[0], ends[1], count, integer, fitted)

    @property
    def values(self) -> tuple[float, ...]:
        """Its values, evenly from end to end; whole ones are rounded, and each occurs once."""
        step = (self.high - self.low) / (self.count - 1)
        inner = [self.low + k * step for k in range(1, self.count - 1)]
        if self.whole:
            return tuple(dict.fromkeys([self.low, *map(round, inner), self.high]))
        return (self.low, *(float(f"{value:.4g}") for value in inner), self.high)

    def value(self) -> payloads.SweepAxis:
        """The axis as the page's controls show it."""
        return {"key": self.key, "low": self.low, "high": self.high, "count": self.count}


@dataclass(frozen=True)
class Sweep:
    """What is swept: requests of one class that differ in one or two numbers."""

    base: Request  # the first cell
    axes: tuple[Axis, ...]  # columns, then rows
    cells: Mapping[str, Request | Refused]  # by "row column", in the order that they are made

    @classmethod
    def parse(cls, raw: Any) -> "Sweep":
        """Validates what the page sent, a `payloads.Sweep`.

        A cell that cannot be made is kept with its refusal: the others can.

        Raises:
            Refused: if the dials cannot be swept, or not even the lowest values can be made.
        """
        if not isinstance(raw, Mapping) or not isinstance(raw.get("axes"), (list, tuple)):
            raise Refused("A sweep needs a data set, a class, a method and a list of dials.")
        whole("the number of dials", len(raw["axes"]), 1, len(SIDES))
        dataset = choice("data set", raw.get("dataset", FIRST), DATASETS)
        shared = {key: raw[key] for key in ("method", "ipc", "steps", "seed") if key in raw}
        shared |= {"dataset": dataset, "classes": [raw.get("label", 0)], "sampler": RUN.sampler}
        scale = raw.get("cfg_scale")  # said, so that it is the same run as one that says it
        shared["cfg_scale"] = default_cfg_scale(dataset) if scale is None else scale
        method = "+".join(make_methods(shared.get("method", Request.method)))
        axes = tuple(Axis.parse(given, method) for given in raw["axes"])
        if len({axis.key for axis in axes}) < len(axes):
            raise Refused(f"{axes[0].title} is swept twice; each dial has one axis.")
        base = _request(shared, {axis.key: axis.low for axis in axes})
        return cls(base, axes, _cells(shared, axes))

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> "Sweep":
        """Validates the parameters of a link.

        Raises:
            Refused: naming what is wrong.
        """
        known = [*SHARED, *SIDES, *(f"{side}.{part}" for side in SIDES for part in PARTS)]
        for key in query:
            choice("parameter", key, known)
        dataset = choice("data set", query.get("dataset", FIRST), DATASETS)
        raw: dict[str, Any] = {"ipc": RUN.ipc, "steps": usual_steps(dataset), "dataset": dataset}
        raw |= {key: query[key] for key in SHARED if key in query and key != "classes"}
        asked = {"dataset": dataset, "classes": query.get("classes", "0")}
        labels = Request.parse(asked).classes
        if len(labels) != 1:
            raise Refused(f"A sweep is of one class; got {len(labels)}.")
        axes = [
            {"key": query[side], **{part: query.get(f"{side}.{part}") for part in PARTS}}
            for side in SIDES
            if side in query
        ]
        return cls.parse({**raw, "label": labels[0], "axes": axes})

    def query(self) -> dict[str, str]:
        """The sweep as the parameters of a link."""
        base = self.base.query()
        swept = {axis.key for axis in self.axes}
        found = {"tab": "sweep", **{key: base[key] for key in SHARED if key not in swept}}
        for side, axis in zip(SIDES, self.axes, strict=False):
            found |= {side: axis.key, f"{side}.low": f"{axis.low:g}"}
            found |= {f"{side}.high": f"{axis.high:g}", f"{side}.count": str(axis.count)}
        return found

    def value(self) -> payloads.Sweep:
        """The sweep as the page's controls show it."""
        base = self.base
        assert base.cfg_scale is not None  # `parse` says it
        return {
            "dataset": base.dataset,
            "label": base.classes[0],
            "method": base.method,
            "ipc": base.ipc,
            "steps": base.steps,
            "cfg_scale": base.cfg_scale,
            "seed": base.seed,
            "axes": [axis.value() for axis in self.axes],
        }

    def shown(self, id: str = "") -> payloads.Swept:
        """The grid without anything in its cells."""
        base, swept = self.base, {axis.key for axis in self.axes}
        source = DATASETS[base.dataset]
        methods = " + ".join(METHODS[name].title for name in base.methods)
        fixed = {
            "ipc": f"{base.ipc} images", "steps": f"{base.steps} steps",
            "cfg_scale": f"CFG {base.cfg_scale:g}",
        }  # fmt: skip
        rest = [text for key, text in fixed.items() if key not in swept]
        words = [source.title, source.classes[base.classes[0]], methods, *rest]
        return {
            "id": id,
            "words": " · ".join([*words, f"seed {base.seed}"]),
            "axes": [{"title": axis.title, "values": axis.values} for axis in self.axes],
            "cells": {},
        }


def dials_of(method: str) -> dict[str, tuple[str, float, float, bool, bool]]:
    """What may be swept of a method: title, bounds, is it whole, is the method fitted anew."""
    found: dict[str, tuple[str, float, float, bool, bool]] = {}
    chosen = method.split("+")
    sampled = not any(METHODS[name].place == "subset" for name in chosen)
    for key, title in NUMBERS.items():
        if sampled or key == "ipc":  # real images are the same at any number of steps
            found[key] = (title, *BOUNDS[key], key != "cfg_scale", False)
    for name in chosen:
        for f in fields(METHODS[name]):
            kind = type(f.default)
            if kind in (int, float) and not f.metadata["private"]:
                title = f"{METHODS[name].title}: {f.name.replace('_', ' ')}"
                about = f.metadata
                found[f"{name}.{f.name}"] = (
                    title, about["low"], about["high"], kind is int, not about["live"]
                )  # fmt: skip
    return found


def _cells(shared: Mapping[str, Any], axes: Sequence[Axis]) -> dict[str, Request | Refused]:
    """The cells by their places; those that one fit of the method serves follow each other."""
    columns = axes[0].values
    rows = axes[1].values if len(axes) > 1 else (None,)
    places = [(row, column) for row in range(len(rows)) for column in range(len(columns))]
    if axes[0].fitted and not axes[-1].fitted:
        places.sort(key=lambda place: place[1])
    cells: dict[str, Request | Refused] = {}
    for row, column in places:
        values = dict(zip([axis.key for axis in axes], (columns[column], rows[row]), strict=False))
        try:
            cells[f"{row} {column}"] = _request(shared, values)
        except Refused as refusal:
            cells[f"{row} {column}"] = refusal
    return cells


def _request(shared: Mapping[str, Any], values: Mapping[str, Any]) -> Request:
    """The request with these values of its dials."""
    plain = {key: value for key, value in values.items() if key in NUMBERS}
    options = {key: value for key, value in values.items() if key not in NUMBERS}
    return Request.parse({**shared, **plain, "options": options}, BUDGET)


def usual(dataset: str = FIRST, label: int = 0) -> Sweep:
    """The sweep that a visitor finds."""
    axes = [
        {"key": "cfg_scale", "low": 1, "high": 4, "count": 4},
        {"key": "diversity.strength", "low": 0, "high": 0.3, "count": 3},
    ]
    numbers = {"ipc": RUN.ipc, "steps": usual_steps(dataset), "seed": RUN.seed}
    raw = {"dataset": dataset, "label": label, "method": "diversity", **numbers, "axes": axes}
    return Sweep.parse(raw)
