"""What a visitor does on the page, and what is noted of it."""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx

from distiller.sets.request import Request

from .client import Client, Layout, TurnedAway

__all__ = ["Log", "Visitor", "Wait"]

PLACE = re.compile(r"runs? comes? first, about (\d+) (s|min)")
Link = tuple[tuple[str, str], ...]
USUAL, LONG = {"Images": 10, "Steps": 20}, {"Images": 20, "Steps": 50}
OWN = (["dit"], ["diversity"], ["dap"], ["dap", "diversity"])  # methods of a run of one's own
ROWS = 500  # real images on the map that are looked at


@dataclass
class Log:
    """What was seen, of all visitors together."""

    light: dict[str, list[float]] = field(default_factory=dict)  # seconds, by kind of action
    refused: dict[str, list[str]] = field(default_factory=dict)  # words, by what was asked
    runs: Counter[str] = field(default_factory=Counter)  # by how they ended
    lost: list[str] = field(default_factory=list)  # runs that ended with no set
    waits: list[tuple[float, float]] = field(default_factory=list)  # first told, true: seconds
    told: list[tuple[float, float]] = field(default_factory=list)  # every time that was told, true
    full: int = 0  # times that the page said that the line is full, and that it tries again
    times: list[float] = field(default_factory=list)  # seconds from a click to its set
    ahead: list[int] = field(default_factory=list)  # of another's ten runs, those before a first
    made: dict[Link, str] = field(default_factory=dict)  # sheet of each set that came

    async def timed(self, kind: str, work: Awaitable[Any]) -> Any:
        """The result of a light action, whose time is noted; None if it was refused."""
        began = time.monotonic()
        try:
            result = await work
        except (TurnedAway, httpx.HTTPError) as error:
            self.refused.setdefault(kind, []).append(repr(error))
            return None
        self.light.setdefault(kind, []).append(time.monotonic() - began)
        return result


class Wait:
    """What one run was told of its turn, and when it came."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._told: list[tuple[float, float]] = []  # when, and how many seconds

    def see(self, words: str) -> None:
        """Takes what the page says while a run waits; no words mean that its turn has come."""
        self._log.full += "tries again by itself" in words
        found, now = PLACE.search(words), time.monotonic()
        if found:
            self._told.append((now, int(found[1]) * (60 if found[2] == "min" else 1)))
        elif not words and self._told:
            pairs = [(told, now - at) for at, told in self._told]
            self._log.waits.append(pairs[0])
            self._log.told += pairs
            self._told = []


@dataclass(eq=False)
class Visitor:
    """One who comes and goes."""

    address: str
    http: httpx.AsyncClient
    layout: Layout
    log: Log
    random: Random
    datasets: list[str]
    think: float  # seconds between two actions, in the mean
    tiny: bool = False  # whether every run is of one image in one step
    discrepancies: bool = True  # whether those of a finished set are waited for
    _label: int = 0  # the class that was chosen last

    async def stay(self, until: float) -> None:
        """Comes and goes until that time; what was asked for by then is waited for.

        On a machine that is too slow for that, everybody asks for one run all the same.
        """
        chosen = False
        await self._think()
        link: Mapping[str, str] | None = None
        while time.monotonic() < until or link is not None:
            tab, left = await self.come(link), link
            link = None
            for _ in range(self.random.randint(1, 4)):
                if tab is None or (chosen and time.monotonic() > until):
                    break
                chosen = True
                await self.choose(tab)
                link = await self.distil(tab, may_leave=left is None)
                if link is not None:  # the tab is closed, and comes again by the link
                    break
            if tab is not None:
                await tab.close()
            await self._think()

    async def come(self, link: Mapping[str, str] | None = None) -> Client | None:
        """Opens the page; by a link, the run of the link is waited for."""
        tab = Client(self.address, self.http, self.layout)
        changed = await self.log.timed("link" if link else "load", tab.open(link))
        if changed is None:
            await tab.close()
            return None
        if link is not None:
            await self.follow(tab, self.layout.changed(changed))
        return tab

    async def glance(self, link: Mapping[str, str]) -> None:
        """Opens a link, waits for its run, and closes the page."""
        tab = await self.come(link)
        if tab is not None:
            await tab.close()

    async def choose(self, tab: Client) -> None:
        """Chooses a data set and a class, and looks at real images on the map."""
        await self._think()
        dataset = self.random.choice(self.datasets)
        if dataset != tab.get("Data set"):
            tab.set("Data set", dataset)
            change = self.layout.function("Data set", "input", queue=False)
            await self.log.timed("data set", tab.at_once(change))
            await self._think()
        # Many press the same button: half of the choices are one of two classes.
        label = self.random.randrange(2 if self.random.random() < 0.5 else 10)
        pick = self.layout.function("classes", "pick", queue=False)
        await self.log.timed("class", tab.at_once(pick, {"label": label}))
        self._label = label
        rows = [self.random.randrange(ROWS) for _ in range(6)]
        await self.log.timed("thumbnails", tab.serve("map", "real_images", [dataset, rows]))
        await self._think()

    async def distil(self, tab: Client, *, may_leave: bool = True) -> Mapping[str, str] | None:
        """Presses the button; gives the link to a run that was left before its end."""
        own = self.random.random() >= 0.6
        tab.set("Seed", self.random.randrange(10**9) if own or self.tiny else 0)
        tab.set("methods", self.random.choice(OWN) if own and not self.tiny else ["dit"])
        numbers = LONG if own and self.random.random() < 0.25 else USUAL
        for name, value in numbers.items():
            tab.set(name, 1 if self.tiny else value)
        how = self.random.random()
        end = "stop" if how < 0.07 else "leave" if how < 0.2 and may_leave else ""
        return await self.press(tab, end)

    async def press(self, tab: Client, end: str = "") -> Mapping[str, str] | None:
        """Starts the run that the controls ask for; `end` says whether to stop or leave it."""
        ask = self.layout.function("explore-start", "click", queue=False)
        await self.log.timed("click", tab.at_once(ask))
        return await self.follow(
            tab, self.layout.function("explore-start", "click", queue=True), end
        )

    async def follow(
        self, tab: Client, start: Mapping[str, Any], end: str = ""
    ) -> Mapping[str, str] | None:
        """Waits for a run as the page does, and for the discrepancies of its set."""
        began, wait, stopped, run = time.monotonic(), Wait(self.log), False, None
        try:
            async for message in tab.events(start):
                shown = next(iter(message["data"]), None)
                if not isinstance(shown, dict) or "live" not in shown:
                    continue
                wait.see(shown.get("words", ""))
                if not shown["live"]:
                    run = shown
                elif end == "leave":
                    self.log.runs["left, and come back for"] += 1
                    return self._link(tab)
                elif end == "stop" and not stopped:
                    stopped = True
                    halt = self.layout.function("explore-stop", "click", queue=False)
                    await self.log.timed("stop", tab.at_once(halt))
        except (TurnedAway, httpx.HTTPError) as error:
            self.log.refused.setdefault("run", []).append(repr(error))
            return None
        self._note(run, stopped, time.monotonic() - began, str(self._link(tab)))
        if run is not None and self.discrepancies:
            try:
                async for _ in tab.events(self.layout.after(start)):
                    pass
            except (TurnedAway, httpx.HTTPError) as error:
                self.log.refused.setdefault("discrepancies", []).append(repr(error))
        return None

    def _note(self, run: Any, stopped: bool, seconds: float, link: str) -> None:
        if run is not None:
            self.log.runs["finished"] += 1
            self.log.times.append(seconds)
            self.log.made[tuple(run["query"].items())] = run["sheet"]
        elif stopped:
            self.log.runs["stopped"] += 1
        else:
            self.log.lost.append(link)

    async def _think(self) -> None:
        await asyncio.sleep(self.random.expovariate(1 / self.think) if self.think else 0)

    def _link(self, tab: Client) -> Mapping[str, str]:
        """The link to the run that a tab asks for; options of methods are as they come."""
        raw = {
            "dataset": tab.get("Data set"), "method": "+".join(tab.get("methods")),
            "classes": [self._label], "ipc": tab.get("Images"), "steps": tab.get("Steps"),
            "cfg_scale": tab.get("Class guidance (CFG)"), "seed": tab.get("Seed"),
        }  # fmt: skip
        return Request.parse(raw).query()
