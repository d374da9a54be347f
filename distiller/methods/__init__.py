"""The methods, one file each. A file added here is found by its name; it exports one class."""

from collections.abc import Mapping
from dataclasses import Field, fields, replace
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, get_args

from ..errors import Refused, unknown
from ..recipes.recipe import Group, Method, convert

__all__ = [
    "METHODS", "excluded", "make_methods", "method_table", "needed_steps", "paper_options",
]  # fmt: skip


def _load(name: str) -> type[Method]:
    module = import_module(f"{__name__}.{name}")
    (export,) = module.__all__
    method = getattr(module, export)
    if not (isinstance(method, type) and issubclass(method, Method)):
        raise TypeError(f"{module.__name__} exports {export}, which does not inherit from Method.")
    if vars(method).get("group") not in get_args(Group):
        raise TypeError(f"{export} of {module.__name__} must say a group of {get_args(Group)}.")
    return method


METHODS: dict[str, type[Method]] = {
    m.name.replace("_", "-"): _load(m.name) for m in iter_modules(__path__)
}


def excluded(name: str) -> list[str]:
    """The methods that cannot be combined with one: they fill the same place, or take real images.

    Methods that change the set with their hyperparameters, such as the selections with a pool of
    1, may exclude more.
    """
    mine = METHODS[name].place
    return [
        other
        for other, method in METHODS.items()
        if other != name
        and (method.place == "subset" or mine == "subset" or (mine and method.place == mine))
    ]


def make_methods(names: str, options: Mapping[str, Any] | None = None) -> dict[str, Method]:
    """The methods of `"dap+diversity"`, with options such as `{"dap.gamma": 2}`.

    An option may leave out the method's name where only one of them has it. Text becomes the
    type of the hyperparameter's default.

    Raises:
        Refused: if a method or an option does not exist, a method occurs twice, or a value is
            out of its range.
    """
    chosen = [name.strip() for name in str(names).split("+")]
    for name in chosen:
        if name not in METHODS:
            raise Refused(unknown("method", name, METHODS))
        if chosen.count(name) > 1:
            raise Refused(f"The method {name} occurs twice in {names!r}; once is enough.")
    if not isinstance(options or {}, Mapping):
        raise Refused(f"options must map names to values; got {repr(options)[:60]}.")
    methods = {name: METHODS[name]() for name in chosen}
    for option, value in (options or {}).items():
        name, knob = _resolve(option, methods)
        made = convert(f"{name}.{knob.name}", knob, value)
        methods[name] = replace(methods[name], **{knob.name: made})
    return methods


def paper_options(names: str) -> dict[str, Any]:
    """The values of the methods' papers, for DiT-XL/2, where they differ from the defaults."""
    chosen = {name.strip() for name in names.split("+")} & METHODS.keys()
    return {
        f"{name}.{option}": value
        for name in METHODS
        if name in chosen
        for option, value in METHODS[name].paper.items()
    }


def needed_steps(names: str, steps: int) -> int:
    """So many steps, or more where one of the methods needs them; unknown ones need none."""
    chosen = {name.strip() for name in names.split("+")} & METHODS.keys()
    return max([steps, *(METHODS[name].fewest_steps for name in chosen)])


def method_table() -> dict[str, dict[str, Any]]:
    """The methods and their options as plain values, for the command line and the API."""
    return {
        name: {
            "title": method.title,
            "about": (method.__doc__ or "").strip(),
            "group": method.group,
            "excludes": excluded(name),
            "paper": dict(method.paper),
            "fewest_steps": method.fewest_steps,
            "options": {f.name: {"default": f.default, **f.metadata} for f in fields(method)},
        }
        for name, method in METHODS.items()
    }


def _resolve(option: str, methods: Mapping[str, Method]) -> "tuple[str, Field[Any]]":
    known = {f"{name}.{f.name}": (name, f) for name, m in methods.items() for f in fields(m)}
    matches = [full for full in known if option in (full, full.split(".")[1])]
    if len(matches) > 1:
        raise Refused(f"The option {option!r} is ambiguous; say {' or '.join(matches)}.")
    if not matches:
        raise Refused(unknown("option", option, known))
    return known[matches[0]]
