"""A page that is served, and a browser for it.

Without Chromium the tests that need one are skipped, and fail where CI is set. DISTILLER_CHROMIUM
may name it.
"""

import os
import shutil
import socket
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.page.gate import gate
from tests.page.visitor import PATIENCE, new_tab
from viz.page import serve

__all__ = ["address", "browser", "gate", "page"]

NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where the page is served."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    demo = serve("127.0.0.1", port, block=False)
    yield f"http://127.0.0.1:{port}/"
    demo.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser without a window."""
    found = (path for name in NAMES if (path := shutil.which(name)))
    chromium = os.environ.get("DISTILLER_CHROMIUM") or next(found, None)
    if chromium is None and not os.environ.get("CI"):
        pytest.skip("no Chromium on this machine (apt install chromium)")
    assert chromium, "Chromium is needed: apt install chromium"
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-background-networking"]
        )
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A tab in which no script may fail."""
    page = new_tab(browser, viewport={"width": 1440, "height": 900})
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    assert not errors
    page.context.close()
