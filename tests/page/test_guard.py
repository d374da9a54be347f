"""Who may embed the page, and which other sites may call it."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Page, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from distiller.errors import Refused
from tests.page.visitor import finished, open_evaluation
from viz.page import serve
from viz.page.guard import Guard, guard, policies
from viz.settings import origins

HERE = {"host": "page.example"}


def answer(request: Request) -> Response:
    return PlainTextResponse("done")


def status(method: str = "POST", *allowed: str, space: str = "", **given: str) -> int:
    """What the guard of a page lets through: the status of the answer."""
    served = Starlette(routes=[Route("/", answer, methods=["GET", "POST"])])
    client = TestClient(Guard(served, allowed, space))
    headers = {name.replace("_", "-"): value for name, value in {**HERE, **given}.items()}
    return client.request(method, "/", headers=headers).status_code


@pytest.mark.parametrize(
    "given",
    [
        {},  # a program
        {"origin": "http://page.example"},
        {"origin": "https://page.example"},  # a proxy takes HTTPS from it
        {"origin": "https://page.example:443"},
        {"host": "page.example:7860", "origin": "http://page.example:7860"},
        {"host": "PAGE.example:80", "origin": "http://page.Example"},
        {"host": "[::1]:7860", "origin": "http://[::1]:7860"},
        {"host": "127.0.0.1:7860", "origin": "https://page.example",
         "x_forwarded_host": "page.example"},
        {"host": "127.0.0.1:7860", "origin": "https://page.example",
         "x_forwarded_host": "page.example, inner.example"},
        {"origin": "http://page.example:8080"},  # the proxy left out the port
        {"host": "127.0.0.1:7860", "origin": "https://page.example",
         "sec_fetch_site": "same-origin"},  # the proxy says nothing, the browser does
        {"sec_fetch_site": "none"},
    ],
)  # fmt: skip
def test_the_page_itself_and_programs_may_call_it(given: dict[str, str]) -> None:
    assert status(**given) == 200


@pytest.mark.parametrize(
    "given",
    [
        {"origin": "https://other.example"},
        {"origin": "https://other.example", "sec_fetch_site": "cross-site"},
        {"origin": "https://page.example.other.example"},
        {"origin": "https://other.example/page.example"},
        {"origin": "https://page.example@other.example"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "https://page.example:99999999"},
        {"origin": "http://page.example:8080", "sec_fetch_site": "same-site"},
        {"host": "127.0.0.1:7860", "origin": "http://127.0.0.1:8888"},
        {"host": "127.0.0.1:7860", "origin": "http://localhost:7860"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
    ],
)
def test_another_site_may_not(given: dict[str, str]) -> None:
    assert status(**given) == 403
    assert status("GET", **given) == (403 if "origin" in given else 200)


def test_another_site_may_where_it_is_named() -> None:
    other = {"origin": "https://other.example", "sec_fetch_site": "cross-site"}
    assert status("POST", "https://other.example", **other) == 200
    assert status("POST", "*", **other) == 200
    assert status("POST", "http://other.example", **other) == 403
    assert status("POST", space="me-it.hf.space", origin="https://me-it.hf.space") == 200


def test_which_sites_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPACE_ID", raising=False)
    monkeypatch.delenv("DISTILLER_ORIGINS", raising=False)
    assert origins() == []
    monkeypatch.setenv("SPACE_ID", "me/it")
    assert origins() == ["https://huggingface.co"]
    monkeypatch.setenv("DISTILLER_ORIGINS", "https://A.example, http://localhost:3000")
    assert origins() == ["https://a.example", "http://localhost:3000"]
    monkeypatch.setenv("DISTILLER_ORIGINS", "*")
    assert origins() == ["*"]
    for wrong in ("a.example", "https://a.example/", "https://a;b", "'self'", "https://*"):
        monkeypatch.setenv("DISTILLER_ORIGINS", wrong)
        with pytest.raises(Refused, match="DISTILLER_ORIGINS needs origins"):
            guard()


def test_a_space_may_be_embedded_where_spaces_are_and_asks_after_itself() -> None:
    rules = policies(["https://huggingface.co"], "me-it.hf.space")["Content-Security-Policy"]
    assert "frame-ancestors 'self' https://huggingface.co" in rules
    assert "connect-src 'self' data: blob: https://huggingface.co" in rules
    assert "huggingface" not in policies([])["Content-Security-Policy"]


def test_the_served_page_is_guarded(address: str) -> None:
    got = httpx.get(address)
    assert got.status_code == 200
    for name, value in policies([]).items():
        assert got.headers[name] == value
    for path in ("gradio_api/upload", "gradio_api/queue/join", "gradio_api/component_server"):
        refused = httpx.post(address + path, headers={"origin": "https://other.example"}, json={})
        assert refused.status_code == 403
        assert "https://other.example, which may not call this one" in refused.text
        assert httpx.post(address + path, json={}).status_code != 403
    file = {"files": ("a.txt", b"text")}
    mine = {"origin": "https://page.example", "x-forwarded-host": "page.example"}
    assert httpx.post(address + "gradio_api/upload", files=file, headers=mine).status_code == 200


class Framing(BaseHTTPRequestHandler):
    """Another site, which shows the page at the port in its path in a frame."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        frame = f"<iframe width=1400 height=900 src='http://127.0.0.1:{self.path[1:]}/'></iframe>"
        self.wfile.write(frame.encode())

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def other() -> Iterator[str]:
    """The origin of another site: another port is one, too."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Framing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.slow
def test_another_site_shows_the_page_in_no_frame(page: Page, address: str, other: str) -> None:
    with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
        page.goto(f"{other}/{urlsplit(address).port}")


@pytest.mark.slow
def test_another_site_that_is_named_shows_the_page_in_a_frame(
    page: Page, other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISTILLER_ORIGINS", other)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    demo = serve("127.0.0.1", port, block=False)
    try:
        page.goto(f"{other}/{port}")
        expect(page.frame_locator("iframe").locator(".d-tile")).to_have_count(10)
    finally:
        demo.close()


@pytest.fixture
def said(page: Page) -> list[str]:
    """What the browser says of policies that were broken."""
    words: list[str] = []
    page.on("console", lambda message: words.append(message.text))
    return words


@pytest.mark.slow
def test_the_policies_break_nothing_on_any_tab(page: Page, address: str, said: list[str]) -> None:
    page.goto(address + "?dataset=digits&classes=3&ipc=2&steps=2")
    page.wait_for_function("() => window.distiller?.shared.run?.n === 2")
    finished(page)
    expect(page.locator(".d-plot .main-svg").first).to_be_visible()
    with page.expect_download():
        page.locator("#export").click()
    open_evaluation(page)
    page.get_by_role("tab", name="Your pictures").click()
    expect(page.locator("#samples .d-note")).to_contain_text("a folder of pictures")
    page.get_by_role("button", name="Use via API").click()
    expect(page.get_by_text("/distill").first).to_be_visible()
    assert not [words for words in said if "Content Security Policy" in words]
