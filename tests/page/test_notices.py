"""What a visitor, a link or a data set calls things is drawn as text, in a browser."""

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Page, expect

from distiller.data.registry import DATASETS
from tests.page.visitor import finished, open_evaluation

pytestmark = pytest.mark.slow

TOLD = "[data-testid=toast-text]"
MARKUP = '<img src="/fetched"><a href="/away">away</a><form><h1 style="color:red">large</h1>'


@contextmanager
def nothing_is_fetched(page: Page) -> Iterator[None]:
    """Asks whether the address of the markup was fetched meanwhile."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    yield
    page.wait_for_timeout(100)  # an image that were drawn would be asked for at once
    assert asked
    assert not [url for url in asked if "fetched" in urlsplit(url).path]


def told_as_text(page: Page, words: str) -> None:
    """Waits for a notice with these words, in which nothing but text is drawn."""
    notice = page.locator(TOLD).filter(has_text=words)
    expect(notice).to_be_visible()
    expect(notice.locator("img, a, form, h1, [style]")).to_have_count(0)


def test_what_a_link_asks_for_is_told_as_text(page: Page, address: str) -> None:
    with nothing_is_fetched(page):
        page.goto(f"{address}?dataset={quote(MARKUP)}")
        told_as_text(page, f"There is no data set '{MARKUP[:60]}'")


def test_what_an_uploaded_file_holds_is_told_as_text(page: Page, address: str) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("<img src=fetched>/1.png", b"")
    page.goto(address)
    open_evaluation(page)
    with nothing_is_fetched(page):
        page.locator("#evaluate input[type=file]").set_input_files(
            {"name": "<b>set.zip", "mimeType": "application/zip", "buffer": packed.getvalue()}
        )
        told_as_text(page, "There is no class folder '<img src=fetched>'")


def test_the_name_of_a_class_is_drawn_as_text(
    page: Page, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    digits = DATASETS["digits"]
    named = replace(digits, classes=(*digits.classes[:9], MARKUP))
    monkeypatch.setattr(DATASETS, "_sources", {**DATASETS, "digits": named})
    with nothing_is_fetched(page):
        page.goto(f"{address}?dataset=digits&classes=moon")
        told_as_text(page, MARKUP)
        page.goto(f"{address}?dataset=digits&classes=9&ipc=1&steps=1")
        expect(page.locator("#explore-start")).to_have_text(f"Distil {MARKUP}")
        page.wait_for_function("() => window.distiller?.shared.run?.n === 1")
        finished(page)
        expect(page.locator(".d-class").last).to_have_text(MARKUP)
        expect(page.locator("img[src*=fetched]")).to_have_count(0)


def test_what_says_nothing_takes_no_room(page: Page, address: str) -> None:
    page.goto(address)
    finished(page)
    expect(page.locator("#take-run summary")).to_be_visible()
    empty = """() => [...document.querySelectorAll('.column > .block')]
        .filter((block) => block.checkVisibility() && block.offsetHeight === 0)
        .filter((block) => ['static', 'relative'].includes(getComputedStyle(block).position))
        .map((block) => block.id)"""
    assert page.evaluate(empty) == []
    page.evaluate("() => window.distiller.say('words', 'A sentence.')")
    expect(page.locator("#notice")).to_be_visible()
    page.locator("#notice").get_by_role("button", name="Close").click()
    expect(page.locator("#notice")).to_be_hidden()
    assert page.evaluate(empty) == []
