"""The address in a browser: it holds what is shown, and settings can be undone."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.page.visitor import open_digit, shared


def query_of(page: Page) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(page.url).query))


def wait_for(page: Page, key: str, value: str | None) -> None:
    """Waits until the address says so."""
    page.wait_for_function(
        "([key, value]) => new URLSearchParams(location.search).get(key) === value",
        arg=[key, value],
    )


@pytest.mark.slow
def test_the_address_follows_and_a_page_that_opens_it_shows_the_same(
    page: Page, address: str
) -> None:
    open_digit(page, address)
    page.get_by_role("button", name="PCA").first.click()
    page.locator(".d-tile").nth(1).click()
    wait_for(page, "view", "pca")
    wait_for(page, "pick", "2")
    page.goto(page.url)
    page.wait_for_function("() => window.distiller?.shared.chosen.has(1)")
    expect(page.locator("#map [aria-pressed=true]", has_text="PCA")).to_be_visible()
    assert shared(page, "s.run.n") == 5


@pytest.mark.slow
def test_settings_are_undone_and_done_again(page: Page, address: str) -> None:
    open_digit(page, address)
    seed = page.get_by_label("Seed")
    expect(page.locator("#undo")).to_be_disabled()
    seed.fill("7")
    seed.blur()
    wait_for(page, "seed", "7")
    expect(page.locator("#undo")).to_be_enabled()
    page.locator("h1").click()
    page.keyboard.press("Control+z")
    expect(seed).to_have_value("0")
    wait_for(page, "seed", "0")
    expect(page.locator("#undo")).to_be_disabled()
    page.locator("#redo").click()
    expect(seed).to_have_value("7")


@pytest.mark.slow
def test_a_comparison_that_asks_for_too_much_shows_what_can_be_had(
    page: Page, address: str
) -> None:
    page.goto(
        address + "?tab=compare&dataset=digits&classes=3&ipc=1000000&steps=6&lane1=random&lane2=dit"
    )
    expect(page.get_by_text("ipc must be a whole number")).to_be_visible()
    expect(page.locator("#setup").get_by_label("Steps")).to_have_value("6")
    expect(page.locator("#setup .d-chip b")).to_have_text(["Random real", "DiT"])
    page.locator("#setup").get_by_label("Seed").fill("5")
    page.locator("#setup").get_by_label("Seed").press("Tab")
    wait_for(page, "seed", "5")
    assert query_of(page)["tab"] == "compare"
