"""Refusals: what cannot be done is said in words: a notice on the page, an error of the API."""

from collections.abc import Callable, Generator
from functools import wraps
from inspect import isgeneratorfunction
from typing import Any

import gradio as gr

from distiller.errors import Refused

__all__ = ["said"]


def said(work: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, or generator function, with each `Refused` turned into a notice."""
    if isgeneratorfunction(work):

        @wraps(work)
        def follow(*given: Any, **named: Any) -> Generator[Any, None, Any]:
            try:
                return (yield from work(*given, **named))
            except Refused as error:
                raise _notice(error) from error

        return follow

    @wraps(work)
    def call(*given: Any, **named: Any) -> Any:
        try:
            return work(*given, **named)
        except Refused as error:
            raise _notice(error) from error

    return call


def _notice(refused: Refused) -> gr.Error:
    return gr.Error(str(refused), title="Not possible", print_exception=False)
