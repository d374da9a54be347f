"""Every tab can be used by everybody: no grave fault that axe finds, light and dark, on any width.

What takes long to make is looked at where it is made: a training, whole sets and an evaluation in
their own tests.
"""

import pytest
from playwright.sync_api import Page, expect

from tests.page.axe import accessible, faults
from tests.page.test_compare import filled, on_map
from tests.page.visitor import expect_points, finished

pytestmark = pytest.mark.slow


def test_a_fault_is_found_and_named(page: Page) -> None:
    page.set_content(
        "<html lang=en><title>t</title><body style='background:#fff'><main><h1>h</h1>"
        "<p id=pale style='color:#ddd'>words</p><input id=bare></main>"
    )
    found = faults(page)
    assert len(found) == 2
    assert found[0].startswith("color-contrast (serious) at #pale: ")
    assert found[1].startswith("label (critical) at #bare: ")


def test_explore(page: Page, address: str) -> None:
    page.goto(address)
    finished(page)
    expect_points(page, "distilled", 10)
    accessible(page)
    page.locator(".d-tile").nth(2).click()
    page.locator("#methods").get_by_text("DAP", exact=True).click()
    page.get_by_role("button", name="More").click()
    expect(page.locator(".d-inspector")).to_contain_text("#3")
    expect(page.get_by_label("DAP: gamma").first).to_be_visible()
    accessible(page, "#explore")
    page.locator(".d-uncovered").click()
    expect(page.locator(".d-picked .d-strip img").first).to_be_visible()
    accessible(page, "#map")


def test_compare_and_its_dialogs(page: Page, address: str) -> None:
    page.goto(address + "?tab=compare")
    filled(page, 40)
    on_map(page, 10, 10, 10, 10)
    page.locator("#lane-map").get_by_role("button", name="show ").click()
    expect(page.locator("#lane-map .d-gap .d-strip img").first).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="difference", exact=True).click()
    expect(page.locator("#matrix canvas").first).to_be_visible()
    accessible(page, "#matrix")
    page.get_by_role("button", name="steps", exact=True).click()
    expect(page.get_by_role("slider", name="step of all lanes")).to_be_visible()
    accessible(page, "#matrix")
    page.locator("#matrix [role=gridcell] button").nth(12).click()
    expect(page.locator("dialog.d-large")).to_be_visible()
    accessible(page, "dialog.d-large")
    page.keyboard.press("Escape")
    page.locator("#setup").get_by_role("button", name="change lane DAP").click()
    expect(page.locator("dialog.d-editor")).to_be_visible()
    accessible(page, "dialog.d-editor")


def test_guess_before_and_after_a_guess(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("tab", name="Guess").click()
    board = page.locator(".d-guess")
    expect(board).to_contain_text("Example.")
    accessible(page)
    page.get_by_role("button", name="Find the real ones").click()
    expect(board).to_contain_text("images are where they belong")
    accessible(page)
    page.locator("#guess-start").click()
    expect(board.locator(".d-mixed-sheet button").first).to_be_visible()
    board.locator(".d-mixed-sheet button").first.click()
    accessible(page)


def test_sweep(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("tab", name="Sweep").click()
    expect(page.locator(".d-spot").first).to_be_visible()
    accessible(page)


def test_evaluate_with_the_shipped_study(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("tab", name="Evaluate").click()
    expect(page.locator(".d-standings tbody tr").first).to_be_visible()
    accessible(page)


def test_your_pictures(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("tab", name="Your pictures").click()
    expect(page.locator("#samples .d-note")).to_contain_text("a folder of pictures for each class")
    accessible(page)
