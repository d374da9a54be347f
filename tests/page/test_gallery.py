"""The gallery on Compare."""

import pytest
from playwright.sync_api import Page, expect

from distiller.evaluation.study import read_study
from distiller.machine.assets import ASSETS
from tests.page.axe import accessible
from tests.page.test_compare import filled

pytestmark = pytest.mark.slow
RESULTS = ASSETS / "results"


def test_a_piece_of_the_gallery_is_compared_on_a_click(page: Page, address: str) -> None:
    page.goto(address + "?tab=compare")
    filled(page, 40)
    gallery = page.locator("#gallery")
    gallery.locator("summary").click()
    expect(gallery.locator(".d-piece")).to_have_count(8)
    accessible(page, "#gallery")
    piece = gallery.locator(".d-piece").first
    rows = {row.method: row for row in read_study(RESULTS / "digits-10-quick.json").rows}
    diversity = rows["dap"].figures["vendi"].mean
    expect(piece).to_contain_text(f"diversity is {diversity:.1f}")
    piece.click()
    filled(page, 30)
    expect(page.locator("#setup .d-chip b")).to_have_text(["Random real", "DiT", "DAP"])
    expect(page.locator("#compare").get_by_label("Data set")).to_have_value("digits")
