"""Requests: everything a user can ask of `distill`, validated in one place.

The page, the command line, the API and permalinks all pass what they were given through
`Request.parse`, so a value is accepted or refused the same way wherever it comes from.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from ..data.registry import DATASETS
from ..diffusion.sampler import SAMPLERS
from ..errors import Refused, unknown
from ..limits import choice, number, whole
from ..methods import METHODS, make_methods
from ..recipes.loop import Settings
from ..recipes.recipe import Method, convert, live_knobs, recorded

__all__ = ["BOUNDS", "BUDGET", "Request", "dial_value", "interval_text", "label_of"]

BUDGET = 100_000_000
"""Images times steps that a request may ask for; the page sets a smaller one."""

BOUNDS: Mapping[str, tuple[int, int]] = {
    "ipc": (1, 5000), "steps": (1, 1000), "cfg_scale": (0, 30), "seed": (0, 2**31 - 1),
}  # fmt: skip
"""The least and the most of each number of a request, for the controls of the page, too. Those of
the options stand with the methods."""
TIMES = 1000
"""The last time of the schedules of DDPM, ADM and DiT."""


@dataclass(frozen=True)
class Request:
    """A valid request: what to distil, how, and from which seed."""

    dataset: str = "solids"
    method: str = "dit"
    classes: tuple[int, ...] = (0,)
    ipc: int = Settings.ipc
    steps: int = Settings.steps
    cfg_scale: float | None = None  # None is the prior's own default
    seed: int = Settings.seed
    sampler: str = Settings.sampler
    options: Mapping[str, Any] = field(default_factory=dict)  # full names: {"dap.gamma": 1.0}
    prior: str | None = None  # None is the one shipped for the data set
    cfg_channels: int | None = None  # None is the prior's own way
    cfg_between: tuple[int, int] | None = None  # None is at all times

    @classmethod
    def parse(cls, raw: Mapping[str, Any], budget: int = BUDGET) -> "Request":
        """Validates raw values, text or not; what is left out has its default.

        Classes may be indices or names, as `label_of` reads them: one, a list, or text with
        commas; none means all.

        Raises:
            Refused: naming what is wrong, what is allowed, and what came.
        """
        for key in raw:
            choice("parameter", key, cls.__dataclass_fields__)
        given = {"dataset": cls.dataset, "method": cls.method, **asdict(Settings()), **raw}
        dataset = choice("data set", given["dataset"], DATASETS)
        methods = make_methods(given["method"], raw.get("options"))
        cfg_scale, channels = given["cfg_scale"], given["cfg_channels"]
        request = cls(
            dataset=dataset,
            method="+".join(methods),
            classes=_classes(raw.get("classes"), DATASETS[dataset].classes),
            ipc=whole("ipc", given["ipc"], *BOUNDS["ipc"]),
            steps=whole("steps", given["steps"], *BOUNDS["steps"]),
            cfg_scale=None if cfg_scale is None else dial_value("cfg_scale", cfg_scale),
            seed=whole("seed", given["seed"], *BOUNDS["seed"]),
            sampler=choice("sampler", given["sampler"], SAMPLERS),
            options=_options(methods),
            prior=raw.get("prior"),
            cfg_channels=None if channels is None else whole("cfg_channels", channels, 1, 1024),
            cfg_between=_interval(given["cfg_between"]),
        )
        request.check_cost(budget)
        return request

    def check_cost(self, budget: int) -> None:
        """Looks at what it costs.

        Raises:
            Refused: if that is more image steps than the budget has.
        """
        cost, pool, n = self.image_steps(), self.pool, len(self.classes)
        if cost > budget:
            drawn = f"{self.ipc} images" + (f" from a pool {pool} times as large" * (pool > 1))
            raise Refused(
                f"{drawn} of {n} class{'es' * (n > 1)} in {self.steps} steps "
                f"are {cost:,} image steps; at most {budget:,} are allowed here. "
                f"Ask for fewer images{', classes' * (n > 1)} or steps."
            )

    def public(self) -> dict[str, Any]:
        """The request as a record that may be read by others: without private options.

        What came when there were records already is left out where it has its default.
        """
        private, methods = self.private(), self.methods.items()
        kept = {f"{name}.{key}" for name, method in methods for key in recorded(method)}
        options = {k: v for k, v in self.options.items() if k in kept and k not in private}
        record = asdict(replace(self, options=options))
        late = ("cfg_channels", "cfg_between")
        return {k: v for k, v in record.items() if k not in late or v is not None}

    def private(self) -> dict[str, Any]:
        """The options that are written into no file and no link."""
        return {
            (key := f"{name}.{f.name}"): self.options[key]
            for name, method in self.methods.items()
            for f in fields(method)
            if f.metadata["private"]
        }

    def changed(self) -> dict[str, Any]:
        """The options that are not their method's defaults."""
        usual = _options(make_methods(self.method))
        return {k: v for k, v in self.options.items() if v != usual[k]}

    def query(self) -> dict[str, str]:
        """The public request as the parameters of a link, read back by `from_query`."""
        private = self.private()
        changed = {k: v for k, v in self.changed().items() if k not in private}
        names = DATASETS[self.dataset].classes
        plain = {
            "dataset": self.dataset,
            "method": self.method,
            "classes": _class_text(self.classes, names),
            "ipc": self.ipc,
            "steps": self.steps,
            "cfg_scale": self.cfg_scale,
            "seed": self.seed,
            "sampler": self.sampler,
            "cfg_between": interval_text(self.cfg_between) or None,
            "cfg_channels": self.cfg_channels,
            **changed,
        }
        return {key: f"{value}" for key, value in plain.items() if value is not None}

    @classmethod
    def from_query(cls, query: Mapping[str, str], budget: int = BUDGET) -> "Request":
        """Validates the parameters of a link; a key with a dot is a method's option.

        Raises:
            Refused: as `parse` does.
        """
        options = {key: value for key, value in query.items() if "." in key}
        raw = {key: value for key, value in query.items() if "." not in key}
        known = {*cls.__dataclass_fields__} - {"options", "prior"}  # no link chooses a folder
        for key in raw:
            choice("parameter", key, known)
        return cls.parse({**raw, "options": options}, budget)

    @property
    def pool(self) -> int:
        """How many latents are drawn for each image that is kept."""
        return max(method.pool for method in self.methods.values())

    def image_steps(self, classes: int | None = None) -> int:
        """What a budget is about: images drawn times steps, of its classes or of so many."""
        n = len(self.classes) if classes is None else classes
        return self.ipc * self.pool * n * self.steps

    @property
    def methods(self) -> dict[str, Method]:
        """The methods by name, with their options."""
        return make_methods(self.method, self.options)

    @property
    def settings(self) -> Settings:
        """How to sample."""
        return Settings(
            self.ipc, self.steps, self.cfg_scale, self.seed, self.sampler, self.cfg_channels,
            self.cfg_between,
        )  # fmt: skip


def dial_value(key: str, value: Any) -> float:
    """A value for a dial, checked as `Request.parse` checks it.

    `key` is "cfg_scale", or the full name of a live hyperparameter, such as "dap.gamma".

    Raises:
        Refused: if nothing of that name may be turned, or the value is out of its range.
    """
    if key == "cfg_scale":
        return number(key, value, *BOUNDS[key])
    knobs = live_knobs(METHODS)
    return float(convert(key, knobs[choice("dial", key, ["cfg_scale", *knobs])], value))


def interval_text(between: tuple[int, int] | None) -> str:
    """Times such as "100-800", as a request reads them; empty where they are all."""
    return "" if between is None else "{}-{}".format(*between)


def _interval(given: Any) -> tuple[int, int] | None:
    """The times between which class guidance acts, of text such as "100-800" or of a pair."""
    if given is None or given == "":
        return None
    ends = given.split("-") if isinstance(given, str) else given
    if not isinstance(ends, (list, tuple)) or len(ends) != 2:
        raise Refused(f"cfg_between needs two times, such as 100-800; got {str(given)[:60]!r}.")
    low, high = (whole("a time of cfg_between", end, 0, TIMES) for end in ends)
    if low >= high:
        raise Refused(f"cfg_between needs its lower time first; got {low}-{high}.")
    return low, high


def _options(methods: Mapping[str, Method]) -> dict[str, Any]:
    """Every hyperparameter of every method, defaults included, by its full name."""
    return {f"{m}.{k}": v for m, method in methods.items() for k, v in asdict(method).items()}


def _classes(given: Any, names: tuple[str, ...]) -> tuple[int, ...]:
    if given is None or given == "":
        return tuple(range(len(names)))
    if isinstance(given, str):
        given = [given] if given in names else given.split(",")
    elif isinstance(given, (int, float)):
        given = [given]
    chosen = [label_of(item, names) for item in given]
    if len(set(chosen)) < len(chosen):
        raise Refused(f"A class is named twice in {str(given)[:60]}.")
    return tuple(chosen)


def _class_text(classes: tuple[int, ...], names: tuple[str, ...]) -> str:
    """The names of classes, read back by `_classes`; indices where those would mean others."""
    text = ",".join(names[c] for c in classes)
    try:
        if _classes(text, names) == classes:
            return text
    except Refused:
        pass  # a part of a name is none
    return ",".join(f"#{c}" for c in classes)


def label_of(item: Any, names: tuple[str, ...]) -> int:
    """The label of a class that is given by its name or its index.

    Text is a name where there is a class of that name; a number, and text such as "#7", is always
    an index, counted from 0.

    Raises:
        Refused: if there is no such class.
    """
    text = str(item).strip()
    if re.fullmatch(r"#\d{1,9}", text):
        return whole("class", text[1:], 0, len(names) - 1)
    if text in names and not isinstance(item, int):  # a class may be called "7", and be the third
        return names.index(text)
    try:
        return whole("class", text, 0, len(names) - 1)
    except Refused:
        raise Refused(unknown("class", text, names)) from None
