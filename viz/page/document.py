"""The document: the HTML of the page, which is the same for every visitor, and is kept.

Gradio writes it anew for each visitor, with the description of every component: that takes a tenth
of a second of the thread that answers everybody, and a class that opens the page in one moment
waits for all of them. It follows from nothing but the address that the page has for the visitor.
"""

import asyncio
import gzip
from collections import OrderedDict
from dataclasses import dataclass
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from .answer import answer_of

__all__ = ["Document", "document"]

ADDRESSES = 8  # that the page may have at the same time, behind proxies
NAMES = ("host", "x-forwarded-host", "x-forwarded-proto", "x-gradio-server")
"""Headers that say at which address a visitor reaches the page."""
HEAD = b"<head>"
UNLIKE = ("deep_link",)  # parameters that change what Gradio writes


def document(first: str = "") -> Middleware:
    """Keeps the document of a page that has no visitors' names and passwords.

    `first` is HTML that stands first in its head.
    """
    return Middleware(Document, first=first)


@dataclass(frozen=True)
class _Kept:
    """A document, plain and packed, and the type that it was sent with."""

    plain: bytes
    packed: bytes
    media: str

    def response(self, headers: Headers) -> Response:
        """It as a browser takes it."""
        packs = "gzip" in headers.get("accept-encoding", "")
        answer = Response(self.packed if packs else self.plain, headers={"Vary": "Accept-Encoding"})
        answer.headers["Content-Type"] = self.media
        if packs:
            answer.headers["Content-Encoding"] = "gzip"
        return answer


class Document:
    """Answers whoever opens the page from what was written for the first one."""

    def __init__(self, app: ASGIApp, first: str = "") -> None:
        self.app = app
        self._first = first.encode()
        self._kept: OrderedDict[tuple[str | None, ...], _Kept] = OrderedDict()
        self._writing = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""
        if not _opens_the_page(scope):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        key = (scope["scheme"], scope.get("root_path"), *(headers.get(name) for name in NAMES))
        kept = self._kept.get(key) or await self._written(key, scope, receive)
        if isinstance(kept, _Kept):
            self._keep(key, kept)
        answer = kept.response(headers) if isinstance(kept, _Kept) else kept
        await answer(scope, receive, send)

    async def _written(
        self, key: tuple[str | None, ...], scope: Scope, receive: Receive
    ) -> _Kept | Response:
        """What is written for an address: those who come meanwhile wait, and get the same."""
        async with self._writing:
            kept = self._kept.get(key) or await self._write(scope, receive)
            if isinstance(kept, _Kept):
                self._keep(key, kept)
        return kept

    def _keep(self, key: tuple[str | None, ...], kept: _Kept) -> None:
        self._kept[key] = kept
        self._kept.move_to_end(key)
        while len(self._kept) > ADDRESSES:
            self._kept.popitem(last=False)

    async def _write(self, scope: Scope, receive: Receive) -> _Kept | Response:
        """What Gradio writes; its answer as it is, if that is no document."""
        status, headers, body = await answer_of(self.app, scope, receive)
        if status != 200:
            return Response(body, status, dict(headers))
        body = body.replace(HEAD, HEAD + self._first, 1)
        packed = await asyncio.to_thread(gzip.compress, body, 6)
        return _Kept(body, packed, headers.get("content-type", "text/html"))


def _opens_the_page(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] != "GET":
        return False
    if scope["path"] != "/":
        return False
    asked = parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
    return not any(name in asked for name in UNLIKE)
