"""The door: a page opens, whatever waits in the line."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from bench.client import Client, Layout
from tests.page.gate import MakeGate, at
from viz.serving.desk import open_desk

MANY = 50  # runs: more than Gradio lets go on at once unless it is told otherwise
ENOUGH = 60.0  # seconds in which the page opens on a slow machine, too


@pytest.mark.slow
def test_a_page_opens_while_many_runs_wait(address: str, gate: MakeGate) -> None:
    held = gate("viz.serving.desk.explore", at(1))
    asyncio.run(_open_beside_runs(address))
    held.open(1000)


async def _open_beside_runs(address: str) -> None:
    async with httpx.AsyncClient(timeout=ENOUGH) as http:
        layout = Layout.read((await http.get(address)).text)
        program, visitor = (Client(address, http, layout) for _ in range(2))
        distil = layout.named("distill")
        try:
            for seed in range(MANY):
                run = {"dataset": "digits", "ipc": 1, "steps": 2, "seed": 1000 + seed}
                await program.join(distil, await program.arguments("distill", run))
            await _until(lambda: len(open_desk().line._jobs) >= MANY)
            await asyncio.wait_for(visitor.open(), ENOUGH)
            assert visitor.get("stage")["query"]["dataset"] == "solids"
        finally:
            await visitor.close()
            await program.close()


async def _until(true: Callable[[], Any]) -> None:
    for _ in range(int(ENOUGH / 0.1)):
        if true():
            return
        await asyncio.sleep(0.1)
    raise AssertionError("it has not become true")
