"""Refusals: what cannot be done is said in words: a notice on the page, an error of the API."""

from collections.abc import AsyncGenerator, Callable, Generator
from functools import wraps
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction
from typing import Any

import gradio as gr

from distiller.errors import Refused

__all__ = ["said"]


def said(work: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, or generator function, with each `Refused` turned into a notice.

    It is of the same kind: what is asynchronous stays so.
    """
    if isasyncgenfunction(work):
        return _stream(work)
    if iscoroutinefunction(work):
        return _wait(work)
    return _follow(work) if isgeneratorfunction(work) else _call(work)


def _stream(work: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(work)
    async def stream(*given: Any, **named: Any) -> AsyncGenerator[Any, None]:
        try:
            async for value in work(*given, **named):
                yield value
        except Refused as error:
            raise _notice(error) from error

    return stream


def _wait(work: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(work)
    async def wait(*given: Any, **named: Any) -> Any:
        try:
            return await work(*given, **named)
        except Refused as error:
            raise _notice(error) from error

    return wait


def _follow(work: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(work)
    def follow(*given: Any, **named: Any) -> Generator[Any, None, Any]:
        try:
            return (yield from work(*given, **named))
        except Refused as error:
            raise _notice(error) from error

    return follow


def _call(work: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(work)
    def call(*given: Any, **named: Any) -> Any:
        try:
            return work(*given, **named)
        except Refused as error:
            raise _notice(error) from error

    return call


def _notice(refused: Refused) -> gr.Error:
    return gr.Error(str(refused), title="Not possible", print_exception=False)
