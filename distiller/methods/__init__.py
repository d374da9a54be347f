"""The methods, one file each. A file added here is found by its name; it exports one class."""

from collections.abc import Mapping
from dataclasses import fields, replace
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from ..errors import Refused, unknown
from ..recipe import Method

__all__ = ["METHODS", "make_methods"]


def _load(name: str) -> type[Method]:
    module = import_module(f"{__name__}.{name}")
    (export,) = module.__all__
    method: type[Method] = getattr(module, export)
    return method


METHODS: dict[str, type[Method]] = {m.name: _load(m.name) for m in iter_modules(__path__)}


def make_methods(names: str, options: Mapping[str, Any] | None = None) -> dict[str, Method]:
    """The methods of `"dap+diversity"`, with options such as `{"dap.gamma": 2}`.

    An option may leave out the method's name where only one of them has it. Text becomes the
    type of the hyperparameter's default; ranges are checked when the method is fitted.

    Raises:
        Refused: if a method or an option does not exist, occurs twice, or cannot be converted.
    """
    chosen = [name.strip() for name in str(names).split("+")]
    for name in chosen:
        if name not in METHODS:
            raise Refused(unknown("method", name, METHODS))
        if chosen.count(name) > 1:
            raise Refused(f"The method {name} occurs twice in {names!r}; once is enough.")
    methods = {name: METHODS[name]() for name in chosen}
    for option, value in (options or {}).items():
        name, knob = _resolve(option, methods)
        methods[name] = replace(
            methods[name], **{knob: _convert(option, value, getattr(methods[name], knob))}
        )
    return methods


def _resolve(option: str, methods: Mapping[str, Method]) -> tuple[str, str]:
    known = [f"{name}.{f.name}" for name, method in methods.items() for f in fields(method)]
    matches = [full for full in known if option in (full, full.split(".")[1])]
    if len(matches) > 1:
        raise Refused(f"The option {option!r} is ambiguous; say {' or '.join(matches)}.")
    if not matches:
        raise Refused(unknown("option", option, known))
    name, _, knob = matches[0].partition(".")
    return name, knob


def _convert(option: str, value: Any, default: Any) -> Any:
    if not isinstance(value, str) or isinstance(default, str):
        return value
    words = {"true": True, "false": False}
    try:
        if isinstance(default, bool):
            return words[value.lower()]
        return type(default)(value)
    except (KeyError, ValueError, OverflowError):
        kind = {bool: "true or false", int: "a whole number", float: "a number"}[type(default)]
        raise Refused(f"The option {option} must be {kind}; got {value[:60]!r}.") from None
