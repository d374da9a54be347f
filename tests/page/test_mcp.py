"""The API through the Model Context Protocol: the same tools, and nothing that is private.

Its package is needed by this test alone, and by a page that is told to speak it.
"""

import ast
import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

from distiller.errors import Refused
from tests.page.test_app import API, free_port
from viz import settings
from viz.page import serve

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """Where a page answers in the protocol."""
    port = free_port()
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("DISTILLER_MCP", "1")
        demo = serve("127.0.0.1", port, block=False)
    yield f"http://127.0.0.1:{port}/gradio_api/mcp/"
    demo.close()


def asked(endpoint: str, work: Callable[[ClientSession], Awaitable[Any]]) -> Any:
    """What some work with a session of a client gives."""

    async def run() -> Any:
        async with (
            streamable_http_client(endpoint) as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            return await work(session)

    return asyncio.run(run())


def test_the_tools_are_the_endpoints_and_say_what_they_take(endpoint: str) -> None:
    tools = asked(endpoint, lambda session: session.list_tools()).tools
    assert sorted(tool.name for tool in tools) == API
    described = {tool.name: tool for tool in tools}
    distill = described["distill"]
    assert "Distils one class" in distill.description
    assert "Example: distill(" in distill.description
    assert distill.inputSchema["properties"]["ipc"]["type"] == "number"
    assert "how many images" in distill.inputSchema["properties"]["ipc"]["description"]


def test_a_tool_distils_and_refuses(endpoint: str) -> None:
    given = {"dataset": "digits", "method": "dit", "label": "3", "ipc": 1, "steps": 2}
    made = asked(endpoint, lambda session: session.call_tool("distill", given))
    assert not made.isError
    (part,) = [part for part in made.content if part.type == "text"]
    found = ast.literal_eval(part.text)
    assert found["images"][0].startswith("data:image/png;base64,")
    assert found["link"]["classes"] == "3"
    wrong = asked(endpoint, lambda session: session.call_tool("distill", {**given, "label": "x"}))
    assert wrong.isError
    assert "no class 'x'" in wrong.content[0].text


def test_where_the_package_is_missing_the_page_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISTILLER_MCP", "1")
    monkeypatch.setattr(settings, "find_spec", lambda name: None)
    with pytest.raises(Refused, match="needs the package mcp"):
        settings.speaks_mcp()
    monkeypatch.delenv("DISTILLER_MCP")
    assert not settings.speaks_mcp()
