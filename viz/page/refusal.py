"""Refusals: what cannot be done is said in words: a notice on the page, an error of the API.

A browser draws a notice as HTML, and its words may repeat what a link or a file is called. So they
are escaped here, and no other module makes a notice. A program gets the words as they are.
"""

import html
from collections.abc import AsyncGenerator, Callable, Generator
from functools import wraps
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction
from typing import Any

import gradio as gr
from starlette.exceptions import HTTPException

from distiller.errors import Refused

__all__ = ["answered", "detail", "said", "told", "warn", "worded"]


def said(work: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, or generator function, with each `Refused` turned into a notice.

    It is of the same kind: what is asynchronous stays so.
    """
    return _turning(work, lambda words: html.escape(words, quote=False))


def told(work: Callable[..., Any]) -> Callable[..., Any]:
    """The same for what programs call: each `Refused` is an error with the same words."""
    return _turning(work, str)


def answered(work: Callable[..., Any]) -> Callable[..., Any]:
    """The same function for what a part's script calls: a `Refused` is an answer with its words."""

    @wraps(work)
    def answer(*given: Any) -> Any:
        try:
            return work(*given)
        except Refused as error:
            raise HTTPException(422, str(error)) from error

    return answer


def worded(work: Callable[..., Any]) -> Callable[..., Any]:
    """The same function for a script that shows the words of a `Refused`: they come as a value,
    since Gradio keeps those of an answer with an error to itself.

    It is of the same kind: what is asynchronous stays so.
    """

    @wraps(work)
    def answer(*given: Any) -> Any:
        try:
            return work(*given)
        except Refused as error:
            return {"refused": str(error)}

    @wraps(work)
    async def answer_later(*given: Any) -> Any:
        try:
            return await work(*given)
        except Refused as error:
            return {"refused": str(error)}

    return answer_later if iscoroutinefunction(work) else answer


def detail(event: gr.EventData, name: str) -> Any:
    """What a part's script sends along with an event, by its name.

    Raises:
        Refused: if nothing of that name was sent.
    """
    try:
        return getattr(event, name)
    except (AttributeError, TypeError) as error:
        raise Refused(f"An event needs its {name}, and came without it.") from error


def warn(words: str) -> None:
    """Shows words as a notice that the visitor need not act upon."""
    gr.Warning(html.escape(words, quote=False))


Show = Callable[[str], str]
"""What becomes of the words of a refusal."""


def _turning(work: Callable[..., Any], show: Show) -> Callable[..., Any]:
    if isasyncgenfunction(work):
        return _stream(work, show)
    if iscoroutinefunction(work):
        return _wait(work, show)
    return _follow(work, show) if isgeneratorfunction(work) else _call(work, show)


def _stream(work: Callable[..., Any], show: Show) -> Callable[..., Any]:
    @wraps(work)
    async def stream(*given: Any, **named: Any) -> AsyncGenerator[Any, None]:
        try:
            async for value in work(*given, **named):
                yield value
        except Refused as error:
            raise _error(error, show) from error

    return stream


def _wait(work: Callable[..., Any], show: Show) -> Callable[..., Any]:
    @wraps(work)
    async def wait(*given: Any, **named: Any) -> Any:
        try:
            return await work(*given, **named)
        except Refused as error:
            raise _error(error, show) from error

    return wait


def _follow(work: Callable[..., Any], show: Show) -> Callable[..., Any]:
    @wraps(work)
    def follow(*given: Any, **named: Any) -> Generator[Any, None, Any]:
        try:
            return (yield from work(*given, **named))
        except Refused as error:
            raise _error(error, show) from error

    return follow


def _call(work: Callable[..., Any], show: Show) -> Callable[..., Any]:
    @wraps(work)
    def call(*given: Any, **named: Any) -> Any:
        try:
            return work(*given, **named)
        except Refused as error:
            raise _error(error, show) from error

    return call


def _error(refused: Refused, show: Show) -> gr.Error:
    return gr.Error(show(str(refused)), title="Not possible", print_exception=False)
