"""The API: the only functions of the page that are offered to programs."""

from collections.abc import AsyncGenerator, Callable
from functools import wraps
from inspect import isasyncgenfunction
from typing import Any

import gradio as gr
from gradio.context import LocalContext

from .. import endpoints
from ..serving.desk import VISITOR
from ..settings import OPEN
from .refusal import told

__all__ = ["add_endpoints"]


def add_endpoints() -> None:
    """Offers the endpoints; what samples or scores waits in the line before the device."""
    for work in (endpoints.distill, endpoints.compare, endpoints.score, endpoints.evaluate):
        gr.api(told(_asked(work)), api_name=work.__name__, **OPEN)
    gr.api(endpoints.datasets, api_name="datasets")
    gr.api(endpoints.methods, api_name="methods")


def _asked(work: Callable[..., Any]) -> Callable[..., Any]:
    """The same endpoint, told who asks: all calls of one address have one visitor's share."""
    if isasyncgenfunction(work):

        @wraps(work)
        async def stream(*given: Any, **named: Any) -> AsyncGenerator[Any, None]:
            VISITOR.set(_address())
            async for value in work(*given, **named):
                yield value

        return stream

    @wraps(work)
    async def call(*given: Any, **named: Any) -> Any:
        VISITOR.set(_address())
        return await work(*given, **named)

    return call


def _address() -> str:
    request = LocalContext.request.get(None)
    client = None if request is None else request.client
    return "a program" if client is None else f"program at {client.host}"
