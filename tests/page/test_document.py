"""The document of the page: written once for each address, and the same as Gradio writes it."""

import gzip

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from viz.page.document import ADDRESSES, Document

Written = list[str]


@pytest.fixture
def written() -> Written:
    """The addresses for which the document was written, one after the other."""
    return []


@pytest.fixture
def client(written: Written) -> TestClient:
    def write(request: Request) -> Response:
        host = request.headers.get("x-forwarded-host") or request.headers["host"]
        written.append(host)
        if host == "down":
            return PlainTextResponse("not now", 503)
        words = request.query_params.get("deep_link", "")
        return HTMLResponse(f"<p>{host} {len(written)} {words}</p>")

    other = Route("/other", lambda _: PlainTextResponse("other"))
    routes = [Route("/", write, methods=["GET", "POST"]), other]
    return TestClient(Document(Starlette(routes=routes)))


def opened(client: TestClient, host: str = "a", path: str = "/", **headers: str) -> httpx.Response:
    given = {"host": host, **{name.replace("_", "-"): text for name, text in headers.items()}}
    return client.get(path, headers=given)


def test_the_document_is_written_once_whatever_the_link_asks_for(
    client: TestClient, written: Written
) -> None:
    texts = {opened(client, path=path).text for path in ("/", "/?seed=3", "/?tab=compare")}
    assert texts == {"<p>a 1 </p>"}
    assert written == ["a"]
    assert opened(client, path="/other").text == "other"


def test_each_address_of_the_page_has_its_own(client: TestClient, written: Written) -> None:
    assert opened(client).text == "<p>a 1 </p>"
    assert opened(client, "b").text == "<p>b 2 </p>"
    assert opened(client, x_forwarded_host="outer").text == "<p>outer 3 </p>"
    assert opened(client, x_forwarded_proto="https").text == "<p>a 4 </p>"
    assert opened(client).text == "<p>a 1 </p>"


def test_only_so_many_addresses_are_kept(client: TestClient, written: Written) -> None:
    for number in range(ADDRESSES):
        opened(client, f"h{number}")
    opened(client, "h0")  # the one that was asked for last stays
    opened(client, "new")
    written.clear()
    opened(client, "h0")
    assert written == []
    opened(client, "h1")
    assert written == ["h1"]


def test_a_browser_that_unpacks_gets_it_packed(client: TestClient) -> None:
    plain = opened(client, accept_encoding="identity")
    assert "content-encoding" not in plain.headers
    with client.stream("GET", "/", headers={"host": "a", "accept-encoding": "gzip"}) as answer:
        packed = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    assert answer.headers["content-type"] == plain.headers["content-type"]
    assert gzip.decompress(packed) == plain.content


def test_what_is_no_document_is_not_kept(client: TestClient, written: Written) -> None:
    for _ in range(2):
        answer = opened(client, "down")
        assert (answer.status_code, answer.text) == (503, "not now")
    assert opened(client, path="/?deep_link=x").text == "<p>a 3 x</p>"
    client.post("/", headers={"host": "a"})
    assert written == ["down", "down", "a", "a"]
    assert opened(client).text == "<p>a 5 </p>"


def test_what_is_to_stand_first_does() -> None:
    page = Route("/", lambda _: HTMLResponse("<head><title>a</title></head><p><head></p>"))
    client = TestClient(Document(Starlette(routes=[page]), "<script>1</script>"))
    text = "<head><script>1</script><title>a</title></head><p><head></p>"
    assert [opened(client).text for _ in range(2)] == [text, text]
