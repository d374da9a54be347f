"""Calls of what the page does not have: words with a status of 4xx, and no traceback."""

import asyncio
from typing import Any

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from viz.page.stray import Stray

GONE = {"data": [], "fn_index": 9999}
PART = {"data": 1, "component_id": 9999, "session_hash": "x", "fn_name": "y"}


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("run/predict", GONE, 404, "has no function '9999'. Reload the page"),
        ("run/predict", {**GONE, "session_hash": "x"}, 404, "has no function '9999'"),
        ("run/predict", {**GONE, "fn_index": -1}, 404, "has no function '-1'"),
        ("run/nothing", {"data": []}, 404, "has no function 'nothing'"),
        ("api/nothing/", {"data": []}, 404, "has no function 'nothing'"),
        ("call/nothing", {"data": []}, 404, "has no function 'nothing'"),
        ("call/v2/nothing", {}, 404, "has no function 'nothing'"),
        ("call/v2/score", {"x": 1}, 422, "cannot be read: Parameter `x` is not a valid"),
        ("queue/join", {**GONE, "session_hash": "x"}, 404, "has no function '9999'"),
        ("queue/join", {**GONE, "fn_index": 10**30, "session_hash": "x"}, 404, "no function '1000"),
        ("component_server", PART, 404, "has no part '9999'"),
    ],
)
def test_a_call_of_what_is_not_there_is_words_and_one_line_of_the_log(
    address: str,
    capfd: pytest.CaptureFixture[str],
    path: str,
    body: dict[str, Any],
    status: int,
    words: str,
) -> None:
    answer = httpx.post(f"{address}gradio_api/{path}", json=body)
    assert answer.status_code == status
    assert words in answer.json()["detail"]
    told = capfd.readouterr().err.strip().splitlines()
    assert len(told) == 1
    assert told[0].startswith("distiller: a stray call was refused: ")
    assert len(told[0]) < 300


def test_a_form_that_lacks_what_it_is_for_is_words(
    address: str, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = httpx.post(f"{address}gradio_api/component_server", files={"a": ("a.txt", b"text")})
    assert answer.status_code == 422
    assert "needs 'component_id', and came without it" in answer.json()["detail"]
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize("path", ["queue/data?session_hash=gone", "call/score/gone"])
def test_whoever_listens_after_its_events_were_cleared_is_told_and_leaves_no_traceback(
    address: str, capfd: pytest.CaptureFixture[str], path: str
) -> None:
    answer = httpx.get(f"{address}gradio_api/{path}")  # raises if the answer does not end
    assert answer.status_code == 200
    assert "404" in answer.text
    assert "Traceback" not in capfd.readouterr().err


def test_a_fault_of_the_page_itself_stays_one() -> None:
    async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
        raise KeyError("a slip")

    async def nothing(*message: Message) -> Message:
        return {"type": "http.disconnect"}

    with pytest.raises(KeyError, match="a slip"):
        asyncio.run(Stray(faulty)({"type": "http", "path": "/"}, nothing, nothing))  # type: ignore[arg-type]
