"""Whether a value is of a payload's type: every key that must be there, and no other."""

import types
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NotRequired, Union, get_args, get_origin, is_typeddict

__all__ = ["check"]


def check(kind: Any, value: Any, where: str = "") -> None:
    """Raises AssertionError, which says where, if a value is not of its type."""
    origin, given = get_origin(kind), get_args(kind)
    if is_typeddict(kind):
        _check_keys(kind, value, f"{where} ({kind.__name__})")
        for key, each in value.items():
            check(kind.__annotations__[key], each, f"{where}.{key}")
    elif origin is NotRequired:
        check(given[0], value, where)
    elif origin in (Union, types.UnionType):
        known = next((each for each in given if _is(each, value, where)), None)
        assert known is not None, f"{where}: {value!r:.80} is none of {given}"
    elif origin is Literal:
        same = [each for each in given if each == value and type(each) is type(value)]
        assert same, f"{where}: {value!r} is none of {given}"
    elif origin is Sequence:
        assert isinstance(value, (list, tuple)), f"{where}: {value!r:.80} is no list"
        for k, each in enumerate(value):
            check(given[0], each, f"{where}[{k}]")
    elif origin is tuple:
        assert isinstance(value, (list, tuple)), f"{where}: {value!r:.80} is no list"
        assert len(value) == len(given), f"{where}: {len(value)} values"
        for k, (part, each) in enumerate(zip(given, value, strict=True)):
            check(part, each, f"{where}[{k}]")
    elif origin is Mapping:
        assert isinstance(value, dict), f"{where}: {value!r:.80} is no dictionary"
        for key, each in value.items():
            check(given[0], key, f"{where}.{key}")
            check(given[1], each, f"{where}.{key}")
    else:
        wanted = (int, float) if kind is float else kind
        right = isinstance(value, wanted) and (kind is bool) == isinstance(value, bool)
        assert right, f"{where}: {value!r:.80} is no {kind.__name__}"


def _check_keys(kind: Any, value: Any, where: str) -> None:
    assert isinstance(value, dict), f"{where}: {value!r:.80} is no dictionary"
    missing, more = kind.__required_keys__ - set(value), set(value) - set(kind.__annotations__)
    assert not missing, f"{where}: {sorted(missing)} missing"
    assert not more, f"{where}: {sorted(more)} are not known"


def _is(kind: Any, value: Any, where: str) -> bool:
    try:
        check(kind, value, where)
    except AssertionError:
        return False
    return True
