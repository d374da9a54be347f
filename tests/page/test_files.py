"""The files of the page are read and packed once."""

import asyncio
import gzip
from collections.abc import Mapping
from typing import Any

import brotli
import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from viz.page import files
from viz.page.files import Files

TEXT = "export const words = 'the same words again and again';\n" * 200
HASHED = "/assets/Index-DAYzeNnX.js"


class Page:
    """A page with files, which counts how often it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.kept = Files(Starlette(routes=[Route("/{path:path}", self._answer)]))

    async def _answer(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        await asyncio.sleep(0.01)
        if request.url.path.endswith("missing.js"):
            return PlainTextResponse("none", 404)
        return Response(TEXT, media_type="text/javascript", headers={"ETag": '"1"'})

    def get(self, *paths: str, **headers: str) -> list[httpx.Response]:
        """What it answers to those who ask at the same time."""

        async def all_of_them() -> list[httpx.Response]:
            transport = httpx.ASGITransport(app=self.kept)
            async with httpx.AsyncClient(transport=transport, base_url="http://page") as client:
                named: Mapping[str, Any] = {k.replace("_", "-"): v for k, v in headers.items()}
                return await asyncio.gather(*[client.get(path, headers=named) for path in paths])

        return asyncio.run(all_of_them())


@pytest.mark.parametrize(
    ("accepted", "coding", "unpack"),
    [("gzip, deflate, br", "br", brotli.decompress), ("gzip", "gzip", gzip.decompress)],
)
def test_a_file_is_packed_once_for_all_who_ask(accepted: str, coding: str, unpack: Any) -> None:
    page = Page()
    packed = list[int]()
    with pytest.MonkeyPatch.context() as patch:
        pack = files.PACKERS[coding]
        counted = {coding: lambda body: packed.append(len(body)) or pack(body)}
        patch.setattr(files, "PACKERS", counted)
        answers = page.get(*["/scripts/1/page.js"] * 5, accept_encoding=accepted)
        answers += page.get("/scripts/1/page.js", accept_encoding=accepted)
    assert page.asked == ["/scripts/1/page.js"]
    assert packed == [len(TEXT)]
    for answer in answers:
        assert answer.text == TEXT
        assert answer.headers["content-encoding"] == coding
        assert answer.headers["vary"] == "Accept-Encoding"
        assert answer.headers["content-type"].startswith("text/javascript")
    (kept,) = page.kept._kept.values()
    assert len(kept.body) == int(answers[0].headers["content-length"]) < len(TEXT)
    assert unpack(kept.body).decode() == TEXT


def test_who_takes_no_packed_file_gets_a_plain_one() -> None:
    page = Page()
    for accepted in ("identity", "br"):  # each gets its own
        (answer,) = page.get("/static/a.js", accept_encoding=accepted)
        assert answer.text == TEXT
    assert page.asked == ["/static/a.js"] * 2


def test_a_browser_that_has_a_file_is_told_so() -> None:
    page = Page()
    (first,) = page.get(HASHED, if_none_match='"1"')
    assert (first.status_code, first.content) == (304, b"")
    (other,) = page.get(HASHED, if_none_match='"2"')
    assert (other.status_code, other.text) == (200, TEXT)
    assert page.asked == [HASHED]


def test_what_carries_its_hash_is_kept_for_good_by_browsers() -> None:
    page = Page()
    named, other = page.get(HASHED, "/assets/logo.js")
    assert "immutable" in named.headers["cache-control"]
    assert "cache-control" not in other.headers


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/", {}),
        ("/gradio_api/info", {}),
        ("/scripts/1/missing.js", {}),
        ("/scripts/1/page.js?other", {}),
        ("/assets/a.js", {"range": "bytes=0-9"}),
        ("/assets/a.js", {"origin": "https://example.org"}),
    ],
)
def test_what_is_no_file_or_may_be_another_is_asked_for_each_time(
    path: str, headers: dict[str, str]
) -> None:
    page = Page()
    page.get(path, **headers)
    page.get(path, **headers)
    assert len(page.asked) == 2
    assert not page.kept._kept


def test_the_page_itself_may_be_named_as_who_asks() -> None:
    page = Page()
    for _ in range(2):
        (answer,) = page.get(HASHED, origin="http://page")
        assert answer.text == TEXT
    assert page.asked == [HASHED]


def test_what_is_kept_has_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "ROOM", len(TEXT) + 10)
    page = Page()
    for _ in range(2):
        answers = page.get("/assets/a.js", "/assets/b.js", accept_encoding="identity")
        assert [answer.text for answer in answers] == [TEXT, TEXT]
    assert sorted(page.asked) == ["/assets/a.js", "/assets/b.js", "/assets/b.js"]
