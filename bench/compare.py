"""Compare in a browser: how long four lanes take, how they stream, how soon the map follows.

    python -m bench.compare [--rounds 3] [--steps 20] [--only digits] [--apart]

This process serves the page, with an empty cache, and looks at it in Chromium (needs Playwright).
Four lanes of ten images are timed from the click to the last image on the page, and to the last
score. In turns with them, the same lanes are followed without a browser, and the same four runs are
sampled alone, without a page. The lanes are DiT with four strengths of class guidance, so each is
the same work. What is aimed at stands in brackets.

The matrix can show no more steps a second than are sampled: so both numbers are told, for solids,
for digits, whose prior is smaller, and for lanes of a few digits, whose steps come quickly.

With `--apart` the browser has the last core for itself, and everything else has the others: so it
is with a visitor, who has a machine of their own. Without it the browser has the lowest priority.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from statistics import median
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode

import torch
from playwright.sync_api import Page, sync_playwright

from distiller import Settings, distill, finish, make_methods, open_lab
from viz.compare.lanes import compared
from viz.page import serve
from viz.serving.run_group import RunGroup
from viz.visitor.session import Session

from .browser import ARGUMENTS, on_core, standing_back
from .server import free_port

SCALES = (1.5, 2.0, 2.5, 3.0)  # class guidance of the four lanes
SIX = ("random", "dit", "diversity", "dap", "mmd", "herding")
IMAGES, FEW = 10, 2  # images of a lane
PARTS = {"solids": ("solids", IMAGES), "digits": ("digits", IMAGES), "few": ("digits", FEW)}
MAP_PART = "map"
PATIENCE = 900_000  # milliseconds that a comparison may take

THERE = """(count) => document.querySelectorAll(
    '.d-row:not(.d-live, .d-stale) .d-cell i[style*="url"]').length === count"""
"""Whether so many images of finished lanes are in the matrix."""
STALE = "() => !document.querySelector('#matrix .d-row:not(.d-stale)')"

RACE = """(count) => new Promise((resolve) => {
    const rows = (state) => document.querySelectorAll(`#matrix .d-row:not(${state}, .d-stale)`);
    const there = (state) => [...rows(state)]
        .map((row) => row.querySelectorAll('.d-cell i[style*="url"]').length);
    const sum = (images) => images.reduce((all, one) => all + one, 0);
    const seen = { first: 0, all: 0, scored: 0, steps: [] };
    const last = new Map();
    const began = performance.now();
    const look = () => {
        const spent = (performance.now() - began) / 1000;
        for (const [k, row] of document.querySelectorAll('#matrix .d-row').entries()) {
            const sheet = row.querySelector('.d-cell i')?.style.backgroundImage;
            if (!row.matches('.d-live:not(.d-made)') || !sheet || sheet === last.get(k)) continue;
            last.set(k, sheet);
            seen.steps.push([k, spent]);
        }
        const made = there('.d-live:not(.d-made)');
        if (!seen.first && made.some((images) => images > 1)) seen.first = spent;
        if (!seen.all && sum(made) === count) seen.all = spent;
        if (!seen.scored && sum(there('.d-live')) === count) seen.scored = spent;
        if (!seen.all || !seen.scored) return;
        observer.disconnect();
        resolve(seen);
    };
    const observer = new MutationObserver(look);
    document.querySelector('#compare-start').click();
    const what = { subtree: true, attributeFilter: ['class', 'style'], childList: true };
    observer.observe(document.querySelector('#matrix'), what);
})"""
"""Clicks; gives the seconds until the images of a first row, those of all rows and all scores are
there, and of each new step. Without a change nothing is looked at, so that looking costs little."""

MAP = """(lanes) => {
    const plot = document.querySelector('.d-lane-map .d-plot');
    const overlay = document.querySelector('.d-live-marks');
    const count = (slot) => Math.max(
        plot.data[4 + slot].x.length,
        overlay.querySelectorAll(`path[fill="var(--d-lane-${slot})"]`).length);
    const rows = () => [...document.querySelectorAll('#matrix .d-row')];
    window.drawn = { images: {}, runs: {} };
    window.distiller.on('lanes', () => requestAnimationFrame(() => requestAnimationFrame(() => {
        for (const [slot, row] of rows().entries()) {
            if (row.matches('.d-stale') || count(slot) < lanes.images) continue;
            if (row.matches('.d-made')) window.drawn.images[slot] ??= Date.now() / 1000;
            if (!row.matches('.d-live')) window.drawn.runs[slot] ??= Date.now() / 1000;
        }
    })));
}"""
"""Notes when the map shows the images of each lane, and when it shows them as a run with scores:
a frame is over by then. The first four traces of the map are none of a lane."""
POINTS = """() => document.querySelector('.d-lane-map .d-plot').data.slice(0, 2)
    .reduce((sum, { x }) => sum + x.length, 0)"""


def main() -> None:
    given = _parser().parse_args()
    own = leave_a_core() if given.apart else None
    print(f"{torch.get_num_threads()} threads, {os.cpu_count()} cores"
          f"{'' if own is None else ', the last one for the browser alone'}; "
          f"load of the machine before: {os.getloadavg()[0]:.1f}")  # fmt: skip
    with tempfile.TemporaryDirectory() as folder, served(folder) as address, opened(own) as page:
        for part in [given.only] if given.only else [*PARTS, MAP_PART]:
            if part == MAP_PART:
                follow(page, address, given.rounds)
            else:
                race(page, address, *PARTS[part], given)
    print(f"load of the machine after: {os.getloadavg()[0]:.1f}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--only", choices=[*PARTS, MAP_PART], help="the one part that is timed")
    parser.add_argument("--apart", action="store_true", help="a core for the browser alone")
    return parser


def leave_a_core() -> int:
    """Keeps this process, and what it begins, off the last core; returns that core.

    Raises:
        SystemExit: if there is only one, or the system is not Linux.
    """
    if sys.platform != "linux":
        raise SystemExit("--apart needs Linux. Leave it out.")
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise SystemExit("--apart needs two cores. Leave it out.")
    os.sched_setaffinity(0, cores[:-1])
    torch.set_num_threads(len(cores) - 1)
    return cores[-1]


@contextmanager
def served(folder: str) -> Iterator[str]:
    """The page, served by this process, with an empty cache."""
    os.environ |= {"DISTILLER_CACHE": folder, "DISTILLER_TRAIN": "0"}
    port = free_port()
    demo = serve("127.0.0.1", port, block=False)
    yield f"http://127.0.0.1:{port}/"
    demo.close()


@contextmanager
def opened(core: int | None) -> Iterator[Page]:
    """A window of 1440 x 900 in Chromium, which has that core or stands back."""
    begins = standing_back() if core is None else on_core(core)
    with sync_playwright() as playwright, begins as path:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(PATIENCE)
        yield page
        browser.close()


def link(dataset: str, lanes: Sequence[Mapping[str, Any]], **shared: Any) -> str:
    """A link that opens Compare and makes these lanes."""
    query: dict[str, Any] = {"tab": "compare", "dataset": dataset, "classes": 0, **shared}
    for k, lane in enumerate(lanes, 1):
        query[f"lane{k}"] = lane["method"]
        query |= {f"lane{k}.{key}": value for key, value in lane.items() if key != "method"}
    return "?" + urlencode(query)


def alone(dataset: str, images: int, steps: int, seed: int) -> float:
    """Seconds that the four lanes take to be sampled one after the other, without a page."""
    lab = open_lab(dataset)  # what the page samples with, too
    spent = 0.0
    for scale in SCALES:
        settings = Settings(ipc=images, steps=steps, seed=seed, cfg_scale=scale)
        began = time.perf_counter()
        finish(distill(make_methods("dit"), lab.prior, lab.data, settings, [0]))
        spent += time.perf_counter() - began
    return spent


def raced(page: Page, address: str, dataset: str, images: int, steps: int, seed: int) -> Any:
    """The four lanes on the page, from the click to the last image: what `RACE` notes."""
    lanes = [{"method": "dit", "cfg_scale": scale} for scale in SCALES]
    page.goto(address + link(dataset, lanes, ipc=1, steps=steps, seed=seed))
    page.wait_for_function(THERE, arg=len(lanes))
    page.locator("#setup").get_by_label("Images", exact=True).fill(str(images))
    page.keyboard.press("Tab")
    page.wait_for_function(STALE)
    return page.evaluate(RACE, images * len(lanes))


async def followed(dataset: str, images: int, steps: int, seed: int) -> tuple[float, float]:
    """Seconds until all images and all scores of the lanes are there, without a browser."""
    lanes = [
        {"slot": slot, "method": "dit", "cfg_scale": scale, "options": {}}
        for slot, scale in enumerate(SCALES)
    ]
    raw = {"dataset": dataset, "label": 0, "ipc": images, "steps": steps, "seed": seed}
    began, made, scores = time.perf_counter(), 0.0, 0.0
    async for race in compared(Session(), {**raw, "lanes": lanes}):
        spent, stands = time.perf_counter() - began, list(race["lanes"].values())
        if not made and all(not lane["live"] or lane.get("made") for lane in stands):
            made = spent
        scores = spent
    return made, scores


def bare(dataset: str, images: int, steps: int, seed: int) -> tuple[float, float]:
    """`followed`, in a thread of its own: Playwright has a loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, followed(dataset, images, steps, seed)).result()


def race(page: Page, address: str, dataset: str, images: int, given: argparse.Namespace) -> None:
    """Prints how long four lanes take beside their sampling, and how they stream."""
    alone(dataset, images, 2, 0)  # the first run compiles and reads
    rounds = []
    for seed in range(1, given.rounds + 1):
        rounds.append((raced(page, address, dataset, images, given.steps, seed),
                       bare(dataset, images, given.steps, seed + 1000),
                       alone(dataset, images, given.steps, seed)))  # fmt: skip
    print(f"{dataset}: four lanes of {images} images in {given.steps} steps")
    print("| round | first row, s | all images, s | all scores, s | images, scores without a "
          "browser, s | sampling alone, s | ratio (1.10) | without a browser | steps shown a "
          "second (10) | steps sampled a second | shown of those sampled |\n"
          "|---|---|---|---|---|---|---|---|---|---|---|")  # fmt: skip
    for k, (seen, plain, spent) in enumerate(rounds, 1):
        sampled = len(SCALES) * given.steps / spent
        share = len(seen["steps"]) / (len(SCALES) * given.steps)
        print(f"| {k} | {seen['first']:.2f} | {seen['all']:.2f} | {seen['scored']:.2f} | "
              f"{plain[0]:.2f}, {plain[1]:.2f} | {spent:.2f} | {seen['all'] / spent:.2f} | "
              f"{plain[0] / spent:.2f} | {shown(seen['steps']):.1f} | {sampled:.1f} | "
              f"{100 * share:.0f} % |")  # fmt: skip
    ratios = [seen["all"] / spent for seen, _, spent in rounds]
    print(f"ratio: {min(ratios):.2f} at best, {median(ratios):.2f} in the median (1.10)")


def shown(steps: Sequence[tuple[int, float]]) -> float:
    """Steps of a lane that were drawn a second, from its first to its last; all lanes together."""
    count, seconds = 0, 0.0
    for lane in {row for row, _ in steps}:
        times = [at for row, at in steps if row == lane]
        count, seconds = count + len(times) - 1, seconds + times[-1] - times[0]
    return count / seconds if seconds else 0.0


def follow(page: Page, address: str, rounds: int) -> None:
    """Prints how soon the map of 10,000 real points shows what the server has of a lane, of six."""
    waits: dict[str, list[float]] = {"images": [], "runs": []}
    for seed in range(1, rounds + 1):
        lanes = [{"method": method} for method in SIX]
        page.goto(address + link("solids", lanes, ipc=IMAGES, steps=1, seed=seed))
        page.wait_for_function(THERE, arg=IMAGES * len(lanes))
        page.locator("#lane-map").get_by_role("button", name="all classes").click()
        page.evaluate(MAP, {"images": IMAGES})
        page.locator("#setup").get_by_label("Steps", exact=True).fill("2")
        page.keyboard.press("Tab")
        with noted() as had:
            page.locator("#compare-start").click()
            page.wait_for_function(
                "(count) => Object.keys(window.drawn.runs).length === count", arg=len(lanes)
            )
        drawn = page.evaluate("window.drawn")
        for what, found in waits.items():
            found += [drawn[what][slot] - at for slot, at in had[what].items()]
    points = page.evaluate(POINTS)
    for what, found in waits.items():
        print(f"map of {points:,} real points and {len(SIX)} lanes, {len(found)} {what}: from when "
              f"the server has them to their drawn marks {median(found):.2f} s in the median, "
              f"{max(found):.2f} at most (0.5)")  # fmt: skip


@contextmanager
def noted() -> Iterator[dict[str, dict[str, float]]]:
    """When the server of this process has the images of each lane, and its run: seconds by slot."""
    had: dict[str, dict[str, float]] = {"images": {}, "runs": {}}
    show = RunGroup._show

    def watched(group: RunGroup[Any], place: str, shown: Any) -> None:
        if not shown["live"] or shown.get("made"):
            had["images"].setdefault(place, time.time())
        if not shown["live"]:
            had["runs"].setdefault(place, time.time())
        show(group, place, shown)

    with patch.object(RunGroup, "_show", watched):
        yield had


if __name__ == "__main__":
    main()
