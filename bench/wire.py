"""The way of requests over a network: HTTP/1.1 and no more than a page and its visitors need.

One process plays many visitors, each of whom has a machine of their own. What it takes for itself
is taken from the page beside it, and is in the times. The way that httpx has by itself looks at
every connection for every request, so that a crowd costs it more than all else together. This one
takes the connection that was used last.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

__all__ = ["Wire", "connected"]

FRESH = 3.0  # seconds: the server closes connections that are not used for five
ROOM = 2**20  # bytes that wait in a connection until they are read
END = b"\r\n"


def connected(patience: float) -> httpx.AsyncClient:
    """Sends requests by wires; waits so many seconds for a connection, and for ever for answers."""
    return httpx.AsyncClient(transport=Wire(), timeout=httpx.Timeout(None, connect=patience))


@dataclass
class _Connection:
    """Both directions, and when the last answer was there."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    used: float = 0.0

    def fresh(self) -> bool:
        """Whether it can take another request."""
        closed = self.reader.at_eof() or self.writer.is_closing()
        return not closed and time.monotonic() - self.used < FRESH


class Wire(httpx.AsyncBaseTransport):
    """Sends requests over connections that are used again, as many as it takes."""

    def __init__(self) -> None:
        self._idle = dict[tuple[str, int], list[_Connection]]()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer to a request, once its head is there; its body comes as it is read.

        Raises:
            httpx.TransportError: if there is no connection, or it ends too early.
        """
        address = request.url.host, request.url.port or 80
        connection = await self._connection(address, request)
        try:
            with _lost(request):
                await _send(connection.writer, request)
                status, headers = await _head(connection.reader)
        except BaseException:
            connection.writer.close()
            raise
        kept = self._idle.setdefault(address, [])
        return httpx.Response(status, headers=headers, stream=_Body(connection, headers, kept))

    async def aclose(self) -> None:
        """Closes the connections that nobody uses."""
        for kept in self._idle.values():
            for connection in kept:
                connection.writer.close()
        self._idle = {}

    async def _connection(self, address: tuple[str, int], request: httpx.Request) -> _Connection:
        """One that is there, and the one used last, since the others may grow old."""
        kept = self._idle.get(address, [])
        while kept:
            connection = kept.pop()
            if connection.fresh():
                return connection
            connection.writer.close()
        if request.url.scheme != "http":
            raise httpx.UnsupportedProtocol("A wire speaks http only.", request=request)
        patience = request.extensions.get("timeout", {}).get("connect")
        try:
            async with asyncio.timeout(patience):
                return _Connection(*await asyncio.open_connection(*address, limit=ROOM))
        except TimeoutError as error:
            raise httpx.ConnectTimeout(str(error), request=request) from error
        except OSError as error:
            raise httpx.ConnectError(str(error), request=request) from error


class _Body(httpx.AsyncByteStream):
    """The body of an answer, as it was sent; after its end the connection is kept for others."""

    def __init__(
        self, connection: _Connection, headers: httpx.Headers, kept: list[_Connection]
    ) -> None:
        self._connection, self._headers, self._kept = connection, headers, kept
        self._whole = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _lost(None):
            async for part in _parts(self._connection.reader, self._headers):
                yield part
        self._whole = "close" not in self._headers.get("connection", "").lower()

    async def aclose(self) -> None:
        if self._whole:
            self._connection.used = time.monotonic()
            self._kept.append(self._connection)
        else:  # what is still to come belongs to no other request
            self._connection.writer.close()
        self._whole = False


async def _send(writer: asyncio.StreamWriter, request: httpx.Request) -> None:
    lines = [f"{request.method} ".encode() + request.url.raw_path + b" HTTP/1.1"]
    lines += [name + b": " + value for name, value in request.headers.raw]
    writer.write(END.join([*lines, END]) + await request.aread())
    await writer.drain()


async def _head(reader: asyncio.StreamReader) -> tuple[int, httpx.Headers]:
    """The status of an answer, and its headers."""
    first, *lines = (await reader.readuntil(END + END))[: -len(END + END)].split(END)
    pairs = [line.split(b":", 1) for line in lines]
    return int(first.split()[1]), httpx.Headers([(name, value.strip()) for name, value in pairs])


async def _parts(
    reader: asyncio.StreamReader, headers: httpx.Headers
) -> AsyncGenerator[bytes, None]:
    """The body of an answer: in the parts in which it is sent, or of a length that is told.

    Raises:
        asyncio.IncompleteReadError: if the connection ends before it does.
    """
    if headers.get("transfer-encoding", "").lower() == "chunked":
        while size := int((await reader.readuntil(END)).split(b";")[0], 16):
            yield (await reader.readexactly(size + len(END)))[: -len(END)]
        while await reader.readuntil(END) != END:  # headers may come behind the body
            pass
    else:
        yield await reader.readexactly(int(headers["content-length"]))


@contextmanager
def _lost(request: httpx.Request | None) -> Iterator[None]:
    """Says in httpx's words that a connection has ended, or holds something else than HTTP."""
    try:
        yield
    except (OSError, asyncio.IncompleteReadError) as error:
        raise httpx.ReadError(repr(error), request=request) from error
    except (ValueError, LookupError, asyncio.LimitOverrunError) as error:
        raise httpx.RemoteProtocolError(repr(error), request=request) from error
