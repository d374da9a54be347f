"""Compare without a mouse: keys walk the images of its matrix and of its map."""

import pytest
from playwright.sync_api import Page, expect

from tests.page.test_compare import filled, on_map

pytestmark = pytest.mark.slow


def test_keys_walk_the_matrix_and_the_map(page: Page, address: str) -> None:
    page.goto(address + "?tab=compare")
    filled(page, 40)
    on_map(page, 10, 10, 10, 10)
    rows = page.locator("#matrix [role=row]")
    cells = [rows.nth(k).locator("[role=gridcell] button") for k in range(4)]
    large = page.locator("dialog.d-large")

    cells[0].first.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "ArrowLeft"):
        page.keyboard.press(key)
    expect(cells[1].nth(1)).to_be_focused()
    page.keyboard.press("End")
    expect(cells[1].nth(9)).to_be_focused()
    page.keyboard.press("ArrowRight")  # there is none
    expect(cells[1].nth(9)).to_be_focused()
    page.keyboard.press("Enter")
    expect(large).to_contain_text("column 10")
    page.keyboard.press("Escape")
    expect(large).to_be_hidden()
    expect(cells[1].nth(9)).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#matrix .d-hot")).to_have_count(0)

    plot = page.locator("#lane-map .d-plot")
    said = page.locator("#lane-map [role=status]")
    plot.focus()
    page.keyboard.press("ArrowRight")
    expect(said).to_contain_text("image 1: ")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    name = rows.nth(1).locator("b").inner_text()
    expect(said).to_contain_text(f"{name}, image 2: ")
    expect(cells[1].nth(1)).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#matrix button.d-hot")).to_have_count(4)
    page.keyboard.press("Enter")
    expect(large).to_contain_text("column 2")
    page.keyboard.press("Escape")
    expect(large).to_be_hidden()
    expect(plot).to_be_focused()
    page.keyboard.press("Escape")
    expect(said).to_have_text("no image is marked")
    expect(page.locator("#matrix button.d-hot")).to_have_count(0)
