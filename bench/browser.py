"""Visitors with a real page, in Chromium."""

import os
import shutil
import tempfile
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from random import Random
from shlex import quote
from typing import Any

from playwright.async_api import Browser, Page, async_playwright
from playwright.async_api import Error as BrowserError

from .visitor import Log

__all__ = ["ARGUMENTS", "chromium", "look", "on_core", "standing_back"]

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
LIGHT = 60_000  # milliseconds that a light action may take
PATIENCE = 900_000  # and a run, with its wait
DRAWN = "() => document.querySelector('.d-plot')?.data?.length && window.distiller?.shared.run"
CHOSEN = "(k) => document.querySelectorAll('.d-class')[k].getAttribute('aria-checked') === 'true'"
FINISHED = "(count) => window.finished > count"
COUNT = """() => { window.finished = 0; window.distiller.on('run', (run) => {
    window.finished += run.live ? 0 : 1; }); }"""
NOTE = """window.said = []; new MutationObserver((changes) => {
    for (const change of changes) for (const node of change.addedNodes)
        if (node.querySelector?.('.toast-body')) window.said.push(node.textContent.trim());
}).observe(document, { childList: true, subtree: true });"""  # a notice goes after a while


def chromium_path() -> str:
    """The browser; DISTILLER_CHROMIUM may name it.

    Raises:
        RuntimeError: if there is none on this machine.
    """
    found = (path for name in NAMES if (path := shutil.which(name)))
    path = os.environ.get("DISTILLER_CHROMIUM") or next(found, None)
    if path is None:
        raise RuntimeError("Chromium is needed: apt install chromium.")
    return path


@asynccontextmanager
async def chromium() -> AsyncGenerator[Browser, None]:
    """A browser without a window, which stands back: visitors have machines of their own.

    Raises:
        RuntimeError: if there is none on this machine.
    """
    async with async_playwright() as playwright:
        with standing_back() as path:
            browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
            yield browser
            await browser.close()


@contextmanager
def standing_back() -> Iterator[Path]:
    """A command that begins Chromium with the lowest priority, which it keeps.

    Chromium gives its processes priorities of its own, and root may raise them: so root loses that
    right first.

    Raises:
        RuntimeError: if there is no Chromium on this machine, or root cannot lose that right.
    """
    words = ["nice", "-n", "19"]
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            raise RuntimeError("setpriv is needed where root runs this: apt install util-linux.")
        words += ["setpriv", "--bounding-set=-sys_nice", "--inh-caps=-sys_nice"]
    with _beginning(words) as path:
        yield path


@contextmanager
def on_core(core: int) -> Iterator[Path]:
    """A command that begins Chromium on that core alone.

    Raises:
        RuntimeError: if there is no Chromium on this machine, or no `taskset`.
    """
    if shutil.which("taskset") is None:
        raise RuntimeError("taskset is needed: apt install util-linux.")
    with _beginning(["taskset", "--cpu-list", str(core)]) as path:
        yield path


@contextmanager
def _beginning(words: Sequence[str]) -> Iterator[Path]:
    """A command that begins Chromium after these words."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "chromium"
        path.write_text(f'#!/bin/sh\nexec {" ".join(words)} {quote(chromium_path())} "$@"\n')
        path.chmod(0o700)
        yield path


async def look(browser: Browser, address: str, log: Log, random: Random, until: float) -> None:
    """Opens the page again and again until that time; chooses, distils, reads what is said."""
    while time.monotonic() < until:
        context = await browser.new_context(viewport={"width": 1280, "height": 900})
        page = await context.new_page()
        try:
            await _visit(page, address, log, random, until)
        except BrowserError as error:
            log.refused.setdefault("page in Chromium", []).append(str(error)[:300])
        await context.close()


async def _visit(page: Page, address: str, log: Log, random: Random, until: float) -> None:
    page.set_default_timeout(LIGHT)
    failed: list[str] = []
    page.on("pageerror", lambda error: failed.append(str(error)))
    await page.add_init_script(NOTE)
    await log.timed("load in Chromium", _open(page, address))
    await page.evaluate(COUNT)
    for count in range(random.randint(1, 3)):
        if time.monotonic() > until:
            break
        label = random.randrange(10)
        await log.timed("class in Chromium", _choose(page, label))
        if random.random() < 0.5:
            await page.get_by_label("Seed").fill(str(random.randrange(10**6)))
        began = time.monotonic()
        await page.locator("#explore-start").click()
        await page.wait_for_function(FINISHED, arg=count, timeout=PATIENCE)
        log.times.append(time.monotonic() - began)
        log.runs["finished in Chromium"] += 1
        await page.wait_for_timeout(random.uniform(1000, 4000))
    said: list[Any] = await page.evaluate("window.said")
    log.refused.setdefault("said in Chromium", []).extend([*said, *failed])


async def _open(page: Page, address: str) -> None:
    await page.goto(address)
    await page.wait_for_function(DRAWN)


async def _choose(page: Page, label: int) -> None:
    """Chooses a class, and waits until the server has shown it on the button."""
    name = await page.locator(".d-class").nth(label).inner_text()
    await page.locator(".d-class").nth(label).click()
    await page.wait_for_function(
        "(name) => document.querySelector('#explore-start').innerText === `Distil ${name}`",
        arg=name.strip(),
    )
