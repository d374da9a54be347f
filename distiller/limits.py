"""Limits: one way to turn what a user gave into a number or a choice, or refuse it in words."""

import math
from collections.abc import Iterable
from typing import Any

from .errors import Refused, unknown

__all__ = ["choice", "flag", "number", "whole"]


def number(name: str, value: Any, low: float, high: float) -> float:
    """A finite number from low to high; text is converted.

    Raises:
        Refused: naming the range and what came.
    """
    if isinstance(value, bool):
        value = "true or false"
    try:
        converted = float(value)
    except (TypeError, ValueError, OverflowError):
        converted = math.nan
    if not low <= converted <= high:
        raise Refused(f"{name} must be a number from {low:g} to {high:g}; got {_show(value)}.")
    return converted


def whole(name: str, value: Any, low: int, high: int) -> int:
    """A whole number from low to high; text and floats without a fraction are converted.

    Raises:
        Refused: naming the range and what came.
    """
    try:
        converted = number(name, value, low, high)
    except Refused:
        converted = 0.5
    if converted != int(converted):
        raise Refused(f"{name} must be a whole number from {low} to {high}; got {_show(value)}.")
    return int(converted)


def choice(name: str, value: Any, known: Iterable[str]) -> str:
    """One of the known names.

    Raises:
        Refused: listing them.
    """
    known = list(known)
    if value not in known:
        raise Refused(unknown(name, value, known))
    return str(value)


def flag(name: str, value: Any) -> bool:
    """True or false, or those words.

    Raises:
        Refused: saying what came.
    """
    words = {"true": True, "false": False}
    converted = words.get(value.lower()) if isinstance(value, str) else value
    if not isinstance(converted, bool):
        raise Refused(f"{name} must be true or false; got {_show(value)}.")
    return converted


def _show(value: Any) -> str:
    return repr(value)[:60]
