"""The files of the page, which are packed once and kept in memory.

A browser that opens the page asks for more than 200 of them: Gradio's scripts, ours, and Plotly.
Gradio would read and pack each of them anew for every visitor, in the thread that answers
everybody: most of a second of it, and a class that opens the page in one moment waits for all.
"""

import asyncio
import gzip
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

import brotli
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from .answer import answer_of

__all__ = ["Files", "files"]

FOLDERS = ("/assets/", "/static/", "/scripts/")
"""Where files lie that stay what they are as long as the page runs."""
ROOM = 64_000_000  # bytes that are kept at most
PACKERS: Mapping[str, Callable[[bytes], bytes]] = {
    "br": partial(brotli.compress, quality=6),
    "gzip": partial(gzip.compress, compresslevel=6, mtime=0),
}  # the best first, by their names in HTTP
PACKED = re.compile(r"\.(?:js|css|json|svg|html|txt|map)$")  # the others are packed already
SMALL = 500  # bytes of what is not packed
OF_ONE = (b"if-", b"origin")  # how headers begin that say who asks, and what is there already
OWN = ("content-length", "transfer-encoding", "date", "server")  # of one answer alone
HASHED = re.compile(r"^/assets/.+-[\w-]{8}\.(?:js|css|woff2?|svg|png)$")
"""Gradio's own files that carry a hash of their content in their name."""
FOR_GOOD = "public, max-age=31536000, immutable"

_Key = tuple[str, str]  # a path, and what its file is packed with


def files() -> Middleware:
    """Keeps the files of the page, packed."""
    return Middleware(Files)


@dataclass(frozen=True)
class _Kept:
    """A file as it was answered with."""

    body: bytes
    headers: Mapping[str, str]

    def response(self, asked: Headers) -> Response:
        """It, or the word that a browser has it already."""
        tag = self.headers.get("etag")
        if tag is not None and tag in asked.get("if-none-match", ""):
            names = ("etag", "cache-control", "vary")
            return Response(None, 304, {k: v for k, v in self.headers.items() if k in names})
        return Response(self.body, headers=dict(self.headers))


class Files:
    """Answers whoever asks for a file from what was answered to the first one."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._kept: dict[_Key, _Kept] = {}
        self._size = 0
        self._asking: defaultdict[_Key, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""
        if not _asks_for_a_file(scope):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        accepted = headers.get("accept-encoding", "")
        key = scope["path"], next((name for name in PACKERS if name in accepted), "")
        answer = self._kept.get(key) or await self._asked(key, scope, receive)
        if isinstance(answer, _Kept):
            answer = answer.response(headers)
        await answer(scope, receive, send)

    async def _asked(self, key: _Key, scope: Scope, receive: Receive) -> _Kept | Response:
        """The file as the page has it: those who ask meanwhile wait, and get the same."""
        async with self._asking[key]:
            answer = self._kept.get(key) or await _ask(self.app, scope, receive)
            if isinstance(answer, _Kept) and key not in self._kept:
                answer = await asyncio.to_thread(_packed, answer, *key)
                self._keep(key, answer)
        self._asking.pop(key, None)
        return answer

    def _keep(self, key: _Key, file: _Kept) -> None:
        if self._size + len(file.body) <= ROOM:
            self._kept[key] = file
            self._size += len(file.body)


async def _ask(app: ASGIApp, scope: Scope, receive: Receive) -> _Kept | Response:
    """The whole file; the answer as it is, if there is none."""
    # It is asked for as if nobody had it: whether somebody has it is said from what is kept.
    plain = [(name, value) for name, value in scope["headers"] if not name.startswith(OF_ONE)]
    status, headers, body = await answer_of(app, {**scope, "headers": plain}, receive)
    for name in OWN:
        del headers[name]
    if HASHED.match(scope["path"]) and status == 200:
        headers["cache-control"] = FOR_GOOD
    if status != 200:
        return Response(body, status, dict(headers))
    return _Kept(body, dict(headers))


def _packed(file: _Kept, path: str, coding: str) -> _Kept:
    """The same file, packed if that helps."""
    headers = dict(file.headers) | {"vary": "Accept-Encoding"}
    if coding and PACKED.search(path) and len(file.body) >= SMALL:
        headers["content-encoding"] = coding
        return _Kept(PACKERS[coding](file.body), headers)
    return _Kept(file.body, headers)


def _asks_for_a_file(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] != "GET" or scope.get("query_string"):
        return False
    if not scope["path"].startswith(FOLDERS):
        return False
    headers = Headers(scope=scope)
    origin = headers.get("origin")  # a browser names the page itself for some of its files
    own = origin is None or urlsplit(origin).netloc == headers.get("host")
    return own and "range" not in headers
