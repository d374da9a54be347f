"""The gallery on Compare."""

import pytest
from playwright.sync_api import Page, expect

from tests.page.axe import accessible
from tests.page.test_compare import filled
from viz.results.pieces import PIECES, study_of_piece

pytestmark = pytest.mark.slow


def test_a_piece_of_the_gallery_is_compared_on_a_click(page: Page, address: str) -> None:
    page.goto(address + "?tab=compare")
    filled(page, 40)
    gallery = page.locator("#gallery")
    gallery.locator("summary").click()
    expect(gallery.locator(".d-piece")).to_have_count(8)
    accessible(page, "#gallery")
    piece = gallery.locator(".d-piece").first
    diversity = study_of_piece(PIECES[0]).row("dap").figures["vendi"].mean
    expect(piece).to_contain_text(f"diversity is {diversity:.1f}")
    piece.click()
    filled(page, 30)
    expect(page.locator("#setup .d-chip b")).to_have_text(["Random real", "DiT", "DAP"])
    expect(page.locator("#compare").get_by_label("Data set")).to_have_value("digits")
