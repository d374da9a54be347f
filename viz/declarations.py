"""The payloads' types for the page's scripts: TypeScript declarations, written from Python's.

    python -m viz.declarations

writes `assets/page/payloads.d.ts`. Read-only, as what was sent is never changed in place.
"""

import types
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NotRequired, Union, get_args, get_origin, is_typeddict

from distiller.machine.assets import ASSETS

from . import payloads

__all__ = ["DECLARATIONS", "declarations"]

DECLARATIONS = ASSETS / "page" / "payloads.d.ts"
HEAD = "// What the page is sent. Written by `python -m viz.declarations` from viz/payloads.\n"
PLAIN = {str: "string", int: "number", float: "number", bool: "boolean", type(None): "null"}


def declarations() -> str:
    """All payloads as TypeScript."""
    found = [getattr(payloads, name) for name in payloads.__all__]
    shapes = [_interface(kind) for kind in found if is_typeddict(kind)]
    return "\n".join([HEAD, *shapes])


def _interface(kind: Any) -> str:
    fields = [
        f"  {name}{'' if name in kind.__required_keys__ else '?'}: {_type(value)};"
        for name, value in kind.__annotations__.items()
    ]
    return "\n".join([f"export interface {kind.__name__} {{", *fields, "}", ""])


def _type(kind: Any) -> str:
    """A type of Python in TypeScript.

    Raises:
        TypeError: if it has none there.
    """
    origin, given = get_origin(kind), get_args(kind)
    if kind in PLAIN:
        return PLAIN[kind]
    if is_typeddict(kind):
        return str(kind.__name__)
    if origin is NotRequired:
        return _type(given[0])
    if origin in (Union, types.UnionType):
        return " | ".join(map(_type, given))
    if origin is Literal:
        return " | ".join(_literal(value) for value in given)
    if origin is Sequence:
        return f"readonly {_grouped(given[0])}[]"
    if origin is tuple:
        return f"readonly [{', '.join(map(_type, given))}]"
    if origin is Mapping and given[0] is str:
        return f"Readonly<Record<string, {_type(given[1])}>>"
    raise TypeError(f"A payload cannot have {kind!r}: the page's scripts know no such type.")


def _grouped(kind: Any) -> str:
    text = _type(kind)
    return f"({text})" if " " in text else text


def _literal(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else f"'{value}'"


if __name__ == "__main__":
    DECLARATIONS.write_text(declarations(), encoding="utf-8")
