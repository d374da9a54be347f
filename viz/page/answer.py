"""A whole answer of the page, held back: for what is kept and sent to others, too."""

from typing import NamedTuple

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope

__all__ = ["Answer", "answer_of"]


class Answer(NamedTuple):
    """What an application answered."""

    status: int
    headers: MutableHeaders
    body: bytes


async def answer_of(app: ASGIApp, scope: Scope, receive: Receive) -> Answer:
    """What an application answers to a request, once all of it is there."""
    status, raw, parts = 500, list[tuple[bytes, bytes]](), list[bytes]()

    async def take(message: Message) -> None:
        nonlocal status, raw
        if message["type"] == "http.response.start":
            status, raw = message["status"], list(message["headers"])
        elif message["type"] == "http.response.body":
            parts.append(message.get("body", b""))

    await app(scope, receive, take)
    return Answer(status, MutableHeaders(raw=raw), b"".join(parts))
