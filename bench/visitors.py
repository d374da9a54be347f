"""Many visitors of the page at the same time: who is refused, who waits, and for how long.

    python -m bench.visitors [--visitors 50] [--pages 3] [--minutes 10] [--kept 20]
    python -m bench.visitors --runs 1000

The first serves the page in a process of its own, with room for `--kept` MB of finished runs, and
sends visitors. Most are programs that ask what the page's scripts ask: they load it, choose a data
set and a class, read thumbnails, open links, distil, wait for the discrepancies of the set, stop,
close the page while they wait, and come back by the link. Most runs are alike, some have seeds of
their own, some are long. `--pages` of them are pages in Chromium (needs Playwright). One more
program asks for ten runs at once, with somebody new behind it. Everything that is asked for before
the end is waited for; then the sets that came last are asked for again.

The second has `--runs` tiny runs made, each with a seed of its own, and looks at the memory.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random

import numpy as np

from distiller.data.registry import DATASETS

from .client import Layout
from .program import Program
from .server import Server, Usage, started
from .visitor import Log, Visitor
from .wire import connected

OFFERED = ("solids", "digits", "cifar10")
AGAIN = 20  # sets that are asked for once more at the end
SHORT = 3.0  # seconds: a shorter wait is told in whole seconds, and is right or wrong by rounding
BETWEEN = 40.0  # seconds from the end of one program's ten runs to the next


def main(words: list[str] | None = None) -> Log:
    given = _parser().parse_args(words)
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        cache = given.cache or Path(folder) / "cache"
        server = started(Path(folder), cache, given.kept)
        try:
            print(f"load of the machine before: {load:.1f}")
            log, usage = Log(), Usage()
            asyncio.run(_send(given, server, log, usage))
            _report(log, usage, given)
            print(f"errors in the page's log: {server.tracebacks()} (0)")
        except BaseException:
            print(server.log.read_text(errors="replace")[-4000:], file=sys.stderr)
            raise
        finally:
            server.stop()
    return log


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--visitors", type=int, default=50, help="of whom --pages have a browser")
    parser.add_argument("--pages", type=int, default=3)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--think", type=float, default=4, help="seconds between two actions (4)")
    parser.add_argument("--kept", type=int, default=20, help="MB for finished runs (20)")
    parser.add_argument("--runs", type=int, default=0, help="so many tiny runs instead")
    parser.add_argument("--datasets", help=f"those of {','.join(OFFERED)} that are here")
    parser.add_argument("--cache", type=Path, help="the page's cache folder (an empty one)")
    parser.add_argument("--seed", type=int, default=0, help="of what the visitors do")
    parser.add_argument(
        "--tiny",
        action="store_true",
        help="runs of one image in one step, without their discrepancies",
    )
    return parser


async def _send(given: argparse.Namespace, server: Server, log: Log, usage: Usage) -> None:
    """Sends the visitors."""
    async with connected(patience=60) as http:
        layout = Layout.read((await http.get(server.address)).text)
        here = [name for name in OFFERED if DATASETS[name].here()]
        names = given.datasets.split(",") if given.datasets else here

        def visitor(number: int, log: Log = log) -> Visitor:
            random, tiny = Random(f"{given.seed} {number}"), given.tiny or given.runs > 0
            common = (server.address, http, layout, log, random, names, given.think)
            return Visitor(*common, tiny, discrepancies=not tiny)

        await _warm_up(visitor(-1, Log()))
        async with asyncio.TaskGroup() as group:
            watch = group.create_task(server.watch(usage))
            if given.runs:
                await _many_runs(given.runs, visitor(0), server)
            else:
                await _crowd(given, server, visitor)
                await _ask_again(visitor(-2), log)
            watch.cancel()


async def _warm_up(visitor: Visitor) -> None:
    """One run of each data set, so that its models are read and its data are there."""
    began = time.monotonic()
    for dataset in visitor.datasets:
        await visitor.glance({"dataset": dataset, "ipc": "2", "steps": "2", "seed": "123"})
    if visitor.log.refused or visitor.log.runs["finished"] != len(visitor.datasets):
        raise RuntimeError(f"The page does not work: {visitor.log.refused or visitor.log.lost}")
    words = ", ".join(visitor.datasets)
    print(f"first run of {words}: {time.monotonic() - began:.0f} s", flush=True)


async def _crowd(
    given: argparse.Namespace, server: Server, visitor: Callable[[int], Visitor]
) -> None:
    """Everybody at the same time, until the time is over and what was asked for is there."""
    log, until = visitor(0).log, time.monotonic() + 60 * given.minutes
    between = min(BETWEEN, 10 * given.minutes)
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as group:
        if given.pages:
            from . import browser

            chromium = await stack.enter_async_context(browser.chromium())
        for k in range(given.visitors):
            if k < given.pages:
                random = Random(f"{given.seed} page {k}")
                stay = browser.look(chromium, server.address, log, random, until)
            else:
                stay = visitor(k).stay(until)
            group.create_task(stay)
        group.create_task(Program(visitor(given.visitors)).stay(until, between))
    print(f"what was asked for last was there {time.monotonic() - until:.0f} s after the end")


async def _ask_again(visitor: Visitor, log: Log) -> None:
    """Opens links to the sets that came last: each must be there at once, with the same sheet."""
    last = list(log.made.items())[-AGAIN:]
    same, began = 0, time.monotonic()
    visitor.log, visitor.discrepancies = Log(), False
    for link, sheet in last:
        await visitor.glance(dict(link))
        same += visitor.log.made.get(link) == sheet
    seconds = time.monotonic() - began
    print(f"sets that came last, asked for again: {same} of {len(last)} the same ({len(last)}), "
          f"in {seconds:.1f} s")  # fmt: skip
    log.lost += [f"not the same again: {len(last) - same} sets"] * (same < len(last))


async def _many_runs(count: int, visitor: Visitor, server: Server) -> None:
    """Tiny runs one after the other, a new tab for every ten; prints the memory as they come."""
    made, memory, began = [], [], time.monotonic()
    for done in range(0, count, 10):
        if done % 50 == 0:
            made.append(done)
            memory.append(server.memory())
            print(f"after {done:5} runs {memory[-1]:7.1f} MB, {server.kept():6.1f} MB of runs "
                  f"on disk, {time.monotonic() - began:5.0f} s", flush=True)  # fmt: skip
        tab = await visitor.come()
        if tab is None:
            raise RuntimeError(f"The page turned a visitor away: {visitor.log.refused}")
        for _ in range(10):
            tab.set("Seed", visitor.random.randrange(10**9))
            tab.set("Images", 1)
            tab.set("Steps", 1)
            await visitor.press(tab)
        await tab.close()
    half = len(made) // 2
    slope = np.polyfit(made[half:], memory[half:], 1)[0] * 1000
    print(f"memory in the second half: {slope:+.1f} MB for 1,000 runs")


def _report(log: Log, usage: Usage, given: argparse.Namespace) -> None:
    """Prints what was seen, with what was aimed at in brackets."""
    turned = {kind: words for kind, words in log.refused.items() if words}
    for kind, words in turned.items():
        print(f"refused: {kind}: {len(words)}, such as {words[0][:200]}")
    loads = len(log.light.get("load", [])) + len(log.light.get("link", []))
    refused = sum(len(turned.get(kind, [])) for kind in ("load", "link", "load in Chromium"))
    print(f"page loads: {loads}, refused {refused} (0)")
    print("runs: " + ", ".join(f"{count} {how}" for how, count in sorted(log.runs.items())))
    print(f"runs refused without a place in line: {len(turned.get('run', []))} (0); the line was "
          f"full and the page tried again {log.full} times")  # fmt: skip
    print(f"finished runs lost: {len(log.lost)} (0)" + "".join(f"\n  {w}" for w in log.lost[:5]))
    _report_times(log)
    print("of another's ten runs, done between a visitor's click and result: "
          f"{sorted(log.ahead)} (few)")  # fmt: skip
    print(f"memory of the page: {usage.memory[0]:.0f} MB first, {max(usage.memory):.0f} at most, "
          f"{usage.memory[-1]:.0f} last; after the first third "
          f"{usage.slope(1 / 3):+.2f} MB a minute")  # fmt: skip
    print(f"finished runs on disk: {max(usage.disk):.1f} MB at most ({given.kept})")
    print(f"load of the machine, over a minute: {np.median(usage.load):.1f} in the median, "
          f"{max(usage.load):.1f} at most; {os.cpu_count()} cores")  # fmt: skip


def _report_times(log: Log) -> None:
    """Prints how long things took, and how right the waiting times were that were told."""
    print("| light action | times | p50, s | p95, s | most, s |\n|---|---|---|---|---|")
    here = [t for kind, times in log.light.items() if "Chromium" not in kind for t in times]
    for kind, times in [*sorted(log.light.items()), ("all but in Chromium (p95 under 1)", here)]:
        p50, p95 = np.percentile(times, [50, 95])
        print(f"| {kind} | {len(times)} | {p50:.2f} | {p95:.2f} | {max(times):.2f} |")
    if log.times:
        p50, p95 = np.percentile(log.times, [50, 95])
        print(f"from a click to its set: p50 {p50:.1f} s, p95 {p95:.1f} s, most "
              f"{max(log.times):.1f} s")  # fmt: skip
    for name, pairs in (("first told", log.waits), ("told at any time", log.told)):
        _report_told(name, [pair for pair in pairs if max(pair) >= SHORT])


def _report_told(name: str, pairs: Sequence[tuple[float, float]]) -> None:
    """Prints how right waiting times were: pairs of what was told and what was true, in seconds."""
    if pairs:
        ratios = np.array([told / max(true, 1e-3) for told, true in pairs])
        right = np.mean((ratios >= 0.5) & (ratios <= 2))
        p10, p50, p90 = np.percentile(ratios, [10, 50, 90])
        print(
            f"waiting times {name}, {len(pairs)} told or true of {SHORT:.0f} s or more: told / "
            f"true p10 {p10:.2f}, p50 {p50:.2f}, p90 {p90:.2f}; {right:.0%} within a factor of two"
        )


if __name__ == "__main__":
    main()
