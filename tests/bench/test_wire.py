"""The way of a visitor's requests: it sends what httpx sends, and takes all of an answer."""

import asyncio
import gzip
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import httpx
import pytest

from bench.client import Client, Layout, TurnedAway
from bench.wire import connected

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nthere"
PACKED = gzip.compress(b"there", mtime=0)
CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nthe\r\n2\r\nre\r\n0\r\n\r\n"
Work = Callable[[str, httpx.AsyncClient], Awaitable[None]]


class Told:
    """Answers the same to every request, by a server that notes what comes."""

    def __init__(self, answers: Sequence[bytes], *, hangs_up: bool = False) -> None:
        self.heard, self.connections = list[bytes](), 0
        self._answers, self._hangs_up = list(answers), hangs_up

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while head := await reader.read(2**16):
            self.heard.append(head)
            writer.write(self._answers.pop(0))
            if self._hangs_up:
                break
        writer.close()

    @asynccontextmanager
    async def address(self) -> AsyncGenerator[str, None]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        async with server:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    def ask(self, work: Work) -> None:
        async def run() -> None:
            async with self.address() as address, connected(patience=5) as http:
                await work(address, http)

        asyncio.run(run())


@pytest.mark.parametrize("answer", [PLAIN, CHUNKS])
def test_what_is_sent_is_what_httpx_sends(answer: bytes) -> None:
    told = Told([answer] * 4)

    async def work(address: str, http: httpx.AsyncClient) -> None:
        async with httpx.AsyncClient() as other:
            for way in (http, other):
                assert (await way.get(f"{address}/at", params={"a": "é &"})).text == "there"
                assert (await way.post(f"{address}/b", json={"a": 1})).content == b"there"

    told.ask(work)
    assert told.heard[:2] == told.heard[2:]
    assert told.connections == 2  # one for each way, used again


def test_packed_bodies_are_unpacked_where_they_are_read_and_come_as_they_are_otherwise() -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(PACKED)}\r\n\r\n"

    async def work(address: str, http: httpx.AsyncClient) -> None:
        assert (await http.get(address)).text == "there"
        async with http.stream("GET", address) as answer:
            assert b"".join([part async for part in answer.aiter_raw()]) == PACKED

    Told([head.encode() + PACKED] * 2).ask(work)


@pytest.mark.parametrize("answer", [PLAIN[:-1], CHUNKS[:-8], CHUNKS[:-2], PLAIN[:30]])
def test_an_answer_that_ends_too_early_is_an_error(answer: bytes) -> None:
    async def work(address: str, http: httpx.AsyncClient) -> None:
        with pytest.raises(httpx.ReadError):
            await http.get(address)

    Told([answer], hangs_up=True).ask(work)


def test_what_is_no_answer_is_an_error_and_so_is_nobody_there() -> None:
    async def work(address: str, http: httpx.AsyncClient) -> None:
        for _ in range(2):
            with pytest.raises(httpx.RemoteProtocolError):
                await http.get(address)
        with pytest.raises(httpx.ConnectError):
            await http.get("http://127.0.0.1:1")

    Told([b"what?\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"], hangs_up=True).ask(work)


def test_a_connection_whose_answer_was_left_is_not_used_again() -> None:
    told = Told([CHUNKS, PLAIN, PLAIN])

    async def work(address: str, http: httpx.AsyncClient) -> None:
        async with http.stream("GET", address) as answer:
            assert await anext(answer.aiter_raw()) == b"the"
        for _ in range(2):
            assert (await http.get(address)).text == "there"

    told.ask(work)
    assert told.connections == 2


def test_a_connection_that_the_server_closed_is_not_used_again() -> None:
    told = Told([PLAIN, PLAIN], hangs_up=True)

    async def work(address: str, http: httpx.AsyncClient) -> None:
        for _ in range(2):
            assert (await http.get(address)).text == "there"
            await asyncio.sleep(0.1)

    told.ask(work)
    assert told.connections == 2


def test_a_page_that_is_refused_says_why() -> None:
    async def work(address: str, http: httpx.AsyncClient) -> None:
        with pytest.raises(TurnedAway, match="503 from /: there"):
            await Client(address, http, Layout({}, [])).open()

    Told([PLAIN.replace(b"200 OK", b"503 Busy")]).ask(work)
