"""A program that asks the page for much at once, and whoever comes behind it."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import httpx

from .client import Client, TurnedAway
from .visitor import Visitor

__all__ = ["Program"]

RUNS = 10


class Program:
    """Asks for ten runs at once, and for the scores of one of their sets."""

    def __init__(self, visitor: Visitor) -> None:
        """`visitor` is the one who comes behind it, each time in a new tab."""
        self._visitor, self._log = visitor, visitor.log
        self._dataset = visitor.datasets[0]

    async def stay(self, until: float, between: float) -> None:
        """Does so again and again until that time, with so many seconds between."""
        while time.monotonic() < until:
            tab = Client(self._visitor.address, self._visitor.http, self._visitor.layout)
            try:
                await self.once(tab)
            except* (TurnedAway, httpx.HTTPError) as errors:
                self._log.refused.setdefault("program", []).append(repr(errors))
            await tab.close()
            await asyncio.sleep(min(between, max(until - time.monotonic(), 0)))

    async def once(self, tab: Client) -> None:
        """Ten runs; one visitor's first run behind them; one set scored.

        How many of the ten end between the visitor's click and the end of the visitor's run, is
        noted. The visitor's page is open before, so that its loading is no part of this.
        """
        distil, done = self._visitor.layout.named("distill"), list[Mapping[str, Any]]()

        async def follow(id: str) -> None:
            async for message in tab.follow(distil, id):
                last = message["data"][0]
            done.append(last)

        behind = await self._visitor.come()
        asked = [await tab.arguments("distill", self._run()) for _ in range(RUNS)]
        ids = [await tab.join(distil, data) for data in asked]
        async with asyncio.TaskGroup() as group:
            for id in ids:
                group.create_task(follow(id))
            if behind is not None:
                finished, before = self._log.runs["finished"], len(done)
                behind.set("Seed", self._visitor.random.randrange(10**9))
                await self._visitor.press(behind)
                if self._log.runs["finished"] > finished:
                    self._log.ahead.append(len(done) - before)
                await behind.close()
        images = {done[-1]["metadata"][0]["class_name"]: done[-1]["images"]}
        async for _ in tab.events(self._visitor.layout.named("score"), [self._dataset, images]):
            self._log.runs["scored for a program"] += 1

    def _run(self) -> dict[str, Any]:
        """What `/distill` is asked for: one class with a seed of its own."""
        images, steps = (1, 1) if self._visitor.tiny else (10, 20)
        seed = self._visitor.random.randrange(10**9)
        return {
            "dataset": self._dataset, "label": "0", "ipc": images, "steps": steps, "seed": seed
        }  # fmt: skip
